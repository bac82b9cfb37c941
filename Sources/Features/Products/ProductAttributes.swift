import HearthCore
import HearthJSON

/// The attributes of a product: a flat JSON object within its limits, in its compact text.
struct ProductAttributes: Sendable, Equatable {
    /// Keys sorted, so that the same attributes are the same text.
    let text: String

    /// No attributes.
    static let none = ProductAttributes(text: "{}")

    private init(text: String) { self.text = text }

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
        let bytes = JSONValue.object(object.sortedByKey()).encoded()
        guard bytes.count <= Limits.productAttributeBytes else { throw Self.refused("have \(bytes.count) bytes") }
        text = String(decoding: bytes, as: UTF8.self)
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The `attributes` \(problem).",
            hint: "At most \(Limits.productAttributes) names with texts, numbers or flags, and "
                + "\(Limits.productAttributeBytes) bytes in all.")
    }
}
