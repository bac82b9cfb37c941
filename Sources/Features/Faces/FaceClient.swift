import HearthCore
import HearthJSON

import struct Foundation.Data

/// A client of a tenant: its users are not known to other clients, and what is known of their faces has its own key.
struct FaceClient: Sendable, Codable, SchemaDescribed {
    var clientID: String
    var tenant: Tenant
    var name: String
    /// Whether a user's consent is needed before anything is kept of a face.
    var requiresConsent: Bool
    /// Whether a new enrolment must look like the user's old photo.
    var requiresPhotoMatch: Bool
    var attributes: JSONValue
    var createdAt: Int64
    var updatedAt: Int64

    static let fields = [
        "client_id": FieldNote("Identifier, UUIDv7."),
        "name": FieldNote("Your own name for it, unique within the tenant."),
        "requires_consent": FieldNote("Whether a user without a consent is refused."),
        "requires_photo_match": FieldNote("Whether an enrolment that does not look like the old photo is refused."),
        "attributes": FieldNote("Flat: names with texts, numbers, true or false."),
        "created_at": FieldNote("Milliseconds since 1970."), "updated_at": FieldNote("Milliseconds since 1970."),
    ]

    /// What a call means that names no client; made when it is first written to.
    static let defaultName = "default"

    /// The scope of the key for the templates and the seen pictures.
    var sealScope: String { Self.sealScope(of: clientID) }

    static func sealScope(of id: String) -> String { "faces/\(id)" }

    /// The scope of the key for the old photo of one user: with it the photo is gone from every backup.
    static func sealScope(of id: String, user: String) -> String { "faces/\(id)/\(user)" }

    /// The field by which calls name a client.
    static let field = FieldNote(
        "Name of a client; `\(defaultName)` when absent.", minLength: 1, maxLength: Limits.faceWord,
        schema: ["format": "word"])

    /// Words that stand where paths have a client.
    static let pathWords: Set<String> = [
        "albums", "bulk-extract", "clusters", "compare", "identify", "merges", "sessions", "users", ".", "..",
    ]

    /// The name of a client to be made, checked.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func checked(_ name: String) throws(HearthError) -> String {
        let name = try CheckedWord.read(name, field: "client", limit: Limits.faceWord)
        guard !pathWords.contains(name), !name.contains("/") else {
            throw HearthError(
                .invalidRequest, "`client` cannot be \"\(name)\", which is a path of the API.",
                hint: "Put something before it, and use no slashes.")
        }
        return name
    }
}

extension FaceClient: SQLDecodable {
    /// Of a table `face_clients c`.
    static let columns: SQL = """
        c.id, c.tenant, c.name, c.requires_consent, c.requires_photo_match, c.attributes, c.created_at, c.updated_at
        """

    init(row: inout SQLRow) throws {
        clientID = try row.next()
        tenant = try row.next()
        name = try row.next()
        requiresConsent = try row.next()
        requiresPhotoMatch = try row.next()
        attributes = try JSONParser.read(Data(row.next(String.self).utf8))
        createdAt = try row.next()
        updatedAt = try row.next()
    }
}
