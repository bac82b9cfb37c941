package import HearthCore
import HearthJSON
import HearthJobs

package import struct Foundation.Data

/// Input of `studio.archives.unpack`.
struct ImportProject: Sendable, Codable, SchemaDescribed {
    var importID: String

    static let fields = ["import_id": FieldNote("Identifier of a zip file that has arrived.")]
}

/// What an import has done so far.
private struct ImportedProject: Sendable {
    var anchors = 0
    var outputs = 0
    /// Things that were there already.
    var known = 0
    /// The first things that could not be used, and why.
    var problems: [String] = []
    var refused = 0

    func json(_ project: String, unknownFiles: Int) -> JSONValue {
        [
            "project_id": .string(project), "anchors": .int(Int64(anchors)), "outputs": .int(Int64(outputs)),
            "known": .int(Int64(known)), "refused": .int(Int64(refused)),
            "unknown_files": .int(Int64(unknownFiles)), "problems": .array(problems.map { .string($0) }),
        ]
    }
}

/// Projects that come as zip files from elsewhere.
extension Studio {
    static let importing = QueuedOperation(
        .init(
            "studio.archives.unpack", "Add the pictures and outputs of a project's zip file.",
            description: """
                Follows `POST /api/projects/import`. Each picture and each output is checked, written and committed by \
                itself, so an attempt that follows another passes over what is there already. Things keep their \
                identifiers; where the project's is another tenant's, all of them get new ones.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .media, maximumAttempts: 5, timeout: .seconds(7_200), control: .write),
        input: ImportProject.self, subject: \.importID, identity: \.importID)

    /// Where a zip file waits for its job: below the feature's own folder, where a crash leaves nothing for ever.
    static func importPath(_ id: String) -> String { "\(Anchor.rootFolder)/imports/\(id).zip" }

    /// Keeps a zip file, checks its list of entries, and enqueues the job that takes it in.
    /// - Parameter reserve: told of memory before it is taken.
    /// - Throws: ``HearthError`` `invalid_request` for a file that is no project's or not safe to unpack,
    ///   `body_too_large`, `quota_exceeded`, `overloaded` while too many of the tenant wait; as files are written.
    ///   Nothing is left behind then.
    package func importProject(
        _ pieces: some AsyncSequence<Data, any Error>, of tenant: Tenant,
        reserve: (_ bytes: Int) throws(HearthError) -> Void = { _ in }
    ) async throws -> JobTicket {
        guard let inflater else { throw HearthError(.internalError, "This process reads no zip files.") }
        let arriving = arrivingImports.withLock { counts in
            counts[tenant, default: 0] += 1
            return counts[tenant, default: 0]
        }
        defer {
            arrivingImports.withLock { counts in
                counts[tenant, default: 1] -= 1
                if counts[tenant] == 0 { counts[tenant] = nil }
            }
        }
        let waiting = try await store.read { db in try Self.waitingImports(of: tenant, in: db) } + arriving - 1
        guard waiting < Limits.projectImports else {
            throw HearthError(
                .overloaded, "\(waiting) imports of projects are not done yet.", hint: "Wait until one has ended.",
                retryAfter: 10)
        }
        let id = Identifier.make(now: clock.now())
        let path = Self.importPath(id)
        let bytes = try await blobs.write(pieces, to: path, limit: Limits.projectFileBytes)
        do {
            // The list of entries, its text, and where each of them lies.
            try reserve(3 * min(bytes, Limits.zipDirectoryBytes))
            let zip = try await ProjectZip(try await blobs.open(path), inflater: inflater)
            try await requireRoom(for: zip, of: tenant)
            return try await queue.submit(Self.importing.request(ImportProject(importID: id), tenant: tenant))
        } catch {
            try? await blobs.remove(path)
            throw error
        }
    }

    /// Refuses at once what the tenant's quota cannot hold; each thing takes its share when it is written.
    private func requireRoom(for zip: ProjectZip, of tenant: Tenant) async throws {
        let (table, all) = (table, TenantUsage(storedBytes: Int64(zip.bytes), records: Int64(zip.items.count)))
        _ = try await quotas?.take(all, for: tenant) { db in
            // Of a project that is there already, it is not known yet how much is new.
            try table.owner(ofProject: zip.projectID, in: db) == tenant ? TenantUsage() : all
        }
    }

    private static func waitingImports(of tenant: Tenant, in db: any SQLConnection) throws -> Int {
        try db.value(
            """
            SELECT COUNT(*) FROM jobs WHERE tenant = \(tenant) AND kind = \(importing.name)
              AND state IN ('pending', 'in_progress')
            """, as: Int.self) ?? 0
    }

    /// Of these paths, the zip files whose jobs have not ended.
    static func waitingImports(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        let (start, end) = ("\(Anchor.rootFolder)/imports/", ".zip")
        let ids = paths.filter { $0.hasPrefix(start) && $0.hasSuffix(end) }.map {
            String($0.dropFirst(start.count).dropLast(end.count))
        }
        guard !ids.isEmpty else { return [] }
        let unfinished = try db.values(
            """
            SELECT subject FROM jobs WHERE subject IN \(list: ids) AND kind = \(importing.name)
              AND state IN ('pending', 'in_progress')
            """, as: String.self)
        return Set(unfinished.map(importPath))
    }

    // MARK: Job

    func importOperation() -> Operation {
        Operation(
            Self.importing,
            // A zip file names no tenant: whose it is, the first of its jobs says.
            admit: { input, tenant in
                let isTheirs = try await store.read { db in
                    try db.exists(
                        """
                        SELECT id FROM jobs WHERE subject = \(input.importID) AND kind = \(Self.importing.name)
                          AND tenant = \(tenant)
                        """)
                }
                guard isTheirs else { throw HearthError(.notFound, "There is no such zip file.") }
            }, run: runImport)
    }

    private func runImport(
        _ input: ImportProject, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        guard Identifier.isValid(input.importID) else { throw StudioTable.missing("import") }
        let path = Self.importPath(input.importID)
        do {
            let result = try await takeIn(path, lease, progress)
            let blobs = blobs
            return JobOutcome(result: result, ended: { isRecorded in if isRecorded { try? await blobs.remove(path) } })
        } catch {
            // No further attempt will read it. What cannot be removed is left to the sweeper.
            if JobFailure(error).kind == .permanent { try? await blobs.remove(path) }
            throw error
        }
    }

    private func takeIn(_ path: String, _ lease: JobLease, _ progress: JobProgress) async throws -> JSONValue {
        guard let inflater else { throw HearthError(.internalError, "This worker reads no zip files.") }
        guard let reader = try await found(path) else {
            throw HearthError(.notFound, "The zip file is not there any more.", hint: "Send it again.")
        }
        let zip = try await ProjectZip(reader, inflater: inflater)
        let (project, identifiers) = try await makeProject(of: zip, lease)
        var (done, bytes) = (ImportedProject(), 0)
        for item in zip.items {
            try Task.checkCancellation()
            do {
                try await takeIn(item, of: zip, identifiers, lease, into: &done)
            } catch let error as HearthError where Self.concernsItem(error) {
                done.refused += 1
                if done.problems.count < Limits.projectImportProblems {
                    done.problems.append("\(item.file.name.prefix(200)): \(error.message)")
                }
            }
            bytes += item.bytes
            progress.report(
                ProgressReport(
                    stage: "import", overall: Double(bytes) / Double(max(zip.bytes, 1)),
                    step: done.anchors + done.outputs + done.known + done.refused, steps: zip.items.count))
        }
        return done.json(project, unknownFiles: zip.unknownFiles)
    }

    private func found(_ path: String) async throws -> (any BlobReader)? {
        do {
            return try await blobs.open(path)
        } catch let error as HearthError where error.code == .notFound {
            return nil
        }
    }

    /// Whether the other things of the file can be used all the same.
    private static func concernsItem(_ error: HearthError) -> Bool {
        [.invalidRequest, .invalidImage, .imageTooLarge, .unsupportedMediaType].contains(error.code)
    }

    /// The project, made where there is none: whose it is decides which identifiers all others get.
    private func makeProject(of zip: ProjectZip, _ lease: JobLease) async throws -> (String, ImportedIdentifiers) {
        let (table, tenant, now) = (table, lease.tenant, clock.now())
        let name = await projectName(of: zip)
        let taken = try await quotas?.take(TenantUsage(records: 1), for: tenant) { db in
            TenantUsage(records: try table.owner(ofProject: zip.projectID, in: db) == tenant ? 0 : 1)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await queue.write(under: lease) { db in
            let owner = try table.owner(ofProject: zip.projectID, in: db)
            let identifiers = ImportedIdentifiers(
                copiesFor: owner == nil || owner == tenant ? nil : tenant,
                mark: "\(lease.jobID.suffix(8))a\(lease.id.number)")
            let id = identifiers.here(zip.projectID)
            guard let made = try restoreProject(id, named: name, tenant, in: db, now: now) else {
                throw HearthError(.conflict, "The project is being deleted.", hint: "Send the file again in a minute.")
            }
            return (made, identifiers)
        }
    }

    /// As the first recipe that can be read says it; empty when none of the first ones can.
    private func projectName(of zip: ProjectZip) async -> String {
        for item in zip.items.prefix(10) where item.sidecar.length <= Limits.projectRecipeBytes {
            let value = try? JSONParser.parse(try await zip.archive.bytes(of: item.sidecar))
            let name = (value?["project"] ?? value?["project_name"])?.stringValue
            if let name, (try? StudioName(name, field: "project")) != nil { return name }
        }
        return ""
    }

    // MARK: One thing

    /// Checks one thing, writes its files, and commits its rows.
    private func takeIn(
        _ item: ProjectZip.Item, of zip: ProjectZip, _ identifiers: ImportedIdentifiers, _ lease: JobLease,
        into done: inout ImportedProject
    ) async throws {
        let (tenant, now) = (lease.tenant, clock.now())
        let new = try await ImportedItem(item, of: zip, identifiers, tenant: tenant, now: now)
        guard try await !isKnown(new) else {
            done.known += 1
            return
        }
        // Not a job's place: this very job has one, and would wait for ever for those of its own pictures.
        let taken = try await quotas?.take(
            TenantUsage(storedBytes: Int64(item.file.length), records: 1), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        let isRestored: Bool
        do {
            try await write(new, item, zip)
            isRestored = try await queue.write(under: lease) { db in
                switch new.content {
                case .anchor(let sidecar, _): try restore(sidecar, tenant, in: db, now: now)
                case .output(let sidecar, _): try restore(sidecar, tenant, in: db, now: now)
                }
            }
        } catch {
            await removeUnnamed(new.paths)
            throw error
        }
        guard isRestored else {
            // Another import of the same file was faster, or what it belongs to is being deleted.
            await removeUnnamed(new.paths)
            done.known += 1
            return
        }
        if new.isAnchor { done.anchors += 1 } else { done.outputs += 1 }
    }

    /// Whether there are such rows already.
    /// - Throws: ``HearthError`` `invalid_request` when its place is taken by something else.
    private func isKnown(_ new: ImportedItem) async throws -> Bool {
        let isKnown = try await store.read { db in
            switch new.content {
            case .anchor(let sidecar, _):
                try db.exists("SELECT id FROM anchors WHERE id = \(sidecar.anchor.anchorID)")
            case .output(let sidecar, _):
                try db.exists("SELECT id FROM output_files WHERE id = \(sidecar.file.fileID)")
            }
        }
        guard !isKnown else { return true }
        guard try await store.read({ db in try named([new.path], in: db).isEmpty }) else {
            throw HearthError(.invalidRequest, "Another file has its place.")
        }
        return false
    }

    private func write(_ new: ImportedItem, _ item: ProjectZip.Item, _ zip: ProjectZip) async throws {
        switch new.content {
        case .anchor(_, let picture):
            try await blobs.write(picture, to: new.path)
        case .output(let sidecar, let thumbnail):
            let (hash, head) = (Locked(Digest256.Hasher()), Locked(Data()))
            let pieces = zip.archive.pieces(of: item.file).map { piece in
                hash.withLock { $0.update(piece) }
                head.withLock { if $0.isEmpty { $0 = Data(piece.prefix(12)) } }
                return piece
            }
            _ = try await blobs.write(pieces, to: new.path, limit: item.file.length)
            guard hash.withLock({ $0.finished.hex }) == sidecar.file.sha256,
                MediaSignature.fits(head.withLock { $0 }, format: sidecar.format)
            else { throw HearthError(.invalidRequest, "The file is not what its recipe says.") }
            if let thumbnail { try await blobs.write(thumbnail, to: new.path + OutputFile.thumbnailSuffix) }
            try await blobs.write(
                try JSONValueEncoder.encode(sidecar).encoded(), to: new.path + OutputFile.recipeSuffix)
        }
    }
}

extension ImportedItem {
    fileprivate var isAnchor: Bool { if case .anchor = content { true } else { false } }

    /// Its file and what lies beside it.
    fileprivate var paths: [String] {
        isAnchor ? [path] : [path, path + OutputFile.thumbnailSuffix, path + OutputFile.recipeSuffix]
    }
}
