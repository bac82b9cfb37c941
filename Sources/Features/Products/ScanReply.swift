import HearthCore
import HearthJSON

/// Output of scans and searches.
struct ScanReply: Sendable, Codable, SchemaDescribed {
    var matches: [Match]
    var searched: Searched
    var model: ModelIdentity
    /// Of the text, in a combined search by two models.
    var textModel: ModelIdentity?
    /// Products that the search may have missed because their vectors are still being made.
    var pending: Int
    var isComplete: Bool
    var isCached: Bool
    var compared: Int
    /// What was probably meant, where there was nothing to compare.
    var hint: String?
    var scanID: String?
    var isStored: Bool?
    var timings: Timings

    /// A product, best first.
    struct Match: Sendable, Codable {
        var productID: String
        var externalID: String
        var title: String
        var template: String
        var sourceType: String
        /// Cosine, −1…1, or the weighted mean of two; what counts as the same depends on the model.
        var score: Double
        /// The product's picture that is most like the query.
        var imageID: String?
        var imageScore: Double?
        var textScore: Double?
    }

    /// Milliseconds of each stage.
    struct Timings: Sendable, Codable {
        var decodeMS: Double
        var queueMS: Double
        var computeMS: Double
        var embedMS: Double
        var searchMS: Double
        var totalMS: Double
    }

    /// What the products were looked at by.
    enum Searched: String, Sendable, Codable, CaseIterable {
        case image, text, combined
    }

    static let fields = [
        "matches": FieldNote("Most similar products, best first."),
        "searched": FieldNote("Which vectors of the products were compared: of pictures, of texts, or both."),
        "model": FieldNote("The model that compared them; scores of two models are not comparable."),
        "text_model": FieldNote("The model of the texts in a combined search, when it is another one."),
        "pending": FieldNote(
            "Products whose vectors are still being made, and which the search may have missed; counted up to "
                + "\(Limits.countedPending)."),
        "is_complete": FieldNote(
            "Whether every product was compared: false while some are pending, or while all are embedded by this model "
                + "and no other can answer."),
        "is_cached": FieldNote("Whether the query's embedding was known: no model was asked."),
        "compared": FieldNote("Vectors that were compared."),
        "hint": FieldNote("What was probably meant, where there was nothing to compare: another template."),
        "scan_id": FieldNote("Of the kept scan; its row is made after the answer."),
        "is_stored": FieldNote("Whether the scan is kept; false when it was not wanted or too many wait."),
        "timings": FieldNote("Milliseconds of each stage; decode, queue and compute are the worker's."),
    ]
}
