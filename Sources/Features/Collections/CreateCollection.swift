import HearthCore
import HearthJSON
import HearthVectors

/// Input of `collections.create`.
struct CreateCollection: Sendable, Codable, SchemaDescribed {
    var name: String
    var dims: Int?
    var model: String?
    var metric: String?
    var attributes: JSONValue?
    var metadata: JSONValue?
    var getOrCreate: Bool?

    static let fields = [
        "name": FieldNote(
            "Unique within the tenant; letters, digits, dots, dashes and underscores.", minLength: 1,
            example: "products"),
        "dims": FieldNote(
            "Length of the vectors; absent: the model's, or that of the first vector.", minimum: 1,
            maximum: Double(Limits.vectorDims)),
        "model": FieldNote("The model that embeds texts and pictures sent in place of vectors."),
        "metric": FieldNote("`cosine` (when absent), `dot` or `euclidean`."),
        "attributes": FieldNote(
            "Payload fields that filters can look at: names to `text`, `number` or `flag`; or \"auto\" for all.",
            example: ["brand": "text", "price": "number"]),
        "metadata": FieldNote("Your own words about the collection: an object."),
        "get_or_create": FieldNote("Whether an existing collection of this name is given back instead of refused."),
    ]

    func metricChosen() throws(HearthError) -> VectorMetric {
        guard let metric else { return .cosine }
        guard let chosen = VectorMetric(rawValue: metric) else {
            throw HearthError(
                .invalidRequest, "There is no metric \"\(metric.prefix(40))\".",
                hint: "There are: \(VectorMetric.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return chosen
    }
}
