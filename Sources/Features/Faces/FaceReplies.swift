import HearthCore
import HearthInference
import HearthJSON

/// Where the time of an answer went, in milliseconds.
struct FaceStageTimes: Sendable, Codable, SchemaDescribed {
    var decodeMS: Double
    var queueMS: Double
    var detectMS: Double
    var alignMS: Double
    var embedMS: Double
    var compareMS: Double
    var totalMS: Double

    static let fields = [
        "decode_ms": FieldNote("Reading the picture; 0 when it was seen before."),
        "compare_ms": FieldNote("Comparing the templates, or searching the gallery."),
        "total_ms": FieldNote("From the call to the answer."),
    ]

    init(_ read: [FaceTimings], compare: Duration, since start: ContinuousClock.Instant) {
        func sum(_ part: (FaceTimings) -> Duration) -> Double {
            read.reduce(0) { $0 + part($1).fractionalMilliseconds }
        }
        decodeMS = sum(\.decode)
        queueMS = sum(\.queue)
        detectMS = sum(\.detect)
        alignMS = sum(\.align)
        embedMS = sum(\.embed)
        compareMS = compare.fractionalMilliseconds
        totalMS = (ContinuousClock.now - start).fractionalMilliseconds
    }
}

/// Input of `faces.verify`.
struct VerifyFace: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var rate: FaceRate?
    var threshold: Double?
    var best: Int?
    var sessionID: String?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field, "rate": FaceRate.field,
        "threshold": FieldNote("A cosine in the place of a rate.", minimum: -1, maximum: 1),
        "best": FieldNote(
            "The similarity is the mean of so many of the best templates; 3 when absent.", minimum: 1,
            maximum: Double(Limits.bestTemplates)),
        "session_id": FieldNote(
            "A session for verifying that has ended, in the place of a picture.", schema: ["format": "uuid"]),
    ]
}

/// Output of `faces.verify`.
struct VerifyReply: Sendable, Codable, SchemaDescribed {
    var verified: Bool
    /// Nil where the caller must not learn how close a failed one was.
    var similarity: Double?
    var thresholdUsed: Double
    var fmrAtThreshold: Double?
    var fmrPairs: Int?
    /// Whether the face is closer to what was said not to be this person.
    var isNegative: Bool
    /// Templates that were compared.
    var compared: Int
    var model: ModelIdentity
    var detector: ModelIdentity
    var liveness: LivenessLevel
    var isCached: Bool
    var region: PictureRegion?
    var timings: FaceStageTimes?

    static let fields = [
        "verified": FieldNote("Whether the face is taken for the user's."),
        "similarity": FieldNote("Cosine, the mean of the best templates."),
        "threshold_used": FieldNote("The cosine from which on it is."),
        "fmr_at_threshold": FieldNote(
            "How many strangers reach the threshold, at most, as a fraction; absent where it was not measured."),
        "fmr_pairs": FieldNote("How many pairs of strangers that was measured on."),
        "is_negative": FieldNote("The face is closer to what was said not to be this person; it is refused then."),
        "compared": FieldNote("Templates that were compared."),
        "model": FieldNote("What made the templates, with its digest."),
        "liveness": LivenessLevel.field,
        "is_cached": FieldNote("The picture was seen before: no model was asked."),
        "region": FieldNote("The face, in fractions of the picture's width and height."),
    ]
}

/// Input of `faces.identify`.
struct IdentifyFace: Sendable, Codable, SchemaDescribed {
    var client: String?
    var vector: JSONValue?
    var rate: FaceRate?
    var threshold: Double?
    var margin: Double?
    var limit: Int?

    static let fields = [
        "client": FaceClient.field,
        "vector": FieldNote(
            "A template of the current model in the place of a picture: numbers, or base64 of little-endian float32.",
            schema: ["type": ["array", "string"], "items": ["type": "number"]]),
        "rate": FaceRate.field,
        "threshold": FieldNote(
            "A cosine in the place of a rate; it does not rise with the gallery.", minimum: -1, maximum: 1),
        "margin": FieldNote(
            "How much more similar the best person must be than the second; \(Limits.identifyMargin) when absent.",
            minimum: 0, maximum: 1),
        "limit": FieldNote(
            "Candidates above the threshold that are named; 5 when absent.", minimum: 1,
            maximum: Double(Limits.identifyCandidates)),
    ]
}

/// A person who may be meant.
struct FaceCandidate: Sendable, Codable, SchemaDescribed {
    var externalUserID: String
    var similarity: Double

    static let fields = ["similarity": FieldNote("Cosine with the closest template.")]
}

/// Output of `faces.identify`.
struct IdentifyReply: Sendable, Codable, SchemaDescribed {
    /// Nil: unknown.
    var user: FaceCandidate?
    var reason: IdentifyDecision.Reason?
    var candidates: [FaceCandidate]
    var thresholdUsed: Double
    var marginUsed: Double
    var fmrAtThreshold: Double?
    var fmrPairs: Int?
    /// Templates that were compared.
    var gallery: Int
    var model: ModelIdentity
    var detector: ModelIdentity
    var liveness: LivenessLevel
    var isCached: Bool
    var region: PictureRegion?
    var timings: FaceStageTimes

    static let fields = [
        "user": FieldNote("Who it is; absent for an unknown person, which is a normal answer."),
        "reason": FieldNote("Why it is unknown: `below_threshold`, `ambiguous` or `empty_gallery`."),
        "candidates": FieldNote("All above the threshold, best first."),
        "threshold_used": FieldNote("It rises with the number of templates."),
        "fmr_at_threshold": FieldNote(
            "How many strangers reach the threshold in one comparison, at most; absent where it was not measured."),
        "gallery": FieldNote("Templates that were compared: all of the client."),
        "model": FieldNote("What made the templates, with its digest."), "liveness": LivenessLevel.field,
        "is_cached": FieldNote("The picture was seen before: no model was asked."),
        "region": FieldNote("The face, in fractions of the picture's width and height."),
    ]
}

/// Input of `faces.compare`.
struct CompareFaces: Sendable, Codable, SchemaDescribed {
    var client: String?
    var otherBase64: String
    var rate: FaceRate?
    var threshold: Double?

    static let fields = [
        "client": FaceClient.field,
        "other_base64": FieldNote(
            "The second picture in base64.", schema: ["contentEncoding": "base64", "format": "picture-base64"]),
        "rate": FaceRate.field,
        "threshold": FieldNote("A cosine in the place of a rate.", minimum: -1, maximum: 1),
    ]
}

/// Output of `faces.compare`.
struct CompareReply: Sendable, Codable, SchemaDescribed {
    var isSame: Bool
    var similarity: Double
    var thresholdUsed: Double
    var fmrAtThreshold: Double?
    var fmrPairs: Int?
    var model: ModelIdentity
    var detector: ModelIdentity
    var region: PictureRegion
    var otherRegion: PictureRegion
    var isCached: Bool
    var timings: FaceStageTimes

    static let fields = [
        "is_same": FieldNote("Whether both show one person, by the threshold."),
        "similarity": FieldNote("Cosine of the largest faces of both pictures."),
        "region": FieldNote("The face of the first picture."),
        "other_region": FieldNote("The face of the second picture."),
        "is_cached": FieldNote("Both pictures were seen before: no model was asked."),
    ]
}
