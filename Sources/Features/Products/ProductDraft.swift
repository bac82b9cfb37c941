import HearthCore
import HearthJSON
import HearthVectorStore

/// What is to be said of a product, checked; what is nil stays as it is, or has its default in a new one.
struct ProductDraft: Sendable {
    let externalID: String
    var template: String?
    var sourceType: String?
    var title: String?
    var description: String?
    var attributes: FlatAttributes?

    /// Bytes of the title, the description and the attributes.
    var textBytes: Int {
        (title?.utf8.count ?? 0) + (description?.utf8.count ?? 0) + (attributes?.text.utf8.count ?? 0)
    }

    /// Template and source type of a product that names none.
    static let defaultWord = "default"

    /// - Throws: ``HearthError`` `invalid_request`.
    init(
        externalID: String, template: String?, sourceType: String?, title: String?, description: String?,
        attributes: JSONValue?
    ) throws(HearthError) {
        self.externalID = try Self.word(externalID, field: "external_id")
        self.template = try Self.optionalWord(template, field: "template")
        self.sourceType = try Self.optionalWord(sourceType, field: "source_type")
        self.title = try Self.text(title, field: "title", limit: Limits.productTitle)
        self.description = try Self.text(description, field: "description", limit: Limits.productDescription)
        if let attributes, !attributes.isNull { self.attributes = try FlatAttributes(attributes) }
    }

    /// A name without control characters.
    static func word(_ text: String, field: String) throws(HearthError) -> String {
        try CheckedWord.read(text, field: field, limit: Limits.productWord)
    }

    static func optionalWord(_ text: String?, field: String) throws(HearthError) -> String? {
        guard let text else { return nil }
        return try word(text, field: field)
    }

    private static func text(_ text: String?, field: String, limit: Int) throws(HearthError) -> String? {
        guard let text else { return nil }
        guard text.unicodeScalars.count <= limit, !text.unicodeScalars.contains("\0") else {
            throw HearthError(
                .invalidRequest, "`\(field)` is too long or has a NUL.", hint: "At most \(limit) characters.")
        }
        return text
    }
}
