package import HearthCore
import HearthJSON
import HearthJobs

import struct Foundation.Data

/// The SQL of outputs and their files.
package struct OutputTable: Sendable {
    package init() {}

    package static let migrations = [
        Migration(23, "outputs of generators") { _ in
            [
                """
                CREATE TABLE outputs (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                  character_id TEXT REFERENCES characters (id) ON DELETE SET NULL,
                  kind TEXT NOT NULL,
                  generator TEXT NOT NULL,
                  style_preset TEXT NOT NULL,
                  number BIGINT NOT NULL,
                  state TEXT NOT NULL,
                  job_id TEXT NOT NULL,
                  recipe TEXT NOT NULL,
                  wants_previews BIGINT NOT NULL,
                  minimum_similarity DOUBLE PRECISION,
                  maximum_tries BIGINT NOT NULL,
                  request_key TEXT,
                  request_place BIGINT NOT NULL,
                  reference TEXT,
                  details TEXT,
                  failure TEXT,
                  chosen BIGINT,
                  created_at BIGINT NOT NULL,
                  finished_at BIGINT,
                  UNIQUE (project_id, number)
                )
                """,
                "CREATE INDEX outputs_of_tenant ON outputs (tenant, id)",
                "CREATE INDEX outputs_of_project ON outputs (project_id, id)",
                "CREATE INDEX outputs_of_character ON outputs (character_id, id)",
                """
                CREATE UNIQUE INDEX outputs_of_request ON outputs (tenant, request_key, request_place)
                WHERE request_key IS NOT NULL
                """,
            ]
        },
        Migration(24, "files of outputs") { _ in
            [
                """
                CREATE TABLE output_files (
                  id TEXT PRIMARY KEY,
                  output_id TEXT NOT NULL REFERENCES outputs (id) ON DELETE CASCADE,
                  number BIGINT NOT NULL,
                  path TEXT NOT NULL UNIQUE,
                  format TEXT NOT NULL,
                  sha256 TEXT NOT NULL,
                  bytes BIGINT NOT NULL,
                  width BIGINT NOT NULL,
                  height BIGINT NOT NULL,
                  seconds DOUBLE PRECISION,
                  seed BIGINT NOT NULL,
                  thumbnail_sha256 TEXT,
                  thumbnail_bytes BIGINT,
                  similarity DOUBLE PRECISION,
                  model TEXT,
                  model_digest TEXT,
                  anchor_id TEXT,
                  created_at BIGINT NOT NULL,
                  UNIQUE (output_id, number)
                )
                """,
                """
                CREATE VIEW kept_outputs AS SELECT * FROM outputs o
                WHERE (SELECT p.deleting_since FROM projects p WHERE p.id = o.project_id) IS NULL
                  AND (SELECT c.deleting_since FROM characters c WHERE c.id = o.character_id) IS NULL
                """,
            ]
        },
        // Of requests before it none is kept: their keys answer as they did.
        Migration(31, "what requests with a key have asked for") { _ in
            ["ALTER TABLE outputs ADD COLUMN request_digest TEXT"]
        },
    ]

    /// What a tenant has of outputs and their files.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        try db.row(
            """
            SELECT COALESCE(SUM(f.bytes), 0) + COALESCE(SUM(f.thumbnail_bytes), 0),
              (SELECT COUNT(*) FROM outputs WHERE tenant = \(tenant))
            FROM output_files f JOIN outputs o ON o.id = f.output_id WHERE o.tenant = \(tenant)
            """
        ) { row in TenantUsage(storedBytes: try row.next(), records: try row.next()) } ?? TenantUsage()
    }

    // MARK: Outputs

    /// An output before it is made.
    struct New: Sendable {
        let id: String
        let projectID: String
        let characterID: String?
        let number: Int
        let jobID: String
        let recipe: Recipe
        let wantsPreviews: Bool
        let minimumSimilarity: Double?
        let maximumTries: Int
        let requestKey: String?
        /// What the request with the key has asked for.
        var requestDigest: String?
        /// Its place among the outputs of its request, from 0.
        let requestPlace: Int
    }

    /// The number of a project's next output.
    func nextNumber(inProject project: String, in db: any SQLConnection) throws -> Int {
        let last = try db.value("SELECT MAX(number) FROM outputs WHERE project_id = \(project)", as: Int?.self)
        return ((last ?? nil) ?? 0) + 1
    }

    func insert(_ new: New, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        let recipe = try JSONValueEncoder.encode(new.recipe).encodedText()
        try db.execute(
            """
            INSERT INTO outputs (id, tenant, project_id, character_id, kind, generator, style_preset, number, state,
              job_id, recipe, wants_previews, minimum_similarity, maximum_tries, request_key, request_digest,
              request_place, created_at)
            VALUES (\(new.id), \(tenant), \(new.projectID), \(new.characterID), \(new.recipe.kind.rawValue),
              \(new.recipe.generator), \(new.recipe.stylePreset), \(new.number), \(JobState.pending), \(new.jobID),
              \(recipe), \(new.wantsPreviews), \(new.minimumSimilarity), \(new.maximumTries), \(new.requestKey),
              \(new.requestDigest), \(new.requestPlace), \(now))
            """)
    }

    /// Outputs of an earlier call with the same key, in their order; none when there was no such call.
    /// - Parameter digest: what this call asks for.
    /// - Throws: ``HearthError`` `idempotency_key_reused` when the earlier call has asked for something else.
    func outputs(
        ofRequest key: String, digest: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> [Output] {
        let isOther = try db.exists(
            """
            SELECT id FROM outputs WHERE tenant = \(tenant) AND request_key = \(key) AND request_digest <> \(digest)
            """)
        guard !isOther else {
            throw HearthError(
                .idempotencyKeyReused, "The idempotency key belongs to another request.",
                hint: "The same key answers the same request only; send another one a key of its own.")
        }
        let rows = try db.rows(
            """
            SELECT \(Self.columns) FROM kept_outputs o WHERE tenant = \(tenant) AND request_key = \(key)
            ORDER BY request_place
            """, as: OutputRow.self)
        return try complete(rows, in: db)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func output(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Output {
        let row = try db.row(
            "SELECT \(Self.columns) FROM kept_outputs o WHERE id = \(id) AND tenant = \(tenant)", as: OutputRow.self)
        guard let row, let output = try complete([row], in: db).first else { throw StudioTable.missing("output") }
        return output
    }

    /// Whether the caller of an output wants to see it while it is made.
    func wantsPreviews(_ id: String, in db: any SQLConnection) throws -> Bool {
        try db.value("SELECT wants_previews FROM outputs WHERE id = \(id)", as: Bool.self) ?? false
    }

    /// What a list leaves out.
    struct Filter: Sendable {
        var project: String?
        var character: String?
        var kind: OutputKind?
        var stylePreset: String?
        var state: JobState?

        /// Conditions that follow others.
        fileprivate var condition: SQL {
            var condition: SQL = ""
            if let project { condition = condition + " AND project_id = \(project)" }
            if let character { condition = condition + " AND character_id = \(character)" }
            if let kind { condition = condition + " AND kind = \(kind.rawValue)" }
            if let stylePreset { condition = condition + " AND style_preset = \(stylePreset)" }
            if let state { condition = condition + " AND \(OutputTable.state) = \(state)" }
            return condition
        }
    }

    func outputs(
        _ filter: Filter, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<Output> {
        let rows = try db.rows(
            """
            SELECT \(Self.columns) FROM kept_outputs o WHERE tenant = \(tenant)\(filter.condition)
              AND id < \(page.before) ORDER BY id DESC LIMIT \(page.limit + 1)
            """, as: OutputRow.self)
        return Page(rows: try complete(rows, in: db), limit: page.limit, cursor: \.outputID)
    }

    /// Some outputs of a project or of a character, those that are hidden with it as well.
    func outputs(of owner: AnchorOwner, limit: Int, in db: any SQLConnection) throws -> [Output] {
        let condition: SQL =
            switch owner {
            case .character(let id): "character_id = \(id)"
            case .project(let id): "project_id = \(id)"
            }
        let rows = try db.rows(
            "SELECT \(Self.columns) FROM outputs o WHERE \(condition) ORDER BY id LIMIT \(limit)", as: OutputRow.self)
        return try complete(rows, in: db)
    }

    func delete(_ ids: [String], in db: any SQLConnection) throws {
        try db.execute("DELETE FROM character_merge_items WHERE item_id IN \(list: ids)")
        try db.execute("DELETE FROM outputs WHERE id IN \(list: ids)")
    }

    // MARK: Ends

    /// Files of an output, and which of them it is.
    struct Made: Sendable {
        let files: [NewFile]
        let chosen: Int
        let reference: AppliedReference
        let details: JSONObject
    }

    /// A file that lies at its path already.
    struct NewFile: Sendable {
        let id: String
        let number: Int
        let path: String
        let format: String
        let sha256: String
        let bytes: Int
        let width: Int
        let height: Int
        let seconds: Double?
        let seed: Int64
        let thumbnail: (sha256: String, bytes: Int)?
        let similarity: MeasuredSimilarity?
    }

    /// Writes what was made.
    /// - Returns: false when the output has been deleted meanwhile: nothing was written.
    func finish(_ id: String, with made: Made, in db: any SQLConnection, now: Int64) throws -> Bool {
        let reference = try JSONValueEncoder.encode(made.reference).encodedText()
        let details = made.details.members.isEmpty ? nil : JSONValue.object(made.details).encodedText()
        let count = try db.execute(
            """
            UPDATE outputs SET reference = \(reference), details = \(details), chosen = \(made.chosen) WHERE id = \(id)
            """)
        guard count > 0 else { return false }
        // An output that is made again, after its row was restored, has its files again.
        try db.execute("DELETE FROM output_files WHERE output_id = \(id)")
        for file in made.files { try insert(file, of: id, in: db, now: now) }
        return true
    }

    func insert(_ file: NewFile, of output: String, in db: any SQLConnection, now: Int64) throws {
        let similarity = file.similarity
        try db.execute(
            """
            INSERT INTO output_files (id, output_id, number, path, format, sha256, bytes, width, height, seconds, seed,
              thumbnail_sha256, thumbnail_bytes, similarity, model, model_digest, anchor_id, created_at)
            VALUES (\(file.id), \(output), \(file.number), \(file.path), \(file.format), \(file.sha256), \(file.bytes),
              \(file.width), \(file.height), \(file.seconds), \(file.seed), \(file.thumbnail?.sha256),
              \(file.thumbnail?.bytes), \(similarity?.score), \(similarity?.model), \(similarity?.digest),
              \(similarity?.anchorID), \(now))
            """)
    }

    /// Notes how similar a file is.
    /// - Returns: false when there is no such file any more.
    func setSimilarity(_ similarity: MeasuredSimilarity, ofFile id: String, in db: any SQLConnection) throws -> Bool {
        try db.execute(
            """
            UPDATE output_files SET similarity = \(similarity.score), model = \(similarity.model),
              model_digest = \(similarity.digest), anchor_id = \(similarity.anchorID)
            WHERE id = \(id)
            """) > 0
    }

    /// Notes how the job of an output has ended, or that it runs again.
    func setState(
        _ state: JobState, ofJob job: String, output: String, failure: String?, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE outputs SET state = \(state), failure = \(failure),
              finished_at = \(state.isFinal ? now : nil) WHERE id = \(output) AND job_id = \(job)
            """) > 0
    }

    // MARK: Files

    /// Of these paths, those of outputs' files and of what lies beside them.
    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        func file(_ path: String) -> String {
            for suffix in [OutputFile.thumbnailSuffix, OutputFile.recipeSuffix] where path.hasSuffix(suffix) {
                return String(path.dropLast(suffix.count))
            }
            return path
        }
        let files = Set(paths.map(file))
        let known = Set(try db.values("SELECT path FROM output_files WHERE path IN \(list: files)", as: String.self))
        return Set(paths.filter { known.contains(file($0)) })
    }

    /// The file with an identifier, or the chosen one of the output with that identifier.
    func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> OutputFileRow? {
        try db.row(
            """
            SELECT \(OutputFileRow.columns) FROM output_files f JOIN kept_outputs o ON o.id = f.output_id
            WHERE o.tenant = \(tenant) AND (f.id = \(id) OR (o.id = \(id) AND f.number = o.chosen))
            """, as: OutputFileRow.self)
    }

    /// All files of an output, in the order of its tries.
    func files(of output: String, in db: any SQLConnection) throws -> [OutputFileRow] {
        try db.rows(
            "SELECT \(OutputFileRow.columns) FROM output_files f WHERE f.output_id = \(output) ORDER BY f.number",
            as: OutputFileRow.self)
    }

    // MARK: Rows

    /// While the job of an output has not ended, its state is the job's.
    private static let state: SQL = """
        CASE WHEN state = 'pending' THEN COALESCE((SELECT j.state FROM jobs j WHERE j.id = job_id), state)
          ELSE state END
        """

    /// Of a table `outputs o`.
    private static let columns: SQL = """
        id, project_id, character_id, \(madeCharacter), kind, generator, style_preset, number, \(state), job_id,
          recipe, reference, details, failure, chosen, minimum_similarity, maximum_tries, created_at, finished_at
        """

    /// The character that was made of an output.
    private static let madeCharacter: SQL = """
        (SELECT COALESCE(c.merged_into, c.id) FROM characters c WHERE c.tenant = o.tenant AND c.made_of = o.id)
        """

    /// Outputs of rows, with their files.
    private func complete(_ rows: [OutputRow], in db: any SQLConnection) throws -> [Output] {
        guard !rows.isEmpty else { return [] }
        let files = try db.rows(
            """
            SELECT \(OutputFileRow.columns) FROM output_files f
            WHERE f.output_id IN \(list: rows.map(\.output.outputID)) ORDER BY f.output_id, f.number
            """, as: OutputFileRow.self)
        let byOutput = Dictionary(grouping: files, by: \.outputID)
        return rows.map { row in
            var output = row.output
            output.tries = (byOutput[output.outputID] ?? []).map(\.file)
            output.file = output.tries.first { $0.number == row.chosen }
            return output
        }
    }
}

/// A row of `outputs`; its files come by another query.
private struct OutputRow: SQLDecodable {
    let output: Output
    let chosen: Int?

    init(row: inout SQLRow) throws {
        let (id, project, character, made) = (
            try row.next(String.self), try row.next(String.self), try row.next(String?.self),
            try row.next(String?.self)
        )
        let (kind, generator, preset) = (
            try row.next(String.self), try row.next(String.self), try row.next(String.self)
        )
        let (number, state, job) = (try row.next(Int.self), try row.next(JobState.self), try row.next(String.self))
        let recipe = try JSONValueDecoder.read(Recipe.self, from: Self.json(try row.next(String.self)))
        let reference = try row.next(String?.self).map {
            try JSONValueDecoder.read(AppliedReference.self, from: Self.json($0))
        }
        let details = try row.next(String?.self).map { try Self.json($0) }
        let failure = try row.next(String?.self)
        chosen = try row.next()
        output = Output(
            outputID: id, projectID: project, characterID: character,
            kind: OutputKind(rawValue: kind) ?? recipe.kind, generator: generator, stylePreset: preset,
            madeCharacterID: made, number: number, status: state, jobID: job, recipe: recipe,
            reference: reference, details: details, failure: failure, file: nil, tries: [],
            minimumSimilarity: try row.next(), maximumTries: try row.next(), createdAt: try row.next(),
            finishedAt: try row.next())
    }

    private static func json(_ text: String) throws -> JSONValue { try JSONParser.parse(Data(text.utf8)) }
}

/// A row of `output_files`.
struct OutputFileRow: SQLDecodable, Sendable {
    let outputID: String
    let file: OutputFile
    let thumbnail: (sha256: String, bytes: Int)?
    let createdAt: Int64

    /// Of a table `output_files f`.
    static let columns: SQL = """
        f.output_id, f.id, f.number, f.path, f.format, f.sha256, f.bytes, f.width, f.height, f.seconds, f.seed,
          f.thumbnail_sha256, f.thumbnail_bytes, f.similarity, f.model, f.model_digest, f.anchor_id, f.created_at
        """

    init(row: inout SQLRow) throws {
        outputID = try row.next()
        let (id, number, path) = (try row.next(String.self), try row.next(Int.self), try row.next(String.self))
        let format = try row.next(String.self)
        var file = OutputFile(
            fileID: id, number: number, path: path, url: StoredFile.url(of: id), thumbnailURL: nil,
            mediaType: OutputFile.mediaType(of: format), sha256: try row.next(), bytes: try row.next(),
            width: try row.next(), height: try row.next(), seconds: try row.next(), seed: try row.next(),
            similarity: nil)
        let (sha256, bytes) = (try row.next(String?.self), try row.next(Int?.self))
        if let sha256, let bytes {
            thumbnail = (sha256, bytes)
            file.thumbnailURL = OutputFile.thumbnailURL(of: id)
        } else {
            thumbnail = nil
        }
        let (score, model) = (try row.next(Double?.self), try row.next(String?.self))
        let (digest, anchor) = (try row.next(String?.self), try row.next(String?.self))
        if let score, let model, let digest {
            file.similarity = MeasuredSimilarity(score: score, model: model, digest: digest, anchorID: anchor)
        }
        self.file = file
        createdAt = try row.next()
    }

    /// The file as it is served.
    var stored: StoredFile {
        StoredFile(
            path: file.path, mediaType: file.mediaType, sha256: file.sha256, bytes: file.bytes, createdAt: createdAt)
    }

    /// The small picture beside it, as it is served; nil when there is none.
    var storedThumbnail: StoredFile? {
        thumbnail.map { thumbnail in
            StoredFile(
                path: file.path + OutputFile.thumbnailSuffix, mediaType: "image/jpeg", sha256: thumbnail.sha256,
                bytes: thumbnail.bytes, createdAt: createdAt)
        }
    }
}
