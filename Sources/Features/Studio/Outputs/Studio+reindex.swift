import HearthCore
import HearthJSON
import HearthJobs

import struct Foundation.Data

/// Input of `studio.reindex`: nothing.
struct ReindexStudio: Sendable, Codable {}

/// What a new index has found.
struct ReindexCounts: Sendable, Equatable {
    var anchors = 0
    var outputs = 0
    /// Files that say something that cannot be used.
    var refused = 0

    static func += (left: inout ReindexCounts, right: ReindexCounts) {
        left.anchors += right.anchors
        left.outputs += right.outputs
        left.refused += right.refused
    }

    var json: JSONValue {
        ["anchors": .int(Int64(anchors)), "outputs": .int(Int64(outputs)), "refused": .int(Int64(refused))]
    }
}

/// Makes rows of files: of pictures and outputs whose sidecars lie beside them and which no row names.
extension Studio {
    static let reindexing = QueuedOperation(
        .init(
            "studio.reindex", "Make the rows again of pictures and outputs whose files lie in the data folder.",
            description: """
                Reads the sidecars below `projects/`. What has a row stays as it is. Projects and characters are made \
                again with their identifiers and names; pictures get their vectors by jobs of their own. All of it \
                belongs to the caller's tenant afterwards, apart from outputs of other tenants, which are left out.
                """,
            permission: .operate, hints: .addsOnce, aliases: ["studio.outputs.reindex"]),
        plan: JobPlan(lane: .media, maximumAttempts: 2, timeout: .seconds(3_600)), input: ReindexStudio.self,
        identity: { _ in "" })

    func reindexOperation() -> Operation {
        Operation(Self.reindexing) { _, lease, progress in
            var (last, counts): (String?, ReindexCounts) = (nil, ReindexCounts())
            while true {
                let page = try await blobs.list(Anchor.rootFolder, after: last, limit: Limits.sweepPage)
                let sidecars = page.filter { $0.hasSuffix(OutputFile.recipeSuffix) }
                for start in stride(from: 0, to: sidecars.count, by: Limits.archiveRows) {
                    let some = Array(sidecars[start..<min(start + Limits.archiveRows, sidecars.count)])
                    counts += try await reindex(some, tenant: lease.tenant) { body in
                        try await queue.write(under: lease, body)
                    }
                }
                progress.report(
                    ProgressReport(stage: "reindex", overall: 0, message: "\(counts.outputs + counts.anchors) restored")
                )
                guard page.count == Limits.sweepPage else { break }
                last = page.last
            }
            return JobOutcome(result: counts.json)
        }
    }

    /// A thing that a sidecar describes.
    private enum Found: Sendable {
        case output(OutputSidecar)
        case anchor(AnchorSidecar)
    }

    /// Makes the rows of what some sidecars describe.
    /// - Parameter write: runs a transaction.
    func reindex(
        _ sidecars: [String], tenant: Tenant,
        write: (@escaping @Sendable (any SQLConnection) throws -> ReindexCounts) async throws -> ReindexCounts
    ) async throws -> ReindexCounts {
        var (found, refused): ([Found], Int) = ([], 0)
        let now = clock.now()
        for path in sidecars {
            let file = String(path.dropLast(OutputFile.recipeSuffix.count))
            do {
                guard let one = try await read(path, of: file) else { continue }
                found.append(one)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                refused += 1
            }
        }
        let (things, count) = (found, refused)
        return try await write { db in
            var counts = ReindexCounts(refused: count)
            for thing in things {
                switch thing {
                case .output(let sidecar): counts.outputs += try restore(sidecar, tenant, in: db, now: now) ? 1 : 0
                case .anchor(let sidecar): counts.anchors += try restore(sidecar, tenant, in: db, now: now) ? 1 : 0
                }
            }
            return counts
        }
    }

    /// - Returns: nil for a file that is no sidecar, or whose own file is gone.
    private func read(_ path: String, of file: String) async throws -> Found? {
        let reader = try await blobs.open(path)
        guard reader.size <= Limits.archiveTextBytes else { return nil }
        let value = try JSONParser.parse(try await reader.read(0..<reader.size))
        if value["output_id"] != nil {
            let sidecar = try JSONValueDecoder.read(OutputSidecar.self, from: value)
            guard sidecar.version <= OutputSidecar.newestVersion, sidecar.file.path == file else {
                throw HearthError(.invalidRequest, "The sidecar is of another file.")
            }
            try sidecar.check()
            guard try await blobs.open(file).size == sidecar.file.bytes else {
                throw HearthError(.invalidRequest, "The file has another length than its sidecar says.")
            }
            return .output(sidecar)
        }
        guard value["anchor_id"] != nil else { return nil }
        let bytes = try await blobs.read(file)
        return .anchor(try AnchorSidecar(value, file: file, picture: try InspectedImage(bytes)))
    }

    // MARK: Rows

    /// - Returns: false when there is such a row already, it belongs to another tenant or another project, or its
    ///   output is still being made: what another attempt has left is no try of it.
    private func restore(
        _ sidecar: OutputSidecar, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let file = sidecar.file
        guard sidecar.tenant == nil || sidecar.tenant == tenant.rawValue,
            try !db.exists(
                """
                SELECT id FROM output_files WHERE id = \(file.fileID) OR path = \(file.path)
                  OR output_id = \(sidecar.outputID) AND number = \(file.number)
                """),
            try !db.exists(
                """
                SELECT id FROM outputs WHERE id = \(sidecar.outputID)
                  AND (tenant <> \(tenant) OR project_id <> \(sidecar.projectID) OR state <> \(JobState.completed))
                """)
        else { return false }
        let project = try restoreProject(sidecar.projectID, named: sidecar.projectName, tenant, in: db, now: now)
        guard let project else { return false }
        let character = try sidecar.characterID.map {
            try restoreCharacter($0, named: sidecar.characterName ?? "", of: project, tenant, in: db, now: now)
        }
        if let character, character == nil { return false }
        try outputTable.restore(sidecar, project: project, character: character ?? nil, tenant: tenant, in: db)
        return true
    }

    private func restore(
        _ sidecar: AnchorSidecar, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        guard try !db.exists("SELECT id FROM anchors WHERE id = \(sidecar.anchor.anchorID)") else { return false }
        var anchor = sidecar.anchor
        let project = try restoreProject(anchor.projectID, named: sidecar.projectName, tenant, in: db, now: now)
        guard let project,
            let character = try restoreCharacter(
                anchor.characterID, named: sidecar.characterName, of: project, tenant, in: db, now: now),
            try !db.exists("SELECT id FROM anchors WHERE character_id = \(character) AND sha256 = \(anchor.sha256)")
        else { return false }
        (anchor.projectID, anchor.characterID) = (project, character)
        let extraction = try Self.extraction.request(ExtractAnchor(anchorID: anchor.anchorID), tenant: tenant)
        anchor.jobID = try queue.enqueue(extraction, in: db).jobID
        try table.insertAnchor(anchor, tenant: tenant, in: db)
        return true
    }

    /// The project with an identifier, made when there is none; where its name is taken, by a part of the identifier.
    /// - Returns: nil when it is another tenant's, or is being deleted.
    private func restoreProject(
        _ id: String, named name: String, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> String? {
        guard Identifier.isValid(id) else { throw HearthError(.invalidRequest, "`project_id` is no identifier.") }
        if try db.exists("SELECT id FROM projects WHERE id = \(id)") {
            return try db.exists("SELECT id FROM kept_projects WHERE id = \(id) AND tenant = \(tenant)") ? id : nil
        }
        let wanted = try StudioName(name.isEmpty ? "restored \(id.suffix(6))" : name, field: "project")
        let isTaken = try db.exists("SELECT id FROM projects WHERE tenant = \(tenant) AND name_key = \(wanted.key)")
        let given = isTaken ? try StudioName("\(wanted.text) (\(id.suffix(6)))", field: "project") : wanted
        try table.insertProject(id: id, given, tenant: tenant, in: db, now: now)
        return id
    }

    /// As ``restoreProject(_:named:_:in:now:)`` for a character.
    private func restoreCharacter(
        _ id: String, named name: String, of project: String, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> String? {
        guard Identifier.isValid(id) else { throw HearthError(.invalidRequest, "`character_id` is no identifier.") }
        // What was merged into another character belongs to that one.
        let id = try table.keptCharacter(of: id, tenant: tenant, in: db) ?? id
        if try db.exists("SELECT id FROM characters WHERE id = \(id)") {
            return try db.exists(
                "SELECT id FROM kept_characters WHERE id = \(id) AND tenant = \(tenant) AND project_id = \(project)")
                ? id : nil
        }
        let wanted = try StudioName(name.isEmpty ? "restored \(id.suffix(6))" : name, field: "character")
        // The same character may have been registered again meanwhile: pictures belong to the one with the name.
        if let known = try db.value(
            "SELECT id FROM kept_characters WHERE project_id = \(project) AND name_key = \(wanted.key)", as: String.self
        ) {
            return known
        }
        let new = StudioTable.NewCharacter(id: id, projectID: project, name: wanted, description: nil)
        try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        return id
    }
}

/// What lies beside the picture of an anchor, with what its path says.
private struct AnchorSidecar: Sendable {
    let anchor: Anchor
    let characterName: String
    let projectName: String

    /// - Parameter picture: the file that it lies beside.
    /// - Throws: ``HearthError`` `invalid_request` when it is of another file.
    init(_ value: JSONValue, file: String, picture: InspectedImage) throws {
        let parts = file.split(separator: "/").map(String.init)
        guard parts.count == 6, parts[0] == Anchor.rootFolder, parts[2] == "characters", parts[4] == "anchors",
            let id = value["anchor_id"]?.stringValue, [id, parts[1], parts[3]].allSatisfy(Identifier.isValid),
            picture.sha256.hex == value["sha256"]?.stringValue
        else { throw HearthError(.invalidRequest, "The sidecar is of another file.") }
        characterName = value["character"]?.stringValue ?? ""
        projectName = value["project"]?.stringValue ?? ""
        try StudioName.check([characterName, projectName])
        let header = picture.header
        anchor = Anchor(
            anchorID: id, characterID: parts[3], projectID: parts[1],
            role: value["role"]?.stringValue.flatMap(AnchorRole.init(rawValue:)) ?? .primary, path: file,
            url: StoredFile.url(of: id), sha256: picture.sha256.hex, bytes: picture.bytes.count,
            format: header.format.rawValue, width: header.width, height: header.height, jobID: "", isRemembered: false,
            createdAt: value["registered_at"]?.integerValue ?? 0)
    }
}

extension StudioName {
    /// Names that a sidecar says; one that it does not say is made up.
    /// - Throws: ``HearthError`` `invalid_request`.
    fileprivate static func check(_ names: [String]) throws {
        for name in names where !name.isEmpty { _ = try StudioName(name, field: "name") }
    }
}

extension OutputSidecar {
    /// Whatever lies in the folder is read, also what others have written.
    /// - Throws: ``HearthError`` `invalid_request`.
    fileprivate func check() throws {
        let identifiers = [outputID, file.fileID, projectID] + [characterID].compactMap { $0 }
        guard identifiers.allSatisfy(Identifier.isValid), (1...Self.largestNumber).contains(number),
            (1...Limits.outputTries).contains(file.number), (1...Limits.outputTries).contains(maximumTries)
        else { throw HearthError(.invalidRequest, "The sidecar has an identifier or a number that cannot be.") }
        try StudioName.check([projectName, characterName ?? ""])
    }

    /// Outputs of a project.
    private static let largestNumber = 1_000_000_000
}

extension OutputTable {
    /// Makes the rows that a sidecar describes. An output of several tries has a sidecar for each of them.
    func restore(
        _ sidecar: OutputSidecar, project: String, character: String?, tenant: Tenant, in db: any SQLConnection
    ) throws {
        if try !db.exists("SELECT id FROM outputs WHERE id = \(sidecar.outputID)") {
            let isFree = try !db.exists(
                "SELECT id FROM outputs WHERE project_id = \(project) AND number = \(sidecar.number)")
            try insert(
                New(
                    id: sidecar.outputID, projectID: project, characterID: character,
                    number: isFree ? sidecar.number : try nextNumber(inProject: project, in: db), jobID: sidecar.jobID,
                    recipe: sidecar.recipe, wantsPreviews: false, minimumSimilarity: sidecar.minimumSimilarity,
                    maximumTries: sidecar.maximumTries, requestKey: nil, requestPlace: 0),
                tenant: tenant, in: db, now: sidecar.createdAt)
            let reference = try JSONValueEncoder.encode(sidecar.reference).encodedText()
            try db.execute(
                """
                UPDATE outputs SET state = \(JobState.completed), finished_at = \(sidecar.finishedAt),
                  reference = \(reference), details = \(sidecar.details?.encodedText()), chosen = \(sidecar.file.number)
                WHERE id = \(sidecar.outputID)
                """)
        }
        if sidecar.isChosen {
            try db.execute("UPDATE outputs SET chosen = \(sidecar.file.number) WHERE id = \(sidecar.outputID)")
        }
        let file = sidecar.file
        try insert(
            NewFile(
                id: file.fileID, number: file.number, path: file.path, format: sidecar.format, sha256: file.sha256,
                bytes: file.bytes, width: file.width, height: file.height, seconds: file.seconds, seed: file.seed,
                thumbnail: sidecar.thumbnailSHA256.flatMap { sum in sidecar.thumbnailBytes.map { (sum, $0) } },
                similarity: file.similarity),
            of: sidecar.outputID, in: db, now: sidecar.finishedAt)
    }
}
