import HearthCore
import HearthJSON
import HearthJobs

/// Input of `studio.anchors.register`.
struct RegisterAnchor: Sendable, Codable, SchemaDescribed {
    var project: String?
    var name: String
    var role: AnchorRole?
    var wait: Bool?

    static let fields = [
        "project": FieldNote(
            "Identifier or name of the project; made when no project has the name. `default` when absent.",
            minLength: 1, example: "Lantern Woods", schema: ["format": "name"]),
        "name": FieldNote(
            "The character's name; made when there is none.", minLength: 1, example: "Mira",
            schema: ["format": "name"]),
        "role": roleField, "wait": JobWaiter.field,
    ]
}

/// Input of `studio.characters.anchors.register`.
struct RegisterCharacterAnchor: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var role: AnchorRole?
    var wait: Bool?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "role": roleField, "wait": JobWaiter.field,
    ]
}

/// Output of a registration: the picture is on disk, its vector follows.
struct RegisteredAnchor: Sendable, Codable, SchemaDescribed {
    var anchorID: String
    var characterID: String
    var projectID: String
    var jobID: String
    var websocketURL: String
    /// False when the character had the same picture already.
    var isNew: Bool
    /// Whether recall finds it.
    var isRemembered: Bool
    /// Of the job, when the caller has waited for it.
    var status: JobState?
    /// Why the job has failed, when it has.
    var failure: String?

    static let fields = [
        "job_id": FieldNote("The job that extracts the vector."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
        "is_new": FieldNote("False when the character had the very same picture already; nothing was added then."),
        "is_remembered": FieldNote("Whether its vector is there, so that recall finds it."),
        "status": FieldNote("State of the job; only with `wait`."),
        "failure": FieldNote("Why the job has failed, when it has; the picture stays. Only with `wait`."),
    ]

    init(_ anchor: Anchor, isNew: Bool) {
        anchorID = anchor.anchorID
        characterID = anchor.characterID
        projectID = anchor.projectID
        jobID = anchor.jobID
        websocketURL = JobTicket.webSocketPath(of: anchor.jobID)
        self.isNew = isNew
        isRemembered = anchor.isRemembered
    }
}

private let roleField = FieldNote("Which view of the character it is; `primary` when absent.")
