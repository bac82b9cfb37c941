import Foundation
package import HearthCore
package import HearthJSON
package import HearthVectors

/// Which values of a payload filters can look at.
package enum AttributeRule: Sendable, Equatable {
    /// The named ones, each of its kind. A name is a key of the payload, or the way to it: `offer.price`.
    case declared([String: AttributeKind])
    /// Every text, number and flag at the top of the payload.
    case automatic

    /// Reads `"auto"` or an object from names to kinds.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(_ value: JSONValue?) throws(HearthError) {
        guard let value, !value.isNull else {
            self = .declared([:])
            return
        }
        if value == "auto" {
            self = .automatic
            return
        }
        guard let members = value.objectValue?.members else { throw Self.malformed }
        guard members.count <= Limits.attributes else {
            throw HearthError(
                .invalidRequest, "\(members.count) attributes are declared.", hint: "At most \(Limits.attributes).")
        }
        var kinds: [String: AttributeKind] = [:]
        for member in members {
            guard let kind = member.value.stringValue.flatMap(AttributeKind.init(rawValue:)) else {
                throw Self.malformed
            }
            guard Self.isName(member.key) else {
                throw HearthError(
                    .invalidRequest, "`\(member.key.prefix(80))` cannot be the name of an attribute.",
                    hint: "1 to \(Limits.attributeKeyBytes) bytes, no `$` at the start, not and, or, not.")
            }
            guard kinds.updateValue(kind, forKey: member.key) == nil else { throw Self.twoSpellings(member.key) }
        }
        self = .declared(kinds)
    }

    /// As it was written.
    package var json: JSONValue {
        switch self {
        case .automatic: "auto"
        case .declared(let kinds):
            .object(
                kinds.sorted { $0.key < $1.key }.reduce(into: JSONObject()) {
                    $0[$1.key] = .string($1.value.rawValue)
                })
        }
    }

    /// The attributes of a record with this payload.
    /// - Throws: ``HearthError`` `unprocessable_content` for a value of another kind than was declared.
    package func attributes(of payload: JSONObject?) throws(HearthError) -> [String: AttributeValue] {
        guard let payload else { return [:] }
        var attributes: [String: AttributeValue] = [:]
        switch self {
        case .automatic:
            for member in payload.members {
                guard let attribute = AttributeText.attribute(member.value) else { continue }
                // Their number and length are checked by the code that stores them; here they only must not be compared
                // at any length.
                guard member.key.utf8.count <= Limits.attributeKeyBytes, attributes.count <= Limits.attributes else {
                    throw HearthError(
                        .invalidRequest, "The payload has too many names for filters, or too long ones.",
                        hint: "At most \(Limits.attributes) texts, numbers and flags at the top, with names of up to "
                            + "\(Limits.attributeKeyBytes) bytes; others are kept in an object within.")
                }
                guard attributes.updateValue(attribute, forKey: member.key) == nil else {
                    throw Self.twoSpellings(member.key)
                }
            }
        case .declared(let kinds):
            for (name, kind) in kinds {
                guard let value = Self.value(name, in: payload), !value.isNull else { continue }
                guard let attribute = AttributeText.attribute(value), AttributeKind(attribute) == kind else {
                    throw HearthError(
                        .unprocessable, "`payload.\(name)` is not \(kind.noun).",
                        hint: "The attribute `\(name)` of this collection is declared as \(kind.rawValue).")
                }
                attributes[name] = attribute
            }
        }
        return attributes
    }

    /// The value of a key, or at the end of a way of keys with dots between them.
    private static func value(_ name: String, in payload: JSONObject) -> JSONValue? {
        if let value = payload[name] { return value }
        guard name.contains(".") else { return nil }
        var value: JSONValue? = .object(payload)
        for key in name.split(separator: ".", omittingEmptySubsequences: false) { value = value?[String(key)] }
        return value
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= Limits.attributeKeyBytes && !text.hasPrefix("$")
            && !text.utf8.contains(0) && !["and", "or", "not"].contains(text)
    }

    private static func twoSpellings(_ name: String) -> HearthError {
        HearthError(
            .invalidRequest, "There are two spellings of the name `\(name.prefix(80))`.",
            hint: "Write accented letters in one way, as one character where Unicode has one (NFC).")
    }

    private static let malformed = HearthError(
        .invalidRequest, "`attributes` is neither \"auto\" nor an object from names to kinds.",
        hint: "For example {\"brand\": \"text\", \"price\": \"number\", \"in_stock\": \"flag\"}.")
}

/// What the values of a declared attribute are.
package enum AttributeKind: String, Sendable, Codable, CaseIterable {
    case text, number, flag

    package init(_ value: AttributeValue) {
        self =
            switch value {
            case .text: .text
            case .number: .number
            case .flag: .flag
            }
    }

    /// In a sentence.
    package var noun: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .flag: "true or false"
        }
    }
}

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
        case .int(let number): .number(ExactNumber(number))
        case .double(let number): .number(ExactNumber(number))
        case .null, .array, .object: nil
        }
    }

    /// The JSON value of an attribute; whole numbers are written without a fraction.
    package static func json(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .flag(let flag): .bool(flag)
        case .number(let number): number.integer.map(JSONValue.int) ?? .double(number.rounded)
        }
    }
}
