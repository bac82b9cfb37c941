import Foundation
package import HearthCore
package import HearthJSON
package import HearthVectors

/// Filters as clients write them in JSON: `{"brand": "x", "price": {"gte": 5}, "or": [...], "not": {...}}`.
///
/// The members of an object must all hold. Another product's protocol brings a ``FilterDialect`` of its own.
package struct FilterLanguage: Sendable {
    private let dialect: FilterDialect
    private let rule: AttributeRule
    private var conditions = 0
    private var joins = 0

    private init(_ dialect: FilterDialect, _ rule: AttributeRule) {
        self.dialect = dialect
        self.rule = rule
    }

    /// Reads a filter; null and absence let everything through.
    /// - Parameter rule: The attributes of the collection: others cannot be asked for.
    /// - Throws: ``HearthError`` `invalid_request` for what is no filter, `unprocessable_content` for attributes that
    ///   are not declared, or of another kind.
    package static func parse(
        _ value: JSONValue?, rule: AttributeRule, dialect: FilterDialect = .hearth
    ) throws(HearthError) -> VectorFilter {
        guard let value, !value.isNull else { return .everything }
        var language = FilterLanguage(dialect, rule)
        // In a query string the filter is a text.
        if dialect.takesText, let text = value.stringValue {
            return try language.filter(JSONParser.read(Data(text.utf8)), at: dialect.field)
        }
        return try language.filter(value, at: dialect.field)
    }

    private mutating func filter(_ value: JSONValue, at place: String) throws(HearthError) -> VectorFilter {
        guard let members = value.objectValue?.members else {
            throw HearthError(.invalidRequest, "`\(place)` must be an object.", hint: Self.example)
        }
        if dialect.hasOneMember, members.count != 1 {
            throw HearthError(
                .invalidRequest, "`\(place)` has \(members.count) members.",
                hint: "One condition or one operator; join conditions by \(dialect.joins.first ?? "and").")
        }
        var filters: [VectorFilter] = []
        for member in members { filters.append(try condition(member, at: "\(place).\(member.key)")) }
        switch filters.count {
        case 0: return .everything
        case 1: return filters[0]
        default: return .all(filters)
        }
    }

    private mutating func condition(
        _ member: JSONObject.Member, at place: String
    ) throws(HearthError) -> VectorFilter {
        if let join = dialect.join(member.key) {
            // Joins within each other may hold no condition at all, so they have a limit of their own.
            try Self.count(&joins, dialect)
            switch join {
            case "and": return .all(try list(member.value, at: place))
            case "or": return .any(try list(member.value, at: place))
            default: return .not(try filter(member.value, at: place))
            }
        }
        try Self.count(&conditions, dialect)
        guard !member.key.hasPrefix("$") else {
            throw HearthError(
                .invalidRequest, "`\(place)` is no operator of this place.",
                hint: "There are \(dialect.joins.joined(separator: ", ")).")
        }
        let kind = try self.kind(of: member.key)
        guard let operators = member.value.objectValue else {
            return .equals(member.key, try attribute(member.value, kind: kind, at: place))
        }
        return try comparison(operators, of: member.key, kind: kind, at: place)
    }

    private static func count(_ parts: inout Int, _ dialect: FilterDialect) throws(HearthError) {
        parts += 1
        guard parts <= Limits.filterConditions else {
            throw HearthError(
                .invalidRequest, "The filter is too long.",
                hint: "At most \(Limits.filterConditions) conditions, and as many of "
                    + "\(dialect.joins.joined(separator: ", ")) around them.")
        }
    }

    private mutating func list(_ value: JSONValue, at place: String) throws(HearthError) -> [VectorFilter] {
        guard let elements = value.arrayValue, !elements.isEmpty else {
            throw HearthError(.invalidRequest, "`\(place)` must be a list of filters, at least one.")
        }
        var filters: [VectorFilter] = []
        for (index, element) in elements.enumerated() {
            filters.append(try filter(element, at: "\(place)[\(index)]"))
        }
        return filters
    }

    /// `{"gte": 5, "lt": 10}`: all of them hold.
    private mutating func comparison(
        _ operators: JSONObject, of name: String, kind: AttributeKind?, at place: String
    ) throws(HearthError) -> VectorFilter {
        guard !operators.isEmpty, !dialect.hasOneMember || operators.count == 1 else {
            throw HearthError(.invalidRequest, "`\(place)` must have an operator.", hint: dialect.operatorHint)
        }
        var filters: [VectorFilter] = []
        for member in operators.members {
            filters.append(
                try single(member.key, member.value, of: name, kind: kind, at: "\(place).\(member.key)"))
        }
        return filters.count == 1 ? filters[0] : .all(filters)
    }

    private func single(
        _ key: String, _ value: JSONValue, of name: String, kind: AttributeKind?, at place: String
    ) throws(HearthError) -> VectorFilter {
        switch dialect.operator(key) {
        case "eq": return .equals(name, try attribute(value, kind: kind, at: place))
        case "ne": return .not(.equals(name, try attribute(value, kind: kind, at: place)))
        case "in": return .isIn(name, try attributes(value, kind: kind, at: place))
        case "nin": return .not(.isIn(name, try attributes(value, kind: kind, at: place)))
        case "gt": return .range(name, lower: try bound(value, false, kind, at: place), upper: nil)
        case "gte": return .range(name, lower: try bound(value, true, kind, at: place), upper: nil)
        case "lt": return .range(name, lower: nil, upper: try bound(value, false, kind, at: place))
        case "lte": return .range(name, lower: nil, upper: try bound(value, true, kind, at: place))
        case "exists":
            guard let wanted = value.boolValue else {
                throw HearthError(.invalidRequest, "`\(place)` must be true or false.")
            }
            return wanted ? .exists(name) : .not(.exists(name))
        default: throw unknown(place)
        }
    }

    private func unknown(_ place: String) -> HearthError {
        HearthError(.invalidRequest, "`\(place)` is no operator.", hint: dialect.operatorHint)
    }

    private func bound(
        _ value: JSONValue, _ isInclusive: Bool, _ kind: AttributeKind?, at place: String
    ) throws(HearthError) -> VectorFilter.Bound {
        guard case .number(let number) = try attribute(value, kind: kind, at: place) else {
            throw HearthError(.unprocessable, "`\(place)` must be a number.", hint: "Only numbers have an order.")
        }
        return VectorFilter.Bound(value: number, isInclusive: isInclusive)
    }

    private func attributes(
        _ value: JSONValue, kind: AttributeKind?, at place: String
    ) throws(HearthError) -> [AttributeValue] {
        guard let elements = value.arrayValue, !elements.isEmpty, elements.count <= Limits.filterValues else {
            throw HearthError(
                .invalidRequest, "`\(place)` must be a list.", hint: "1 to \(Limits.filterValues) values.")
        }
        var values: [AttributeValue] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            values.append(try attribute(element, kind: kind, at: "\(place)[\(index)]"))
        }
        return values
    }

    private func attribute(
        _ value: JSONValue, kind: AttributeKind?, at place: String
    ) throws(HearthError) -> AttributeValue {
        guard let attribute = AttributeText.attribute(value) else {
            throw HearthError(.invalidRequest, "`\(place)` must be a text, a number, true or false.")
        }
        if let kind, AttributeKind(attribute) != kind {
            throw HearthError(.unprocessable, "`\(place)` must be \(kind.noun), as the attribute is declared.")
        }
        return attribute
    }

    /// The declared kind of an attribute; nil when attributes may be of any.
    private func kind(of name: String) throws(HearthError) -> AttributeKind? {
        guard case .declared(let kinds) = rule else { return nil }
        if let kind = kinds[name] { return kind }
        throw HearthError(
            .unprocessable, "This collection has no attribute `\(name.prefix(80))`.",
            hint: kinds.isEmpty
                ? "None is declared: change the collection's `attributes`."
                : "Declared are: \(kinds.keys.sorted().joined(separator: ", ")).")
    }

    private static let example = "For example {\"brand\": \"x\", \"price\": {\"gte\": 5, \"lt\": 10}}."
}

/// How a protocol writes filters: which words it has, and how strict it is. The meaning of a word is Hearth's.
package struct FilterDialect: Sendable {
    /// What the filter is called in a request, for messages.
    package let field: String
    /// Words that join filters, as they are written: `and`, `or`, `not`, or the same with a `$`.
    package let joins: [String]
    /// Operators as they are written: `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `nin`, `exists`, or with a `$`.
    package let operators: [String]
    /// Whether each word may also be written with a `$`.
    private let takesDollar: Bool
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

/// Which documents are meant by the texts in them; case matters.
///
/// Each door reads it from the form that its clients write.
package struct DocumentFilter: Sendable, Equatable {
    /// A condition on one document.
    package indirect enum Condition: Sendable, Equatable {
        /// The text at this place of `words` is in the document.
        case contains(Int)
        case not(Condition)
        /// All of them hold; an empty list always does.
        case all([Condition])
        /// One of them holds.
        case any([Condition])
    }

    /// The texts that are looked for, in order.
    package let words: [String]
    private let root: Condition

    /// - Parameter root: names texts by their places in `words`.
    package init(words: [String], root: Condition) {
        self.words = words
        self.root = root
    }

    /// Whether a document is meant.
    /// - Parameter hasWord: Whether the text at this place is in it; a document that is missing has none.
    package func matches(_ hasWord: (Int) -> Bool) -> Bool { Self.matches(root, hasWord) }

    private static func matches(_ condition: Condition, _ hasWord: (Int) -> Bool) -> Bool {
        switch condition {
        case .contains(let place): hasWord(place)
        case .not(let inner): !matches(inner, hasWord)
        case .all(let conditions): conditions.allSatisfy { matches($0, hasWord) }
        case .any(let conditions): conditions.contains { matches($0, hasWord) }
        }
    }
}
