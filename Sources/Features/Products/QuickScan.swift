import HearthCore
import HearthJSON

/// Input of `products.quick_scan`.
struct QuickScan: Sendable, Codable, SchemaDescribed {
    var text: String?
    var template: String?
    var sourceType: String?
    var filter: JSONValue?
    var k: Int?
    var minScore: Double?
    var threshold: Double?
    var store: Bool?

    static let fields = searchFields.merging([
        "text": FieldNote("Words beside the picture: both are searched, by the template's weights.", minLength: 1),
        "store": FieldNote("Whether the scan and its embedding are kept; true when absent."),
    ]) { first, _ in first }
}

/// Input of `products.search`.
struct SearchProducts: Sendable, Codable, SchemaDescribed {
    var text: String
    var template: String?
    var sourceType: String?
    var filter: JSONValue?
    var k: Int?
    var minScore: Double?
    var threshold: Double?

    static let fields = searchFields.merging([
        "text": FieldNote(
            "What is looked for. With a model of two towers the pictures are searched, else the texts.", minLength: 1,
            example: "oat drink")
    ]) { first, _ in first }
}

private let searchFields = [
    "template": FieldNote(
        "Only products of this template; its weights hold.", minLength: 1, schema: ["format": "word"]),
    "source_type": FieldNote("Only products of this source type.", minLength: 1, schema: ["format": "word"]),
    "filter": productFilterField,
    "k": FieldNote("Most matches wanted; 5 when absent.", minimum: 1, maximum: Double(Limits.scanMatches)),
    "min_score": FieldNote("Matches below this score are left out.", minimum: -1, maximum: 1),
    "threshold": FieldNote("The same as `min_score`.", minimum: -1, maximum: 1),
]
