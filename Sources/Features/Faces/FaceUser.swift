import HearthCore
import HearthJSON

import struct Foundation.Data

/// A person that a client knows.
struct FaceUser: Sendable, Codable, SchemaDescribed {
    var userID: String
    var client: String
    var externalUserID: String
    var attributes: JSONValue
    var consent: FaceConsent?
    /// Nil: the user has none.
    var photo: OldPhoto?
    /// How many templates there are.
    var templates: Int
    var createdAt: Int64
    var updatedAt: Int64

    static let fields = [
        "user_id": FieldNote("Identifier, UUIDv7."),
        "client": FieldNote("Name of the client."),
        "external_user_id": FieldNote("Your own name for the person, unique within the client."),
        "attributes": FieldNote("Flat: names with texts, numbers, true or false."),
        "consent": FieldNote("Who has agreed to what, and when."),
        "photo": FieldNote("The old profile photo, and how far its extraction is."),
        "templates": FieldNote("How many templates there are of the face."),
        "created_at": FieldNote("Milliseconds since 1970."), "updated_at": FieldNote("Milliseconds since 1970."),
    ]

    /// The field by which calls name a user.
    static let field = FieldNote(
        "Your own name for the person.", minLength: 1, maxLength: Limits.faceWord, example: "12345",
        schema: ["format": "word"])
}

/// That a person has agreed to be recognised.
struct FaceConsent: Sendable, Codable, Equatable, SchemaDescribed {
    /// Who has agreed: the person, or who speaks for them.
    var by: String
    /// Milliseconds since 1970; when it is recorded, if absent.
    var at: Int64?
    /// Which version of the text they have agreed to.
    var textVersion: String

    static let fields = [
        "by": FieldNote("Who has agreed.", minLength: 1, maxLength: Limits.faceWord, schema: ["format": "word"]),
        "at": FieldNote("Milliseconds since 1970; now when absent.", minimum: 0, maximum: 4_102_444_800_000),
        "text_version": FieldNote(
            "Version of the text that was agreed to.", minLength: 1, maxLength: Limits.faceWord, example: "2026-11",
            schema: ["format": "word"]),
    ]

    /// The same, with its words checked and its time.
    /// - Throws: ``HearthError`` `invalid_request`.
    func checked(now: Int64) throws(HearthError) -> FaceConsent {
        FaceConsent(
            by: try CheckedWord.read(by, field: "consent.by", limit: Limits.faceWord), at: at ?? now,
            textVersion: try CheckedWord.read(textVersion, field: "consent.text_version", limit: Limits.faceWord))
    }
}

/// A user's old profile photo.
struct OldPhoto: Sendable, Codable, SchemaDescribed {
    /// How far the extraction of its face is.
    enum State: String, Sendable, Codable, CaseIterable {
        /// A job is to look at it. Can become: extracted, no_face, stale.
        case waiting
        /// It has a template. Can become: waiting (another photo, or a preload after another model), stale.
        case extracted
        /// No strategy has found a good face. Can become: waiting (another photo, or a preload).
        case noFace = "no_face"
        /// The person was enrolled since. Can become: waiting (a preload, or a session that opens).
        case stale
    }

    var photoID: String
    var sha256: String
    var bytes: Int
    var format: String
    var width: Int
    var height: Int
    var state: State
    /// Which strategy has found the face.
    var strategy: String?
    /// Why no face was taken.
    var failure: String?
    var jobID: String?

    static let fields = [
        "photo_id": FieldNote("Identifier of the photo."),
        "sha256": FieldNote("Of its bytes, as they were sent."),
        "state": FieldNote("`waiting`, `extracted`, `no_face`, or `stale` after a newer enrolment."),
        "strategy": FieldNote("The strategy that has found the face."),
        "failure": FieldNote("Why no face was taken."),
        "job_id": FieldNote("The job that looks at it, or has."),
    ]
}

extension OldPhoto.State: SQLColumn {}

/// A user's row with all that is the feature's own.
struct FaceUserRow: Sendable, SQLDecodable {
    var userID: String
    var clientID: String
    var externalUserID: String
    var attributes: String
    var consent: FaceConsent?
    var photo: OldPhoto?
    var photoPath: String?
    /// Rises with each change of the photo and each enrolment: a result of an older one is dropped.
    var photoRevision: Int64
    var createdAt: Int64
    var updatedAt: Int64

    /// Of a table `face_users u`.
    static let columns: SQL = """
        u.id, u.client_id, u.external_user_id, u.attributes, u.consent_by, u.consent_at, u.consent_text, u.photo_id,
          u.photo_path, u.photo_sha256, u.photo_bytes, u.photo_format, u.photo_width, u.photo_height, u.photo_state,
          u.photo_strategy, u.photo_failure, u.photo_job, u.photo_revision, u.created_at, u.updated_at
        """

    init(row: inout SQLRow) throws {
        userID = try row.next()
        clientID = try row.next()
        externalUserID = try row.next()
        attributes = try row.next()
        let (by, at, text) = (try row.next(String?.self), try row.next(Int64?.self), try row.next(String?.self))
        if let by, let text { consent = FaceConsent(by: by, at: at, textVersion: text) }
        let photoID = try row.next(String?.self)
        photoPath = try row.next()
        let (sha256, bytes) = (try row.next(String?.self), try row.next(Int?.self))
        let (format, width, height) = (try row.next(String?.self), try row.next(Int?.self), try row.next(Int?.self))
        let state = try row.next(OldPhoto.State?.self)
        let (strategy, failure, job) = (
            try row.next(String?.self), try row.next(String?.self), try row.next(String?.self)
        )
        if let photoID, let state {
            photo = OldPhoto(
                photoID: photoID, sha256: sha256 ?? "", bytes: bytes ?? 0, format: format ?? "", width: width ?? 0,
                height: height ?? 0, state: state, strategy: strategy, failure: failure, jobID: job)
        }
        photoRevision = try row.next()
        createdAt = try row.next()
        updatedAt = try row.next()
    }

    /// As clients see it.
    func shown(client: String, templates: Int) throws -> FaceUser {
        FaceUser(
            userID: userID, client: client, externalUserID: externalUserID,
            attributes: try JSONParser.read(Data(attributes.utf8)), consent: consent, photo: photo,
            templates: templates, createdAt: createdAt, updatedAt: updatedAt)
    }
}
