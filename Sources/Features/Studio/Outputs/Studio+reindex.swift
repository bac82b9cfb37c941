import HearthCore
import HearthJSON
import HearthJobs

import struct Foundation.Data

/// Input of `studio.reindex`.
struct ReindexStudio: Sendable, Codable, SchemaDescribed {
    var allTenants: Bool?

    static let fields = [
        "all_tenants": FieldNote(
            "Whether rows of every tenant that a sidecar names are made again, for a database that was lost. Those of "
                + "tenants other than the caller's are left out when absent: files may come from another server.")
    ]
}

/// What a new index has found.
struct ReindexCounts: Sendable, Equatable {
    var anchors = 0
    var outputs = 0
    /// Files that say something that cannot be used.
    var refused = 0
    /// Files of other tenants, which were left out.
    var otherTenants = 0

    static func += (left: inout ReindexCounts, right: ReindexCounts) {
        left.anchors += right.anchors
        left.outputs += right.outputs
        left.refused += right.refused
        left.otherTenants += right.otherTenants
    }

    var json: JSONValue {
        [
            "anchors": .int(Int64(anchors)), "outputs": .int(Int64(outputs)), "refused": .int(Int64(refused)),
            "other_tenants": .int(Int64(otherTenants)),
        ]
    }
}

/// Makes rows of files: of pictures and outputs whose sidecars lie beside them and which no row names.
extension Studio {
    static let reindexing = QueuedOperation(
        .init(
            "studio.reindex", "Make the rows again of pictures and outputs whose files lie in the data folder.",
            description: """
                Reads the sidecars below `projects/`. What has a row stays as it is. Projects and characters are made \
                again with their identifiers and names; pictures get their vectors by jobs of their own. A file must \
                be the picture or video that its sidecar says, by its hash; symbolic links are not followed. What a \
                sidecar says is another tenant's is left out, or with `all_tenants` belongs to that tenant again. A \
                project and all in it have one tenant: files that say otherwise are left out. Files without a tenant \
                come last and belong to that of their project, or to the caller's.
                """,
            permission: .operate, hints: .addsOnce, aliases: ["studio.outputs.reindex"]),
        plan: JobPlan(lane: .media, maximumAttempts: 2, timeout: .seconds(3_600)), input: ReindexStudio.self,
        identity: { _ in "" })

    func reindexOperation() -> Operation {
        Operation(Self.reindexing) { input, lease, progress in
            var counts = ReindexCounts()
            // Those that name their tenant decide whose a project is.
            for namesTenant in [true, false] {
                let rule = ReindexRule(
                    caller: lease.tenant, takesAll: input.allTenants ?? false, namesTenant: namesTenant)
                var last: String?
                repeat {
                    let page = try await blobs.list(Anchor.rootFolder, after: last, limit: Limits.sweepPage)
                    counts += try await reindex(page, rule, lease)
                    progress.report(
                        ProgressReport(
                            stage: "reindex", overall: 0, message: "\(counts.outputs + counts.anchors) restored"))
                    last = page.count == Limits.sweepPage ? page.last : nil
                } while last != nil
            }
            return JobOutcome(result: counts.json)
        }
    }

    private func reindex(_ page: [String], _ rule: ReindexRule, _ lease: JobLease) async throws -> ReindexCounts {
        let sidecars = page.filter { $0.hasSuffix(OutputFile.recipeSuffix) }
        var counts = ReindexCounts()
        for start in stride(from: 0, to: sidecars.count, by: Limits.archiveRows) {
            let some = Array(sidecars[start..<min(start + Limits.archiveRows, sidecars.count)])
            counts += try await reindex(some, rule) { body in try await queue.write(under: lease, body) }
        }
        return counts
    }

    /// Whose rows are made in one pass over the files.
    struct ReindexRule: Sendable {
        let caller: Tenant
        /// Whether those of other tenants are made as well.
        let takesAll: Bool
        /// Whether this pass is about sidecars that name their tenant, or about the others.
        let namesTenant: Bool
    }

    /// A thing that a sidecar describes.
    private enum Found: Sendable {
        case output(OutputSidecar)
        case anchor(AnchorSidecar)

        /// Nil: it does not say.
        var tenant: Tenant? {
            switch self {
            case .output(let sidecar): sidecar.tenant.map { Tenant(rawValue: $0) }
            case .anchor(let sidecar): sidecar.tenant
            }
        }

        var project: String {
            switch self {
            case .output(let sidecar): sidecar.projectID
            case .anchor(let sidecar): sidecar.anchor.projectID
            }
        }
    }

    /// Makes the rows of what some sidecars describe.
    /// - Parameter write: runs a transaction.
    func reindex(
        _ sidecars: [String], _ rule: ReindexRule,
        write: (@escaping @Sendable (any SQLConnection) throws -> ReindexCounts) async throws -> ReindexCounts
    ) async throws -> ReindexCounts {
        var (found, counts): ([Found], ReindexCounts) = ([], ReindexCounts())
        let now = clock.now()
        for path in sidecars {
            let file = String(path.dropLast(OutputFile.recipeSuffix.count))
            // What cannot be read says no tenant: it is counted once.
            var isOfThisPass = rule.namesTenant
            do {
                let value = try await sidecar(path)
                let tenant = try value?["tenant"]?.stringValue.map { try Tenant(checking: $0) }
                guard let value, (tenant != nil) == rule.namesTenant else { continue }
                isOfThisPass = true
                guard rule.takesAll || tenant == nil || tenant == rule.caller else {
                    counts.otherTenants += 1
                    continue
                }
                if let one = try await read(value, of: file) { found.append(one) }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                counts.refused += isOfThisPass ? 1 : 0
            }
        }
        guard !found.isEmpty else { return counts }
        let (things, before) = (found, counts)
        return try await write { db in
            var counts = before
            for thing in things {
                // One that names no tenant follows its project, of whose tenant the caller takes rows.
                let owner = try thing.tenant ?? table.owner(ofProject: thing.project, in: db) ?? rule.caller
                guard rule.takesAll || owner == rule.caller else {
                    counts.otherTenants += 1
                    continue
                }
                switch thing {
                case .output(let sidecar): counts.outputs += try restore(sidecar, owner, in: db, now: now) ? 1 : 0
                case .anchor(let sidecar): counts.anchors += try restore(sidecar, owner, in: db, now: now) ? 1 : 0
                }
            }
            return counts
        }
    }

    /// - Returns: nil for a file that is too large for one.
    private func sidecar(_ path: String) async throws -> JSONValue? {
        let reader = try await blobs.open(path)
        guard reader.size <= Limits.archiveTextBytes else { return nil }
        return try JSONParser.parse(try await reader.read(0..<reader.size))
    }

    /// - Returns: nil for a file that is no sidecar, or whose own file is gone.
    private func read(_ value: JSONValue, of file: String) async throws -> Found? {
        if value["output_id"] != nil {
            let sidecar = try JSONValueDecoder.read(OutputSidecar.self, from: value)
            guard sidecar.version <= OutputSidecar.newestVersion, sidecar.file.path == file else {
                throw HearthError(.invalidRequest, "The sidecar is of another file.")
            }
            try sidecar.check()
            return .output(try await sidecar.checked(with: blobs))
        }
        guard value["anchor_id"] != nil else { return nil }
        let picture = try await blobs.open(file)
        guard picture.size <= Limits.uploadBytes else { throw HearthError(.bodyTooLarge, "The picture is too large.") }
        let bytes = try await picture.read(0..<picture.size)
        return .anchor(try AnchorSidecar(value, file: file, picture: try InspectedImage(bytes)))
    }
}
