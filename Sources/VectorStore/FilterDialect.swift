/// How a protocol writes filters: which words it has, and how strict it is. The meaning of a word is Hearth's.
package struct FilterDialect: Sendable {
    /// What the filter is called in a request, for messages.
    package let field: String
    /// Words that join filters, as they are written: `and`, `or`, `not`, or the same with a `$`.
    package let joins: [String]
    /// Operators as they are written: `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `nin`, `exists`, or with a `$`.
    package let operators: [String]
    /// Whether each word may also be written with a `$`.
    package let takesDollar: Bool
    /// Whether each object has one member only.
    package let hasOneMember: Bool
    /// Whether the filter may be a text with JSON in it, as in a query string.
    package let takesText: Bool

    package init(
        field: String, joins: [String], operators: [String], takesDollar: Bool = false, hasOneMember: Bool = false,
        takesText: Bool = false
    ) {
        self.field = field
        self.joins = joins
        self.operators = operators
        self.takesDollar = takesDollar
        self.hasOneMember = hasOneMember
        self.takesText = takesText
    }

    /// `{"brand": "x", "price": {"gte": 5}, "or": [...], "not": {...}}`, each word also with a `$`.
    package static let hearth = FilterDialect(
        field: "filter", joins: ["and", "or", "not"],
        operators: ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "exists"], takesDollar: true, takesText: true)

    /// The join that a key means, without its `$`; nil for an attribute.
    func join(_ key: String) -> String? { word(key, among: joins) }

    /// The operator that a key means, without its `$`; nil for none.
    func `operator`(_ key: String) -> String? { word(key, among: operators) }

    private func word(_ key: String, among words: [String]) -> String? {
        let plain = key.hasPrefix("$") ? String(key.dropFirst()) : key
        return words.contains(key) || (takesDollar && words.contains(plain)) ? plain : nil
    }

    /// What the operators are, for messages.
    var operatorHint: String { "There are \(operators.joined(separator: ", "))." }
}
