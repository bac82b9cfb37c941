import HearthCore
import HearthJSON
import HearthJobs

import struct Foundation.Data

/// Input of `products.imports.run`.
struct RunImport: Sendable, Codable, SchemaDescribed {
    var importID: String

    static let fields = ["import_id": FieldNote("Identifier of an import whose file has arrived.")]
}

extension Products {
    static let importing = QueuedOperation(
        .init(
            "products.imports.run", "Read the rows of an import.",
            description: """
                Commits some products at a time together with how far it has come, so that the next attempt goes on \
                from there.
                """,
            permission: .admin, hints: .addsOnce, aliases: ["products.import.run"]),
        plan: JobPlan(lane: .media, maximumAttempts: 10, timeout: Limits.productJob, control: .write),
        input: RunImport.self, subject: \.importID, identity: \.importID)

    func importJobOperation() -> Operation {
        Operation(
            Self.importing,
            admit: { input, tenant in
                let table = table
                let found = try await store.read { db in try table.findImport(input.importID, of: tenant, in: db) }
                guard found != nil else { throw ProductTable.missing("import") }
            }, run: runImport)
    }

    /// What an import tells its rows.
    private struct Setting: Sendable {
        let id: String
        /// The attempt that reads it: only while it holds the job, its steps are written.
        let lease: JobLease
        let tenant: Tenant
        let template: String?
        let sourceType: String?
    }

    /// A row whose pictures have passed inspection.
    private struct Prepared: Sendable {
        let line: Int
        let draft: ProductDraft
        let proposal: String
        let images: [StoredImage]
    }

    /// Reads rows and makes products, some in each transaction together with how far it has come: after a stop the
    /// next attempt goes on behind the last of these.
    private func runImport(
        _ input: RunImport, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        let (table, queue, tenant) = (table, queue, lease.tenant)
        let backfill = try Self.backfill.request(Backfill(), tenant: tenant)
        do {
            let begun = try await store.read { db in try table.findImport(input.importID, of: tenant, in: db) }
            guard let begun else { throw ImportGone() }
            let done = try await read(begun, lease, progress)
            var result: JSONValue = [
                "import_id": .string(begun.importID), "accepted": .int(Int64(done.accepted)),
                "refused": .int(Int64(done.refused)),
            ]
            if !done.doubts.isEmpty { result["notes"] = .array(done.doubts.map { .string($0) }) }
            // That the job has ended ends the import: see `ImportSubject`.
            return JobOutcome(result: result) { db in _ = try queue.enqueue(backfill, in: db) }
        } catch is ImportGone {
            return JobOutcome(result: ["skipped": "There is no such import."])
        } catch let error as HearthError where [.invalidRequest, .quotaExceeded].contains(error.code) {
            // The file itself is at fault, or the tenant may store no more: another attempt would not get further.
            // The products of the rows before stay, and are embedded.
            try await queue.write(under: lease) { db in _ = try queue.enqueue(backfill, in: db) }
            throw JobFailure(
                kind: .permanent, code: error.code.rawValue,
                message: [error.message, error.hint].compactMap(\.self).joined(separator: " "))
        }
    }

    /// Reads an import from where it is to its end.
    /// - Returns: the rows that were used and that were refused, those of earlier attempts among them; and what to ask
    ///   about the columns.
    private func read(
        _ begun: ProductImport, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> (accepted: Int, refused: Int, doubts: [String]) {
        let (table, tenant) = (table, lease.tenant)
        let pieces = try await store.read { db in try table.pieces(ofImport: begun.importID, in: db) }
        let setting = Setting(
            id: begun.importID, lease: lease, tenant: lease.tenant, template: begun.template,
            sourceType: begun.sourceType)
        let source = PieceSource(pieces, blobs: blobs)
        let start = try await source.bytes(0..<min(64, source.count))
        var reader = try await (begun.format ?? ImportFormat(of: start)).reader(
            source, from: begun.position, line: begun.line + 1, inflater: inflater)
        var doubts: [String] = []
        if let header = reader.header {
            // Before the first row is written: what the file itself brings is not known yet.
            doubts = header.doubts(knowing: try await store.read { db in try table.attributeNames(of: tenant, in: db) })
        }
        var (position, accepted, refused) = (begun.position, begun.accepted, begun.refused)
        while let step = try await step(&reader, from: position, setting) {
            position = step.to
            accepted += step.accepted
            refused += step.problems.count
            progress.report(
                ProgressReport(
                    stage: "import", overall: Double(position) / Double(max(reader.count, 1)),
                    step: accepted + refused,
                    message: "\(counted(accepted, "product")), \(counted(refused, "row")) refused."))
        }
        // A file in which nothing was found is a mistake of its sender, and never a success.
        guard accepted + refused > 0 else { throw HearthError(.invalidRequest, "The file has no products.") }
        return (accepted, refused, doubts)
    }

    // MARK: One step

    /// Reads some rows and commits them; nil at the end.
    private func step(
        _ reader: inout any RowReader, from position: Int, _ setting: Setting
    ) async throws -> ProductTable.ImportStep? {
        var (prepared, problems): ([Prepared], [ProductImport.Problem]) = ([], [])
        var (to, line, bytes, count) = (position, 0, 0, 0)
        while count < Limits.importRows, bytes < Limits.importRowBytes, let row = try await reader.next() {
            (to, line, count) = (row.next, row.lastLine, count + 1)
            problems += row.problems.map { Self.problem(row, $0.error, line: $0.line) }
            do {
                let ready = try await prepare(row, reader, setting)
                bytes += ready.images.reduce(0) { $0 + $1.bytes.count }
                prepared.append(ready)
            } catch let error as HearthError where JobFailure(error).kind == .permanent {
                problems.append(Self.problem(row, error))
            }
        }
        guard count > 0 else { return nil }
        return try await commit(prepared, problems, from: position, to: to, line: line, setting)
    }

    /// Checks everything that a row says before anything of it is written.
    private func prepare(
        _ row: ImportRow, _ reader: any RowReader, _ setting: Setting
    ) async throws -> Prepared {
        let content = try row.content.get()
        let draft = try ProductDraft(
            externalID: content.externalID, template: content.template ?? setting.template,
            sourceType: content.sourceType ?? setting.sourceType, title: content.title,
            description: content.description, attributes: content.attributes)
        let images = try await images(of: content, reader)
        return Prepared(line: row.line, draft: draft, proposal: images.proposal, images: images.all)
    }

    /// The pictures of a row, each once. How much they are is checked before one of them is unpacked.
    private func images(
        of content: ImportRow.Content, _ reader: any RowReader
    ) async throws -> (proposal: String, all: [StoredImage]) {
        var known: Set<String> = []
        let names = content.pictureNames.filter { known.insert($0).inserted }
        guard content.pictures.count + names.count <= Limits.productImages else {
            throw HearthError(
                .invalidRequest, "The row has too many pictures.", hint: "At most \(Limits.productImages).")
        }
        let bytes = try names.reduce(0) { try $0 + reader.pictureLength($1) }
        guard bytes <= Limits.importPictureBytes else {
            throw HearthError(
                .invalidRequest, "The pictures of the row have \(bytes) bytes.",
                hint: "At most \(Limits.importPictureBytes >> 20) MB for one product.")
        }
        let now = clock.now()
        let proposal = Identifier.make(now: now)
        var (sums, all): (Set<Digest256>, [StoredImage]) = ([], [])
        func add(_ picture: Data) throws {
            let image = try InspectedImage(picture)
            guard sums.insert(image.sha256).inserted else { return }
            all.append(StoredImage(image, product: proposal, now: now))
        }
        for picture in content.pictures { try add(picture) }
        for name in names { try add(try await reader.picture(name)) }
        return (proposal, all)
    }

    private func commit(
        _ prepared: [Prepared], _ problems: [ProductImport.Problem], from position: Int, to: Int, line: Int,
        _ setting: Setting
    ) async throws -> ProductTable.ImportStep {
        let (table, queue, clock) = (table, queue, clock)
        let taken = try await take(prepared, for: setting.tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await withFiles(of: prepared.flatMap(\.images)) { commit in
            try await queue.write(under: setting.lease) { db in
                var unwanted: [StoredImage] = []
                var (accepted, refused) = (0, problems)
                for row in prepared {
                    do {
                        unwanted += try apply(
                            row.draft, row.images, proposal: row.proposal, tenant: setting.tenant, in: db,
                            now: clock.now()
                        ).unwanted
                        accepted += 1
                    } catch let error as HearthError where error.code == .invalidRequest {
                        // Refused before anything was written.
                        unwanted += row.images
                        refused.append(
                            ProductImport.Problem(
                                line: row.line, externalID: row.draft.externalID, code: error.code.rawValue,
                                message: error.message))
                    }
                }
                let step = ProductTable.ImportStep(
                    from: position, to: to, line: line, accepted: accepted, problems: refused)
                try table.advanceImport(setting.id, step, in: db, now: clock.now())
                commit.begin()
                return (step, unwanted)
            }
        }
    }

    /// Takes what rows add from the tenant's quotas.
    /// - Throws: ``HearthError`` `quota_exceeded`.
    private func take(_ rows: [Prepared], for tenant: Tenant) async throws -> TenantQuotas.Share? {
        let pictures = rows.flatMap(\.images).reduce(0) { $0 + $1.bytes.count }
        let bytes = Int64(rows.reduce(pictures) { $0 + $1.draft.textBytes })
        let (table, ids) = (table, Set(rows.map(\.draft.externalID)))
        return try await quotas?.take(TenantUsage(storedBytes: bytes, records: Int64(ids.count)), for: tenant) { db in
            let new = try ids.filter { try table.productID(externalID: $0, of: tenant, in: db) == nil }
            let added = try rows.reduce(0) {
                try $0 + usage(of: $1.draft, $1.images, tenant: tenant, in: db).storedBytes
            }
            return TenantUsage(storedBytes: added, records: Int64(new.count))
        }
    }

    private static func problem(
        _ row: ImportRow, _ error: HearthError, line: Int? = nil
    ) -> ProductImport.Problem {
        let externalID = (try? row.content.get())?.externalID
        return ProductImport.Problem(
            line: line ?? row.line, externalID: externalID.map { String($0.prefix(Limits.productWord)) },
            code: error.code.rawValue, message: error.message)
    }
}
