import HearthCore
import HearthJSON
import HearthJobs

import struct Foundation.Data

extension ProductTable {
    /// An import to be begun.
    struct ImportDraft: Sendable {
        var format: ImportFormat?
        var template: String?
        var sourceType: String?

        /// - Throws: ``HearthError`` `invalid_request`.
        init(_ format: ImportFormat? = nil, _ template: String? = nil, _ sourceType: String? = nil) throws {
            self.format = format
            self.template = try ProductDraft.optionalWord(template, field: "template")
            self.sourceType = try ProductDraft.optionalWord(sourceType, field: "source_type")
        }
    }

    func insertImport(
        _ draft: ImportDraft, id: String, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        try requireFewOpenImports(of: tenant, in: db)
        try db.execute(
            """
            INSERT INTO product_imports (id, tenant, format, template, source_type, state, bytes, position, line,
              accepted, refused, created_at, updated_at)
            VALUES (\(id), \(tenant), \(draft.format), \(draft.template), \(draft.sourceType), 'receiving', 0, 0, 0, 0,
              0, \(now), \(now))
            """)
    }

    /// - Throws: ``HearthError`` `overloaded`.
    func requireFewOpenImports(of tenant: Tenant, in db: any SQLConnection) throws {
        let open = try db.value(
            "SELECT COUNT(*) FROM product_imports WHERE tenant = \(tenant) AND state IN ('receiving', 'running')",
            as: Int.self)
        guard open ?? 0 < Limits.openImports else {
            throw HearthError(
                .overloaded, "Too many imports have not ended.",
                hint: "At most \(Limits.openImports) at a time; `GET /products/imports` lists them, DELETE ends one.",
                retryAfter: 10)
        }
    }

    /// Adds a piece behind those that are there.
    /// - Throws: ``HearthError`` `conflict` when it does not begin where they end; the hint says where.
    func insertPiece(
        _ path: String, start: Int, bytes: Int, ofImport id: String, in db: any SQLConnection, now: Int64
    ) throws {
        let count = try db.execute(
            """
            UPDATE product_imports SET bytes = bytes + \(bytes), updated_at = \(now)
            WHERE id = \(id) AND state = 'receiving' AND bytes = \(start)
            """)
        guard count > 0 else {
            let arrived = try db.value(
                "SELECT bytes FROM product_imports WHERE id = \(id) AND state = 'receiving'", as: Int.self)
            throw HearthError(
                .conflict, "The piece does not go on where the import ends.",
                hint: arrived.map { "Go on with offset \($0)." } ?? "The import has been started.")
        }
        let pieces = try db.value(
            "SELECT COUNT(*) FROM product_import_pieces WHERE import_id = \(id)", as: Int.self)
        guard pieces ?? 0 < Limits.importPieces else {
            throw HearthError(
                .invalidRequest, "The import has \(Limits.importPieces) pieces.",
                hint: "Send larger ones, up to \(Limits.bodyBytes >> 20) MB each.")
        }
        try db.execute(
            """
            INSERT INTO product_import_pieces (import_id, start, bytes, path)
            VALUES (\(id), \(start), \(bytes), \(path))
            """)
    }

    /// One that runs already goes on by its job. One that has failed goes on behind its last row, while its file is
    /// still kept.
    /// - Throws: ``HearthError`` `conflict` when there is nothing to read, `overloaded` when too many have not ended.
    func startImport(
        _ id: String, job: String, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        let state = try db.value(
            "SELECT state FROM product_imports WHERE id = \(id) AND tenant = \(tenant)", as: ProductImport.State.self)
        if state == .failed { try requireFewOpenImports(of: tenant, in: db) }
        let count = try db.execute(
            """
            UPDATE product_imports SET state = 'running', failure = NULL, job_id = \(job), updated_at = \(now)
            WHERE id = \(id) AND tenant = \(tenant) AND state <> 'completed' AND is_over = 0
              AND EXISTS (SELECT 1 FROM product_import_pieces WHERE import_id = \(id))
            """)
        guard count > 0 else {
            throw HearthError(
                .conflict, "The import has ended, or has no file.",
                hint: "Send the bytes first; those of an import that could not be used go into another one.")
        }
    }

    /// - Throws: ``HearthError`` `not_found`.
    func productImport(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> ProductImport {
        guard let found = try findImport(id, of: tenant, in: db) else { throw Self.missing("import") }
        return found
    }

    /// Nil when there is none of the tenant.
    func findImport(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> ProductImport? {
        try db.row(
            "SELECT \(ProductImport.columns) FROM product_imports WHERE id = \(id) AND tenant = \(tenant)",
            as: ProductImport.self)
    }

    func imports(_ page: PageRequest, of tenant: Tenant, in db: any SQLConnection) throws -> Page<ProductImport> {
        try db.page(
            page, of: "SELECT \(ProductImport.columns) FROM product_imports WHERE tenant = \(tenant)",
            cursor: \ProductImport.importID)
    }

    /// Names of the attributes of the newest products, by which a misspelt one is noticed.
    func attributeNames(of tenant: Tenant, in db: any SQLConnection) throws -> Set<String> {
        let texts = try db.values(
            """
            SELECT attributes FROM products WHERE tenant = \(tenant) AND attributes <> '{}' ORDER BY id DESC
            LIMIT \(Limits.importRows)
            """, as: String.self)
        return try texts.reduce(into: []) { names, text in
            let attributes = try JSONParser.read(Data(text.utf8)).objectValue
            names.formUnion(attributes?.members.map(\.key) ?? [])
        }
    }

    func errors(
        ofImport id: String, after line: Int, limit: Int, in db: any SQLConnection
    ) throws -> [ProductImport.Problem] {
        try db.rows(
            """
            SELECT line, external_id, code, message FROM product_import_errors
            WHERE import_id = \(id) AND line > \(line) ORDER BY line LIMIT \(limit)
            """
        ) { row in
            ProductImport.Problem(
                line: try row.next(), externalID: try row.next(), code: try row.next(), message: try row.next())
        }
    }

    func pieces(ofImport id: String, in db: any SQLConnection) throws -> [PieceSource.Piece] {
        try db.rows("SELECT start, bytes, path FROM product_import_pieces WHERE import_id = \(id) ORDER BY start") {
            row in
            PieceSource.Piece(start: try row.next(), bytes: try row.next(), path: try row.next())
        }
    }

    /// How far a step of an import came.
    struct ImportStep: Sendable {
        /// Where it began: a step whose place has been passed by another attempt is not made twice.
        let from: Int
        let to: Int
        let line: Int
        let accepted: Int
        let problems: [ProductImport.Problem]
    }

    /// Moves an import on, in the transaction of the rows that the step made; call it under the lease of its job, which
    /// keeps other attempts away.
    /// - Throws: ``ImportGone`` when the import was deleted; ``JobFailure`` when it is not where the step began, which
    ///   the next attempt puts right, because it goes on where the import is.
    func advanceImport(_ id: String, _ step: ImportStep, in db: any SQLConnection, now: Int64) throws {
        let count = try db.execute(
            """
            UPDATE product_imports SET position = \(step.to), line = \(step.line),
              accepted = accepted + \(step.accepted), refused = refused + \(step.problems.count), updated_at = \(now)
            WHERE id = \(id) AND position = \(step.from) AND state = 'running'
            """)
        guard count > 0 else {
            guard try db.exists("SELECT id FROM product_imports WHERE id = \(id)") else { throw ImportGone() }
            throw JobFailure(kind: .transient, code: "import_moved", message: "The import has moved meanwhile.")
        }
        guard !step.problems.isEmpty else { return }
        let kept = try db.value(
            "SELECT COUNT(*) FROM product_import_errors WHERE import_id = \(id)", as: Int.self)
        let places = max(0, Limits.importErrors - (kept ?? 0))
        for problem in step.problems.prefix(places) {
            try db.execute(
                """
                INSERT INTO product_import_errors (import_id, line, external_id, code, message)
                VALUES (\(id), \(problem.line), \(problem.externalID?.replacing("\0", with: "")), \(problem.code),
                  \(problem.message.replacing("\0", with: "")))
                ON CONFLICT (import_id, line) DO NOTHING
                """)
        }
    }

    /// - Parameters:
    ///   - job: The job that has ended: an import that goes on by another one does not end with it.
    ///   - isOver: Whether its file is needed no more: it cannot be started again then.
    func endImport(
        _ id: String, job: String, failure: String?, isOver: Bool, in db: any SQLConnection, now: Int64
    ) throws {
        let state = failure == nil ? ProductImport.State.completed : .failed
        try db.execute(
            """
            UPDATE product_imports SET state = \(state), failure = \(failure?.replacing("\0", with: "")),
              is_over = \(isOver ? 1 : 0), updated_at = \(now)
            WHERE id = \(id) AND state = 'running' AND job_id = \(job)
            """)
    }

    /// Begins the deletion of an import: no job goes on with it, and its pieces can be deleted.
    func beginDeletion(ofImport id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            """
            UPDATE product_imports SET state = \(ProductImport.State.deleting), is_over = 1, updated_at = \(now)
            WHERE id = \(id)
            """)
    }

    /// An import whose file is needed no more and still has pieces; nil when there is none.
    func endedImportWithPieces(in db: any SQLConnection) throws -> String? {
        try db.value(
            """
            SELECT i.id FROM product_imports i WHERE i.is_over = 1
              AND EXISTS (SELECT 1 FROM product_import_pieces p WHERE p.import_id = i.id) LIMIT 1
            """, as: String.self)
    }

    /// Deletes rows of an import's pieces, a bounded number at once.
    /// - Returns: the paths of the pieces.
    func deletePieces(ofImport id: String, in db: any SQLConnection) throws -> [String] {
        try db.values(
            """
            DELETE FROM product_import_pieces WHERE import_id = \(id) AND start IN
              (SELECT start FROM product_import_pieces WHERE import_id = \(id) LIMIT \(Limits.stepItems))
            RETURNING path
            """, as: String.self)
    }

    /// Deletes an import without pieces; its errors' rows go with it.
    func deleteImport(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM product_imports WHERE id = \(id)")
    }

    /// An import whose deletion has begun and that has no pieces any more; nil when there is none.
    func importToDelete(in db: any SQLConnection) throws -> String? {
        try db.value(
            """
            SELECT i.id FROM product_imports i WHERE i.state = \(ProductImport.State.deleting)
              AND NOT EXISTS (SELECT 1 FROM product_import_pieces p WHERE p.import_id = i.id) LIMIT 1
            """, as: String.self)
    }

    /// Deletes an import that nothing has happened to since a time, except those that run or have pieces, and makes one
    /// that was begun and not started an ended one.
    /// - Returns: how many were changed; zero when there is nothing left to do.
    func forgetImports(before time: Int64, in db: any SQLConnection) throws -> Int {
        let ended = try db.execute(
            """
            UPDATE product_imports SET state = \(ProductImport.State.failed), is_over = 1,
              failure = COALESCE(failure, 'It was not started in time.')
            WHERE state IN ('receiving', 'failed') AND is_over = 0 AND updated_at < \(time)
            """)
        let old: SQL = "SELECT id FROM product_imports WHERE state <> 'running' AND updated_at < \(time)"
        let deleted = try db.execute(
            """
            DELETE FROM product_imports WHERE id IN
              (\(old) AND NOT EXISTS (SELECT 1 FROM product_import_pieces p WHERE p.import_id = product_imports.id)
               LIMIT 1)
            """)
        return ended + deleted
    }
}

/// An import was deleted while it was read.
struct ImportGone: Error {}

extension ImportFormat: SQLColumn {}

extension ProductImport.State: SQLColumn {}

extension ProductImport: SQLDecodable {
    static let columns: SQL = """
        id, format, template, source_type, state, bytes, position, line, accepted, refused, failure, job_id, created_at,
          updated_at
        """

    init(row: inout SQLRow) throws {
        importID = try row.next()
        format = try row.next()
        template = try row.next()
        sourceType = try row.next()
        state = try row.next()
        bytes = try row.next()
        position = try row.next()
        line = try row.next()
        accepted = try row.next()
        refused = try row.next()
        failure = try row.next()
        jobID = try row.next()
        websocketURL = jobID.map(JobTicket.webSocketPath)
        createdAt = try row.next()
        updatedAt = try row.next()
    }
}
