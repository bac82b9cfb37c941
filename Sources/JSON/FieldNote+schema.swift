extension FieldNote {
    /// The schema of a field with this note; nil when a bound has no meaning for the field's type.
    func added(to field: JSONValue) -> JSONValue? {
        var field = field
        let kind = field["type"]?.stringValue
        field["description"] = .string(description)
        if minimum != nil || maximum != nil {
            guard kind == "integer" || kind == "number" else { return nil }
            if let minimum { field["minimum"] = Self.number(minimum) }
            if let maximum { field["maximum"] = Self.number(maximum) }
        }
        if minLength != nil || maxLength != nil {
            guard kind == "string" || kind == "array" else { return nil }
            if let minLength { field[kind == "string" ? "minLength" : "minItems"] = .int(Int64(minLength)) }
            if let maxLength { field[kind == "string" ? "maxLength" : "maxItems"] = .int(Int64(maxLength)) }
        }
        if let example { field["examples"] = [example] }
        return field
    }

    /// A whole number without a fraction, as people write it.
    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map { .int($0) } ?? .double(value)
    }
}
