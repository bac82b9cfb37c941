/// What a type says about one of its fields beyond the field's Swift type: shown in the schema, held by validation.
package struct FieldNote: Sendable {
    /// One sentence for people and for language models that call the operation.
    package var description: String
    /// Smallest and largest number allowed.
    package var minimum: Double?
    package var maximum: Double?
    /// Shortest and longest text in Unicode scalars, or fewest and most elements of an array.
    package var minLength: Int?
    package var maxLength: Int?
    package var example: JSONValue?

    package init(
        _ description: String, minimum: Double? = nil, maximum: Double? = nil, minLength: Int? = nil,
        maxLength: Int? = nil, example: JSONValue? = nil
    ) {
        self.description = description
        self.minimum = minimum
        self.maximum = maximum
        self.minLength = minLength
        self.maxLength = maxLength
        self.example = example
    }
}
