import HearthCore
import HearthInference
import HearthJSON

/// How a session has ended, for who has made it: similarities are in it, and go to no camera.
struct SessionOutcome: Sendable, Codable, SchemaDescribed {
    var isSuccess: Bool
    /// Why it is none: how it ended, `old_photo_differs`, `not_verified`, or the code of an error.
    var reason: String?
    /// Frames that were looked at.
    var frames: Int
    /// How a new template compares with the old photo; nil where nothing was compared.
    var oldPhoto: OldPhotoMatch?
    var template: FaceTemplate?
    var verification: VerifyReply?
    var liveness: LivenessLevel

    static let fields = [
        "is_success": FieldNote("Whether the user is enrolled, or verified."),
        "reason": FieldNote(
            "Why not: `expired`, `cancelled`, `exhausted`, `flooded`, `old_photo_differs`, "
                + "`old_photo_not_ready`, `not_verified`, or the code of an error."),
        "frames": FieldNote("Frames that were looked at."),
        "old_photo": FieldNote("How the new template compares with the old photo."),
        "template": FieldNote("The new template."), "verification": FieldNote("Of a session for verifying."),
        "liveness": LivenessLevel.field,
    ]
}

/// How a new template compares with the old photo.
struct OldPhotoMatch: Sendable, Codable, SchemaDescribed {
    /// Whether both could be compared.
    enum State: String, Sendable, Codable, CaseIterable {
        case matches
        case differs
        /// There is a photo, and no template of it by the current model.
        case notReady = "not_ready"
        /// No strategy has found a good face in it: it is not compared.
        case unusable
        case none
    }

    var state: State
    var similarity: Double?
    var thresholdUsed: Double?

    static let fields = [
        "state": FieldNote(
            "`matches`, `differs`, `not_ready` while the photo waits, `unusable` without a face in it, `none`."),
        "similarity": FieldNote("Cosine."), "threshold_used": FieldNote("From which on both are one person."),
    ]
}

/// Output of `faces.sessions.create`: the only place that shows the token.
struct NewSession: Sendable, Codable, SchemaDescribed {
    var sessionID: String
    var token: String
    var purpose: SessionPurpose
    var challenge: [FacePose]
    var expiresAt: Int64
    var maximumFrames: Int
    var framesPerSecond: Int
    /// The job that looks at the old photo, when it has to.
    var photoJobID: String?

    static let fields = [
        "token": FieldNote("Opens the session once; it is shown nowhere else."),
        "challenge": FieldNote("How the head is to be held, in this order; the nose points to that side of the frame."),
        "expires_at": FieldNote("Milliseconds since 1970."),
        "maximum_frames": FieldNote("Frames that are looked at."),
        "frames_per_second": FieldNote("Frames a second that are looked at; others are dropped."),
        "photo_job_id": FieldNote("The job that looks at the old photo, when it has to."),
    ]
}

/// Output of `faces.sessions.get` and of what ends a session.
struct ShownSession: Sendable, Codable, SchemaDescribed {
    /// How far a session is.
    enum State: String, Sendable, Codable, CaseIterable {
        /// It waits for its token.
        case created
        /// A camera sends frames.
        case open
        case ended
        /// Its time was over before it had ended.
        case expired
    }

    var sessionID: String
    var externalUserID: String
    var purpose: SessionPurpose
    var challenge: [FacePose]
    var state: State
    var createdAt: Int64
    var expiresAt: Int64
    var outcome: SessionOutcome?

    static let fields = [
        "state": FieldNote("`created`, `open`, `ended` or `expired`."),
        "created_at": FieldNote("Milliseconds since 1970."), "expires_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// Input of `faces.sessions.create`.
struct CreateSession: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var purpose: SessionPurpose?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field,
        "purpose": FieldNote("`enrol` makes a template, `verify` compares with those there are; `enrol` when absent."),
    ]
}

/// A session by its identifier.
struct SessionReference: Sendable, Codable, SchemaDescribed {
    var sessionID: String

    static let fields = ["session_id": FieldNote("Identifier of a session.", schema: ["format": "uuid"])]
}
