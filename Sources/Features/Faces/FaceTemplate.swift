import HearthCore
import HearthJSON

/// What is known of one template of a user; the vector itself is sealed, and never shown.
struct FaceTemplate: Sendable, Codable, SchemaDescribed {
    /// What it was made of.
    enum Source: String, Sendable, Codable, CaseIterable {
        /// One picture that was sent for it.
        case image
        /// The best frames of an enrolment session.
        case session
        /// The old profile photo.
        case photo
    }

    var templateID: String
    var source: Source
    /// Of the picture that it was made of.
    var sha256: String?
    /// Identifier of the model that made it.
    var model: String
    var modelDigest: String
    var quality: Double
    /// How many pictures it is the mean of.
    var frames: Int
    var liveness: LivenessLevel
    var createdAt: Int64

    static let fields = [
        "template_id": FieldNote("Identifier, UUIDv7."),
        "source": FieldNote("`image`, `session` or `photo`."),
        "sha256": FieldNote("Of the picture that it was made of."),
        "model": FieldNote("The model that made it."), "model_digest": FieldNote("Of the model's weights."),
        "quality": FieldNote("0 to 1."), "frames": FieldNote("How many pictures it is the mean of."),
        "liveness": LivenessLevel.field, "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// How it was checked that a living person stood before the camera. None of the levels is certified.
package enum LivenessLevel: String, Sendable, Codable, CaseIterable {
    /// Not at all: a picture can be of a picture.
    case none
    /// The person has turned the head as the server has asked for.
    case heuristic
    /// A model has looked for signs of an imitation.
    case model

    static let field = FieldNote(
        "How it was checked that a person stood before the camera: `none`, `heuristic` (asked for movements) or "
            + "`model`. No level is certified.")
}

extension FaceTemplate.Source: SQLColumn {}
extension LivenessLevel: SQLColumn {}

extension FaceTemplate: SQLDecodable {
    static let columns: SQL = "id, source, sha256, model_id, model_digest, quality, frames, liveness, created_at"

    init(row: inout SQLRow) throws {
        templateID = try row.next()
        source = try row.next()
        sha256 = try row.next()
        model = try row.next()
        modelDigest = try row.next()
        quality = try row.next()
        frames = try row.next()
        liveness = try row.next()
        createdAt = try row.next()
    }
}

extension FaceTable {
    /// A user's templates, oldest first.
    func templates(ofUser id: String, in db: any SQLConnection) throws -> [FaceTemplate] {
        try db.rows(
            "SELECT \(FaceTemplate.columns) FROM face_templates WHERE user_id = \(id) ORDER BY id",
            as: FaceTemplate.self)
    }

    func templateIDs(
        ofUser id: String, source: FaceTemplate.Source? = nil, in db: any SQLConnection
    ) throws -> [String] {
        try templates(ofUser: id, in: db).filter { source == nil || $0.source == source }.map(\.templateID)
    }

    /// Adds a template; the oldest of the same source and model leaves when a user has too many.
    /// - Returns: templates that have left, whose vectors are to be removed.
    @discardableResult
    func insertTemplate(_ template: FaceTemplate, ofUser id: String, in db: any SQLConnection) throws -> [String] {
        let known = try templates(ofUser: id, in: db).filter { $0.modelDigest == template.modelDigest }
        var left: [String] = []
        if known.count >= Limits.templatesOfUser {
            guard let oldest = known.first(where: { $0.source == template.source }) else {
                throw HearthError(
                    .conflict, "The user has \(known.count) templates.",
                    hint: "A user has at most \(Limits.templatesOfUser) by one model; delete one first.")
            }
            try deleteTemplates([oldest.templateID], in: db)
            left = [oldest.templateID]
        }
        try db.execute(
            """
            INSERT INTO face_templates (id, user_id, source, sha256, model_id, model_digest, quality, frames, liveness,
              created_at)
            VALUES (\(template.templateID), \(id), \(template.source), \(template.sha256), \(template.model),
              \(template.modelDigest), \(template.quality), \(template.frames), \(template.liveness),
              \(template.createdAt))
            """)
        return left
    }

    func deleteTemplates(ofUser id: String, source: FaceTemplate.Source, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM face_templates WHERE user_id = \(id) AND source = \(source)")
    }

    func deleteTemplates(_ ids: [String], in db: any SQLConnection) throws {
        try db.execute("DELETE FROM face_templates WHERE id IN \(list: ids)")
    }

    /// The template that was made of this very picture; nil when there is none.
    func template(
        ofUser id: String, sha256: String, model digest: String, in db: any SQLConnection
    ) throws -> FaceTemplate? {
        try db.row(
            """
            SELECT \(FaceTemplate.columns) FROM face_templates
            WHERE user_id = \(id) AND sha256 = \(sha256) AND model_digest = \(digest)
            """, as: FaceTemplate.self)
    }
}
