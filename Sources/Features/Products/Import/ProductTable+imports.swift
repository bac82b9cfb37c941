import HearthCore

extension ProductTable {
    /// An import to be begun.
    struct ImportDraft: Sendable {
        var format: ImportFormat?
        var template: String?
        var sourceType: String?
    }

    func insertImport(
        _ draft: ImportDraft, id: String, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        let open = try db.first(
            "SELECT COUNT(*) AS count FROM product_imports WHERE tenant = ? AND state IN ('receiving', 'running')",
            [.text(tenant.rawValue)])
        guard try open?.integer("count") ?? 0 < Limits.openImports else {
            throw HearthError(
                .overloaded, "Too many imports have not ended.",
                hint: "At most \(Limits.openImports) at a time; `GET /products/imports` lists them, DELETE ends one.",
                retryAfter: 10)
        }
        try db.execute(
            """
            INSERT INTO product_imports (id, tenant, format, template, source_type, state, bytes, position, line,
              accepted, refused, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, 'receiving', 0, 0, 0, 0, 0, ?, ?)
            """,
            [
                .text(id), .text(tenant.rawValue), .optional(draft.format?.rawValue), .optional(draft.template),
                .optional(draft.sourceType), .integer(now), .integer(now),
            ])
    }

    /// Adds a piece behind those that are there.
    /// - Throws: ``HearthError`` `conflict` when it does not begin where they end; the hint says where.
    func insertPiece(
        _ path: String, start: Int, bytes: Int, ofImport id: String, in db: any SQLConnection, now: Int64
    ) throws {
        let count = try db.execute(
            """
            UPDATE product_imports SET bytes = bytes + ?, updated_at = ?
            WHERE id = ? AND state = 'receiving' AND bytes = ?
            """, [.int(bytes), .integer(now), .text(id), .int(start)])
        guard count > 0 else {
            let row = try db.first("SELECT bytes, state FROM product_imports WHERE id = ?", [.text(id)])
            let arrived = try row?.integer("bytes") ?? 0
            throw HearthError(
                .conflict, "The piece does not go on where the import ends.",
                hint: row?.optionalText("state") == "receiving"
                    ? "Go on with offset \(arrived)." : "The import has been started.")
        }
        try db.execute(
            "INSERT INTO product_import_pieces (import_id, start, bytes, path) VALUES (?, ?, ?, ?)",
            [.text(id), .int(start), .int(bytes), .text(path)])
    }

    /// One that runs already goes on by the same job, or by another when that has ended.
    func startImport(_ id: String, job: String, in db: any SQLConnection, now: Int64) throws {
        let count = try db.execute(
            """
            UPDATE product_imports SET state = 'running', job_id = ?, updated_at = ?
            WHERE id = ? AND state IN ('receiving', 'running') AND bytes > 0
            """, [.text(job), .integer(now), .text(id)])
        guard count > 0 else {
            throw HearthError(
                .conflict, "The import has ended, or is empty.", hint: "Send its bytes first.")
        }
    }

    /// - Throws: ``HearthError`` `not_found`.
    func productImport(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> ProductImport {
        let row = try db.first(
            "SELECT * FROM product_imports WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
        guard let row else { throw Self.missing("import") }
        return try Self.productImport(row)
    }

    func imports(
        before: String, limit: Int, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<ProductImport> {
        let rows = try db.query(
            "SELECT * FROM product_imports WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?",
            [.text(tenant.rawValue), .text(before), .int(limit + 1)])
        return try Page(rows: rows.map(Self.productImport), limit: limit, cursor: \.importID)
    }

    func errors(
        ofImport id: String, after line: Int, limit: Int, in db: any SQLConnection
    ) throws -> [ProductImport.Problem] {
        try db.query(
            "SELECT * FROM product_import_errors WHERE import_id = ? AND line > ? ORDER BY line LIMIT ?",
            [.text(id), .int(line), .int(limit)]
        ).map {
            ProductImport.Problem(
                line: Int(try $0.integer("line")), externalID: $0.optionalText("external_id"),
                code: try $0.text("code"), message: try $0.text("message"))
        }
    }

    func pieces(ofImport id: String, in db: any SQLConnection) throws -> [PieceSource.Piece] {
        try db.query("SELECT * FROM product_import_pieces WHERE import_id = ? ORDER BY start", [.text(id)]).map {
            PieceSource.Piece(
                start: Int(try $0.integer("start")), bytes: Int(try $0.integer("bytes")), path: try $0.text("path"))
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

    /// Moves an import on, in the transaction of the rows that the step made.
    /// - Throws: ``HearthError`` `conflict` when another attempt has been here.
    func advanceImport(_ id: String, _ step: ImportStep, in db: any SQLConnection, now: Int64) throws {
        let count = try db.execute(
            """
            UPDATE product_imports SET position = ?, line = ?, accepted = accepted + ?, refused = refused + ?,
              updated_at = ? WHERE id = ? AND position = ? AND state = 'running'
            """,
            [
                .int(step.to), .int(step.line), .int(step.accepted), .int(step.problems.count), .integer(now),
                .text(id), .int(step.from),
            ])
        guard count > 0 else { throw HearthError(.conflict, "The import is read by someone else, or gone.") }
        guard !step.problems.isEmpty else { return }
        let kept = try db.first(
            "SELECT COUNT(*) AS count FROM product_import_errors WHERE import_id = ?", [.text(id)])
        let room = max(0, Limits.importErrors - Int(try kept?.integer("count") ?? 0))
        for problem in step.problems.prefix(room) {
            try db.execute(
                """
                INSERT INTO product_import_errors (import_id, line, external_id, code, message)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT (import_id, line) DO NOTHING
                """,
                [
                    .text(id), .int(problem.line), .optional(problem.externalID?.replacing("\0", with: "")),
                    .text(problem.code), .text(problem.message.replacing("\0", with: "")),
                ])
        }
    }

    func endImport(_ id: String, failure: String?, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE product_imports SET state = ?, failure = ?, updated_at = ? WHERE id = ? AND state = 'running'",
            [.text(failure == nil ? "completed" : "failed"), .optional(failure), .integer(now), .text(id)])
    }

    /// Deletes an import's pieces' rows.
    /// - Returns: the paths of the pieces.
    func deletePieces(ofImport id: String, in db: any SQLConnection) throws -> [String] {
        let paths = try pieces(ofImport: id, in: db).map(\.path)
        try db.execute("DELETE FROM product_import_pieces WHERE import_id = ?", [.text(id)])
        return paths
    }

    func deleteImport(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM product_imports WHERE id = ?", [.text(id)])
    }

    /// Deletes imports that nothing has happened to since a time, except those that run.
    /// - Returns: the paths of their pieces.
    func forgetImports(before time: Int64, in db: any SQLConnection) throws -> [String] {
        let rows = try db.query(
            "SELECT id FROM product_imports WHERE state <> 'running' AND updated_at < ? LIMIT 100", [.integer(time)])
        return try rows.flatMap { row in
            let id = try row.text("id")
            let paths = try deletePieces(ofImport: id, in: db)
            try deleteImport(id, in: db)
            return paths
        }
    }

    private static func productImport(_ row: SQLRow) throws -> ProductImport {
        let job = row.optionalText("job_id")
        return ProductImport(
            importID: try row.text("id"), format: row.optionalText("format").flatMap(ImportFormat.init(rawValue:)),
            template: row.optionalText("template"), sourceType: row.optionalText("source_type"),
            state: ProductImport.State(rawValue: try row.text("state")) ?? .failed,
            bytes: Int(try row.integer("bytes")), position: Int(try row.integer("position")),
            line: Int(try row.integer("line")), accepted: Int(try row.integer("accepted")),
            refused: Int(try row.integer("refused")), failure: row.optionalText("failure"), jobID: job,
            websocketURL: job.map { "/ws/\($0)" }, createdAt: try row.integer("created_at"),
            updatedAt: try row.integer("updated_at"))
    }
}
