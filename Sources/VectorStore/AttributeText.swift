import Foundation
package import HearthCore
package import HearthJSON
package import HearthVectors

/// Attributes as rows hold them: one flat JSON object with its keys in order, or null when there are none.
package enum AttributeText {
    /// The text of a row.
    package static func encode(_ attributes: [String: AttributeValue]) -> String? {
        guard !attributes.isEmpty else { return nil }
        var object = JSONObject()
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { object[key] = json(value) }
        return JSONValue.object(object).encodedText()
    }

    /// The attributes of a row's text. What is neither text, number nor flag is left out.
    package static func decode(_ text: String?) throws(HearthError) -> [String: AttributeValue] {
        guard let text else { return [:] }
        let value = try JSONParser.read(Data(text.utf8))
        var attributes: [String: AttributeValue] = [:]
        for member in value.objectValue?.members ?? [] {
            attributes[member.key] = attribute(member.value)
        }
        return attributes
    }

    /// The attribute that a JSON value is; nil for null, arrays and objects.
    package static func attribute(_ value: JSONValue) -> AttributeValue? {
        switch value {
        case .string(let text): .text(text)
        case .bool(let flag): .flag(flag)
        case .int, .double: value.doubleValue.map(AttributeValue.number)
        case .null, .array, .object: nil
        }
    }

    /// The JSON value of an attribute; whole numbers are written without a fraction.
    package static func json(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .flag(let flag): .bool(flag)
        case .number(let number):
            // 2^53: beyond it a double no longer tells neighbours apart.
            number.magnitude <= 9_007_199_254_740_992 && number.rounded() == number
                ? .int(Int64(number)) : .double(number)
        }
    }
}
