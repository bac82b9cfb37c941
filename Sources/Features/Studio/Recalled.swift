import HearthCore
import HearthJSON

/// Output of `studio.recall`.
struct Recalled: Sendable, Codable, SchemaDescribed {
    var matches: [Match]
    var model: ModelIdentity
    /// Cosine from which a match counts as the same character, among as many anchors as were compared; nil when the
    /// model names none.
    var matchThreshold: Double?
    /// Anchors that were compared.
    var compared: Int
    /// Anchors that could not be compared because their vectors are still being made.
    var pending: Int
    var isComplete: Bool
    var timings: Timings

    /// A character, best first.
    struct Match: Sendable, Codable {
        var characterID: String
        var name: String
        var project: String
        /// What prompts call it by, without the at sign.
        var handle: String
        /// Whether it was made from a generated video and is not confirmed yet.
        var isProvisional: Bool
        /// The character's picture that is most like the query.
        var anchorID: String
        /// Cosine, −1…1; what counts as the same depends on the model.
        var score: Double
        /// Whether the score reaches the model's threshold; nil when it names none.
        var isMatch: Bool?
    }

    /// Milliseconds of each stage.
    struct Timings: Sendable, Codable {
        var decodeMS: Double
        var queueMS: Double
        var computeMS: Double
        var searchMS: Double
        var totalMS: Double
    }

    static let fields = [
        "matches": FieldNote(
            "Most similar characters, best first; `is_match` says whether one counts as the character of the picture."),
        "match_threshold": FieldNote(
            "Score from which `is_match` is true, lower where few anchors were compared; both are absent when the "
                + "model names no threshold."),
        "model": FieldNote("The model that compared them; scores of two models are not comparable."),
        "compared": FieldNote("Anchors that were compared."),
        "pending": FieldNote(
            "Anchors whose vector is still being made, and which were not compared; counted up to "
                + "\(Limits.countedPending)."),
        "is_complete": FieldNote("Whether every anchor was compared that can be: false while some are pending."),
        "timings": FieldNote("Milliseconds of each stage; decode, queue and compute are the worker's."),
    ]
}
