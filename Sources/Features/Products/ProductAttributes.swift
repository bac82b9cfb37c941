import HearthCore
import HearthJSON

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
        guard object.count <= Limits.productAttributes else { throw Self.refused("are too many (\(object.count))") }
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
        let sorted = JSONValue.object(object.sortedByKey())
        let bytes = sorted.encoded()
        guard bytes.count <= Limits.productAttributeBytes else { throw Self.refused("have \(bytes.count) bytes") }
        text = String(decoding: bytes, as: UTF8.self)
        self.value = sorted
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The `attributes` \(problem).",
            hint: "At most \(Limits.productAttributes) names with texts, numbers or flags, and "
                + "\(Limits.productAttributeBytes) bytes in all.")
    }
}
