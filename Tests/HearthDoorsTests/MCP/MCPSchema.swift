import Foundation
import HearthJSON
import HearthTesting

@testable import HearthDoors

/// The official schemas of the protocol, and a check by them that knows all that they use.
struct MCPSchema {
    /// Where they lie below the shared folder.
    static let folder = "data/mcp-schema"

    private let definitions: JSONValue

    /// 2024-11-05 has no file there: its messages are those of 2025-03-26 with less.
    init(_ version: MCPVersion) throws {
        let file = version == .november2024 ? MCPVersion.march2025 : version
        let bytes = try Data(contentsOf: SharedData.url("\(Self.folder)/\(file.rawValue)/schema.json"))
        let document = try JSONParser.parse(bytes, maximumDepth: 64)
        definitions = document["$defs"] ?? document["definitions"] ?? .null
    }

    /// What is wrong with a value as one of the schema's types; none: nothing is.
    func problems(_ value: JSONValue, as type: String) -> [String] {
        guard let schema = definitions[type] else { return ["The schema has no type \(type)."] }
        return check(value, schema, at: type)
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        if let reference = schema["$ref"]?.stringValue, let name = reference.split(separator: "/").last {
            return definitions[String(name)].map { check(value, $0, at: path) } ?? ["\(path): no \(name)"]
        }
        var problems: [String] = []
        if let type = schema["type"], !Self.isOf(type, value) { return ["\(path) is not \(type.encodedText())"] }
        if let constant = schema["const"], constant != value { problems.append("\(path) is not \(constant)") }
        if let words = schema["enum"]?.arrayValue, !words.contains(value) { problems.append("\(path) is no such word") }
        for part in schema["allOf"]?.arrayValue ?? [] { problems += check(value, part, at: path) }
        for key in ["anyOf", "oneOf"] {
            guard let parts = schema[key]?.arrayValue else { continue }
            let found = parts.map { check(value, $0, at: path) }
            if !found.contains(where: \.isEmpty) { problems.append("\(path) is none of \(found.prefix(4))") }
        }
        switch value {
        case .object(let object): problems += check(object, schema, at: path)
        case .array(let elements):
            if let most = schema["maxItems"]?.integerValue, elements.count > most {
                problems.append("\(path) too long")
            }
            guard let items = schema["items"] else { break }
            for (index, element) in elements.enumerated() { problems += check(element, items, at: "\(path)[\(index)]") }
        case .string(let text) where schema["format"] == "byte":
            if Data(base64Encoded: text) == nil { problems.append("\(path) is no base64") }
        case .string(let text) where schema["format"] == "uri":
            if !text.contains(":") { problems.append("\(path) is no address") }
        case .int, .double:
            let number = value.doubleValue ?? 0
            if let least = schema["minimum"]?.doubleValue, number < least { problems.append("\(path) is too small") }
            if let most = schema["maximum"]?.doubleValue, number > most { problems.append("\(path) is too large") }
        default: break
        }
        return problems
    }

    private func check(_ object: JSONObject, _ schema: JSONValue, at path: String) -> [String] {
        var problems: [String] = []
        for name in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where object[name] == nil {
            problems.append("\(path).\(name) is missing")
        }
        for member in object.members {
            let here = "\(path).\(member.key)"
            if let property = schema["properties"]?[member.key] {
                problems += check(member.value, property, at: here)
            } else if let others = schema["additionalProperties"] {
                if others == false {
                    problems.append("\(here) is not allowed")
                } else if others.objectValue != nil {
                    problems += check(member.value, others, at: here)
                }
            }
        }
        return problems
    }

    private static func isOf(_ type: JSONValue, _ value: JSONValue) -> Bool {
        if let types = type.arrayValue { return types.contains { isOf($0, value) } }
        switch type.stringValue {
        case "object": return value.objectValue != nil
        case "array": return value.arrayValue != nil
        case "string": return value.stringValue != nil
        case "boolean": return value.boolValue != nil
        case "null": return value.isNull
        case "integer": return value.integerValue != nil
        case "number": return value.doubleValue != nil
        default: return false
        }
    }
}
