import HearthCore
import HearthJSON
import HearthTesting

/// Makes inputs from a schema: most of them as it allows, some with a flaw somewhere.
struct SchemaSample {
    private var random: RepeatableRandom
    private var isFlawed = false

    init(random: RepeatableRandom) { self.random = random }

    /// A value, and whether the schema allows it.
    mutating func value(of schema: JSONValue) -> (value: JSONValue, isAllowed: Bool) {
        isFlawed = false
        let value = make(schema)
        return (value, !isFlawed)
    }

    private mutating func make(_ schema: JSONValue) -> JSONValue {
        let wantsFlaw = random.chance(4)
        if wantsFlaw { isFlawed = true }
        if let words = schema["enum"]?.arrayValue {
            return wantsFlaw ? "nonsense" : words.randomElement(using: &random) ?? .null
        }
        switch schema["type"]?.stringValue {
        case "string": return wantsFlaw ? badText(schema) : text(schema)
        case "integer": return wantsFlaw ? badInteger(schema) : integer(schema)
        case "number": return wantsFlaw ? badNumber(schema) : number(schema)
        case "boolean": return wantsFlaw ? random.chance(50) ? "true" : 1 : .bool(random.chance(50))
        case "array": return wantsFlaw ? badArray(schema) : array(schema)
        default: return wantsFlaw ? random.chance(50) ? [] : "text" : object(schema)
        }
    }

    private mutating func object(_ schema: JSONValue) -> JSONValue {
        var object = JSONObject()
        if let other = schema["additionalProperties"], other != false {
            for number in 0..<Int.random(in: 0...2, using: &random) { object["key \(number)"] = make(other) }
        }
        let required = schema["required"]?.arrayValue ?? []
        for member in schema["properties"]?.objectValue?.members ?? [] {
            let isRequired = required.contains(.string(member.key))
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where random.chance(20) || !isRequired:
                if isRequired { isFlawed = true }
            case 1 where random.chance(20) || !isRequired:
                object[member.key] = .null
                if isRequired { isFlawed = true }
            default: object[member.key] = make(member.value)
            }
        }
        // A dictionary takes any field, and everything else only its own.
        if schema["additionalProperties"] == false, random.chance(5) {
            object["unknown"] = [1, "two"]
            isFlawed = true
        }
        return .object(object)
    }

    private mutating func text(_ schema: JSONValue) -> JSONValue {
        let longest = Int(schema["maxLength"]?.integerValue ?? 12)
        let length = Int.random(in: Int(schema["minLength"]?.integerValue ?? 0)...longest, using: &random)
        return .string(String((0..<length).compactMap { _ in "aé漢 \"\\".randomElement(using: &random) }))
    }

    private mutating func badText(_ schema: JSONValue) -> JSONValue {
        switch (schema["maxLength"]?.integerValue, schema["minLength"]?.integerValue) {
        case (let longest?, _) where random.chance(40): .string(String(repeating: "é", count: Int(longest) + 1))
        case (_, let shortest?) where shortest > 0 && random.chance(40): ""
        default: random.chance(50) ? 7 : ["text"]
        }
    }

    private mutating func integer(_ schema: JSONValue) -> JSONValue {
        let bounds = (schema["minimum"]?.integerValue ?? -1_000, schema["maximum"]?.integerValue ?? 1_000)
        let value = Int64.random(in: bounds.0...bounds.1, using: &random)
        // `3.0` is the same number as `3`.
        return random.chance(10) ? .double(Double(value)) : .int(value)
    }

    private mutating func badInteger(_ schema: JSONValue) -> JSONValue {
        switch (schema["minimum"]?.integerValue, schema["maximum"]?.integerValue) {
        case (let smallest?, _) where random.chance(40): .int(smallest - 1)
        case (_, let largest?) where random.chance(40): .int(largest + 1)
        default: random.chance(50) ? 1.5 : "1"
        }
    }

    private mutating func number(_ schema: JSONValue) -> JSONValue {
        let bounds = (schema["minimum"]?.doubleValue ?? -10, schema["maximum"]?.doubleValue ?? 10)
        return .double(Double.random(in: bounds.0...bounds.1, using: &random))
    }

    private mutating func badNumber(_ schema: JSONValue) -> JSONValue {
        guard let largest = schema["maximum"]?.doubleValue, random.chance(60) else { return "0.5" }
        return .double(largest + 0.5)
    }

    private mutating func array(_ schema: JSONValue) -> JSONValue {
        let items = schema["items"] ?? [:]
        return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in make(items) })
    }

    private mutating func badArray(_ schema: JSONValue) -> JSONValue {
        guard let most = schema["maxItems"]?.integerValue, random.chance(60) else { return "text" }
        return .array(Array(repeating: "x", count: Int(most) + 1))
    }
}
