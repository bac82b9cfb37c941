import HearthCore
import HearthJSON

/// What is to be said of a product, checked; what is nil stays as it is, or has its default in a new one.
struct ProductDraft: Sendable {
    let externalID: String
    var template: String?
    var sourceType: String?
    var title: String?
    var description: String?
    var attributes: ProductAttributes?

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
        if let attributes, !attributes.isNull { self.attributes = try ProductAttributes(attributes) }
    }

    /// A name without control characters.
    static func word(_ text: String, field: String) throws(HearthError) -> String {
        guard (1...Limits.productWord).contains(text.unicodeScalars.count),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw HearthError(
                .invalidRequest, "`\(field)` is empty, too long, or has control characters.",
                hint: "1 to \(Limits.productWord) characters are allowed.")
        }
        return text
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

/// The attributes of a product: a flat JSON object within its limits, in its compact text.
struct ProductAttributes: Sendable, Equatable {
    /// Keys sorted, so that the same attributes are the same text.
    let text: String

    let value: JSONValue

    /// No attributes.
    static let none = ProductAttributes(text: "{}", value: [:])

    private init(text: String, value: JSONValue) {
        self.text = text
        self.value = value
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ value: JSONValue) throws(HearthError) {
        guard let object = value.objectValue else { throw Self.refused("must be an object") }
        guard object.count <= Limits.attributes else { throw Self.refused("are too many (\(object.count))") }
        for member in object.members {
            guard (1...Limits.productAttributeName).contains(member.key.unicodeScalars.count) else {
                throw Self.refused("have a name that is empty or too long")
            }
            switch member.value {
            case .string, .int, .bool: break
            case .double(let number) where number.isFinite: break
            default: throw Self.refused("must be flat: `\(member.key)` is not a text, a number, true or false")
            }
        }
        // Filters know an attribute by its name as a `String`, which has one value for all spellings of a letter.
        guard Set(object.keys).count == object.count else { throw Self.refused("have two spellings of one name") }
        let sorted = JSONValue.object(object.sortedByKey())
        let bytes = sorted.encoded()
        guard bytes.count <= Limits.attributeBytes else { throw Self.refused("have \(bytes.count) bytes") }
        text = String(decoding: bytes, as: UTF8.self)
        self.value = sorted
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The `attributes` \(problem).",
            hint: "At most \(Limits.attributes) names with texts, numbers or flags, and "
                + "\(Limits.attributeBytes) bytes in all.")
    }
}
