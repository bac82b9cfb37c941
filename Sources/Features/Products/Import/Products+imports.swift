import HearthCore
import HearthJSON
import HearthJobs
import Logging

import struct Foundation.Data

/// Input of `products.import`.
struct ImportProducts: Sendable, Codable, SchemaDescribed {
    var format: ImportFormat?
    var template: String?
    var sourceType: String?
    var wait: Bool?

    static let fields = importFields.merging(["wait": JobWaiter.field]) { first, _ in first }
}

/// Input of `products.imports.begin`.
struct BeginImport: Sendable, Codable, SchemaDescribed {
    var format: ImportFormat?
    var template: String?
    var sourceType: String?

    static let fields = importFields
}

/// Input of `products.imports.append`.
struct AppendToImport: Sendable, Codable, SchemaDescribed {
    var importID: String
    var offset: Int

    static let fields = [
        "import_id": importField,
        "offset": FieldNote(
            "Where the piece begins in the whole: as many bytes as have arrived.", minimum: 0,
            maximum: Double(Limits.importBytes)),
    ]
}

/// An import by its identifier.
struct ImportReference: Sendable, Codable, SchemaDescribed {
    var importID: String

    static let fields = ["import_id": importField]
}

/// Input of `products.imports.start`.
struct StartImport: Sendable, Codable, SchemaDescribed {
    var importID: String
    var wait: Bool?

    static let fields = ["import_id": importField, "wait": JobWaiter.field]
}

/// Input of `products.imports.errors`.
struct ListImportErrors: Sendable, Codable, SchemaDescribed {
    var importID: String
    var afterLine: Int?
    var limit: Int?

    static let fields = [
        "import_id": importField, "after_line": FieldNote("Only errors of later lines.", minimum: 0),
        "limit": FieldNote("Most errors wanted.", minimum: 1, maximum: Double(Limits.pageSize)),
    ]
}

/// Output of `products.imports.errors`.
struct ImportErrors: Sendable, Codable {
    var errors: [ProductImport.Problem]
}

private let importField = FieldNote("Identifier of an import.")

private let importFields = [
    "format": FieldNote("jsonl, csv or zip; told by its first bytes when absent."),
    "template": FieldNote(
        "Of rows that name none.", minLength: 1, maxLength: Limits.productWord, schema: ["format": "word"]),
    "source_type": FieldNote(
        "Of rows that name none.", minLength: 1, maxLength: Limits.productWord, schema: ["format": "word"]),
]

extension Products {
    /// What bodies of imports are declared as.
    private static let mediaTypes = [
        "application/zip", "application/x-zip-compressed", "text/csv", "text/plain", "application/jsonl",
        "application/x-ndjson", "application/ndjson",
    ]

    func importOperations() -> [Operation] {
        let file = AttachmentRule.file(isRequired: true, mediaTypes: Self.mediaTypes)
        return [
            Operation(
                .init(
                    "products.import", "Add many products from one file: JSON lines, CSV or zip.",
                    description: """
                        Answers when the file is on disk; a job reads its rows afterwards. Rows with an \
                        external id that exists change that product. Rows that cannot be used are listed \
                        by `products.imports.errors` and stop nothing. With `wait` the answer comes when the \
                        rows are read and searches find the products.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/products/import")], attachment: file, successStatus: 201),
                input: ImportProducts.self, output: ProductImport.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish), run: importFile),
            Operation(
                .init(
                    "products.imports.begin", "Begin an import whose file comes in pieces.",
                    description: """
                        Answers an import without bytes. Send the file by `products.imports.append`, \
                        then call `products.imports.start`.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/products/imports")], successStatus: 201),
                input: BeginImport.self, output: ProductImport.self
            ) { input, context in
                try await begin(input.format, input.template, input.sourceType, context)
            },
            Operation(
                .init(
                    "products.imports.append", "Add the next piece of an import's file.",
                    description: """
                        The piece must begin where the last one ended; `bytes` of the answer says where \
                        the next one begins. After an interruption, ask `products.imports.get` and go on \
                        from there.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/products/imports/{import_id}/bytes")], attachment: file),
                input: AppendToImport.self, output: ProductImport.self
            ) { input, context in
                try await append(context.file ?? Data(), at: input.offset, to: input.importID, context)
            },
            Operation(
                .init(
                    "products.imports.start", "Read an import whose file has arrived.",
                    description: """
                        Answers the import with the job that reads it. After an interruption the job \
                        goes on behind the last committed row; so does an import that has failed, as long as its \
                        file is kept. With `wait` the answer comes when the rows are read and searches find the \
                        products.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/products/imports/{import_id}/start")]),
                input: StartImport.self, output: ProductImport.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish)
            ) { input, context in
                try await start(input.importID, context)
            },
        ] + importListings()
    }

    private func importListings() -> [Operation] {
        [
            Operation(
                .init(
                    "products.imports.list", "List the imports, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products/imports")]),
                input: PageInput.self, output: Page<ProductImport>.self
            ) { input, context in
                let (table, page) = (table, try input.page())
                return try await store.read { db in try table.imports(page, of: context.tenant, in: db) }
            },
            Operation(
                .init(
                    "products.imports.get", "Show one import with its first errors.",
                    description: """
                        Answers how far the import is, how many rows were accepted and refused, and its \
                        first 20 errors.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products/imports/{import_id}")]),
                input: ImportReference.self, output: ProductImport.self
            ) { input, context in
                try await shownImport(input.importID, tenant: context.tenant)
            },
            Operation(
                .init(
                    "products.imports.errors", "List the rows of an import that could not be used.",
                    description: "Answers the rows that could not be used, by line, with the reason of each.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products/imports/{import_id}/errors")]),
                input: ListImportErrors.self, output: ImportErrors.self
            ) { input, context in
                let table = table
                return try await store.read { db in
                    _ = try table.productImport(input.importID, of: context.tenant, in: db)
                    return ImportErrors(
                        errors: try table.errors(
                            ofImport: input.importID, after: input.afterLine ?? 0,
                            limit: input.limit ?? Limits.defaultPageSize, in: db))
                }
            },
            Operation(
                .init(
                    "products.imports.delete", "Stop and forget an import; products that it has made stay.",
                    description: "Cancels the import's job if it is running and deletes the uploaded file.",
                    permission: .write, hints: .removes, routes: [Route(.delete, "/products/imports/{import_id}")]),
                input: ImportReference.self, output: ProductDeletion.self, run: deleteImport),
        ]
    }

    /// The whole of it at once, so that a server that is killed meanwhile leaves no import without a job.
    private func importFile(_ input: ImportProducts, _ context: OperationContext) async throws -> ProductImport {
        guard let bytes = context.file, !bytes.isEmpty else {
            throw HearthError(.invalidRequest, "The file is empty.")
        }
        let draft = try ProductTable.ImportDraft(input.format, input.template, input.sourceType)
        let (table, queue, tenant, now) = (table, queue, context.tenant, clock.now())
        let id = Identifier.make(now: now)
        let request = try Self.importing.request(RunImport(importID: id), tenant: tenant)
        // A look first: what is refused anyway need not be written.
        try await store.read { db in try table.requireFewOpenImports(of: tenant, in: db) }
        let taken = try await quotas?.take(
            TenantUsage(unfinishedJobs: 1, storedBytes: Int64(bytes.count)), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await withPiece(bytes, of: id) { path, commit in
            try await store.write { db in
                try table.insertImport(draft, id: id, tenant: tenant, in: db, now: now)
                try table.insertPiece(path, start: 0, bytes: bytes.count, ofImport: id, in: db, now: now)
                let job = try queue.enqueue(request, in: db).jobID
                try table.startImport(id, job: job, of: tenant, in: db, now: now)
                commit.begin()
                return try table.productImport(id, of: tenant, in: db)
            }
        }
    }

    /// Writes the file of a piece before its row, and removes it when there will be no row.
    private func withPiece(
        _ bytes: Data, of id: String, _ body: (String, UncertainCommit) async throws -> ProductImport
    ) async throws -> ProductImport {
        let path = "\(Self.importFolder)/\(id)/\(Identifier.make(now: clock.now()))"
        try await blobs.write(bytes, to: path)
        let commit = UncertainCommit()
        do {
            return try await body(path, commit)
        } catch {
            if !commit.isPossible(after: error) { try? await blobs.remove(path) }
            throw error
        }
    }

    private func begin(
        _ format: ImportFormat?, _ template: String?, _ sourceType: String?, _ context: OperationContext
    ) async throws -> ProductImport {
        let draft = try ProductTable.ImportDraft(format, template, sourceType)
        let (table, tenant, now) = (table, context.tenant, clock.now())
        return try await store.write { db in
            let id = Identifier.make(now: now)
            try table.insertImport(draft, id: id, tenant: tenant, in: db, now: now)
            return try table.productImport(id, of: tenant, in: db)
        }
    }

    /// File first, then the row: a piece that has a row is whole.
    private func append(
        _ bytes: Data, at offset: Int, to id: String, _ context: OperationContext
    ) async throws -> ProductImport {
        guard !bytes.isEmpty, offset <= Limits.importBytes - bytes.count else {
            throw HearthError(
                .invalidRequest, "The piece is empty, or the import too long.",
                hint: "At most \(Limits.importBytes) bytes in all.")
        }
        let (table, tenant, now) = (table, context.tenant, clock.now())
        // A look first: what is refused anyway need not be written.
        let known = try await store.read { db in try table.productImport(id, of: tenant, in: db) }
        let taken = try await quotas?.take(TenantUsage(storedBytes: Int64(bytes.count)), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await withPiece(bytes, of: known.importID) { path, commit in
            try await store.write { db in
                try table.insertPiece(path, start: offset, bytes: bytes.count, ofImport: id, in: db, now: now)
                let known = try table.productImport(id, of: tenant, in: db)
                commit.begin()
                return known
            }
        }
    }

    private func start(_ id: String, _ context: OperationContext) async throws -> ProductImport {
        let (table, queue, tenant, now) = (table, queue, context.tenant, clock.now())
        let request = try Self.importing.request(RunImport(importID: id), tenant: tenant)
        let taken = try await quotas?.take(TenantUsage(unfinishedJobs: 1), for: tenant) { db in
            TenantUsage(unfinishedJobs: try queue.table.isUnfinished(request, in: db) ? 0 : 1)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            _ = try table.productImport(id, of: tenant, in: db)
            let job = try queue.enqueue(request, in: db).jobID
            try table.startImport(id, job: job, of: tenant, in: db, now: now)
            return try table.productImport(id, of: tenant, in: db)
        }
    }

    private func deleteImport(_ input: ImportReference, _ context: OperationContext) async throws -> ProductDeletion {
        let (table, queue, tenant) = (table, queue, context.tenant)
        let (id, now) = (input.importID, clock.now())
        try await store.remove { db in
            if let job = try table.productImport(id, of: tenant, in: db).jobID {
                try queue.cancelUnfinished(job, of: tenant, in: db)
            }
            try table.beginDeletion(ofImport: id, in: db, now: now)
        }
        while try await deletePieces(of: id) { try Task.checkCancellation() }
        try await store.remove { db in try table.deleteImport(id, in: db) }
        return ProductDeletion(deleted: id, imageCount: 0)
    }
}

/// Removes what ended imports have left, piece by piece.
extension Products: StepwiseDeletion {
    /// Removes some pieces of one ended import, or one import that has none left and is being deleted.
    /// - Returns: whether there may be more.
    package func step() async throws -> Bool {
        let table = table
        let (ended, deleted) = try await store.read { db in
            (try table.endedImportWithPieces(in: db), try table.importToDelete(in: db))
        }
        if let ended { return try await deletePieces(of: ended) }
        guard let deleted else { return false }
        try await store.remove { db in try table.deleteImport(deleted, in: db) }
        return true
    }

    /// Removes some pieces of an import with their files.
    /// - Returns: whether there were any.
    private func deletePieces(of id: String) async throws -> Bool {
        let table = table
        let paths = try await store.remove { db in try table.deletePieces(ofImport: id, in: db) }
        // Files without a row: should this fail, the sweeper takes them.
        try await blobs.remove(paths)
        return !paths.isEmpty
    }
}
