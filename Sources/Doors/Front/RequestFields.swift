package import HearthCore
package import HearthHTTP
package import HearthJSON

/// The fields of a request, from a JSON object or a query, by the types that a protocol gives them.
///
/// Null is the same as absent. A value of another type is refused by its name; the texts of a query are read as the
/// types that are asked for.
package struct RequestFields: Sendable {
    package let object: JSONObject
    /// The body's share of the budget: what was read from it is a copy of at least the same size.
    package let reservation: BodyReservation?
    /// Fields whose values are texts that stand for what they read as.
    private let texts: [String]

    package init(_ object: JSONObject, reservation: BodyReservation? = nil) {
        self.object = object
        self.reservation = reservation
        texts = []
    }

    /// - Throws: ``HearthError`` `invalid_request` when it is no object.
    package init(
        _ value: JSONValue, what: String = "The body", reservation: BodyReservation? = nil
    ) throws(HearthError) {
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "\(what) must be a JSON object.")
        }
        self.init(object, reservation: reservation)
    }

    /// - Throws: ``HearthError`` `invalid_request` when it is not UTF-8, or names one field twice.
    package init(query: String) throws(HearthError) { try self.init([:], texts: QueryFields(query).fields) }

    /// A JSON object with the fields of a query or a form beside it.
    /// - Throws: ``HearthError`` `invalid_request` when a field comes twice.
    package init(
        _ object: JSONObject, texts: [(name: String, value: String)], reservation: BodyReservation? = nil
    ) throws(HearthError) {
        var object = object
        for (name, value) in texts {
            guard object.insert(name, .string(value)) else {
                throw HearthError(.invalidRequest, "`\(name.prefix(60))` is given more than once.")
            }
        }
        self.object = object
        self.reservation = reservation
        self.texts = texts.map(\.name)
    }

    /// A field; nil when it is absent or null.
    package subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package func string(_ name: String) throws(HearthError) -> String? {
        try read(name, "a string", \.stringValue, text: { $0 })
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package func bool(_ name: String) throws(HearthError) -> Bool? {
        try read(
            name, "true or false", \.boolValue, text: { ["true": true, "1": true, "false": false, "0": false][$0] })
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package func integer(_ name: String) throws(HearthError) -> Int? {
        try read(name, "an integer", { $0.integerValue.flatMap { Int(exactly: $0) } }, text: { Int($0) })
    }

    /// A whole number from `first` on.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func count(_ name: String, from first: Int = 1) throws(HearthError) -> Int? {
        func check(_ number: Int?) -> Int? { number.flatMap { $0 >= first ? $0 : nil } }
        return try read(
            name, "a whole number from \(first)", { check($0.integerValue.flatMap { Int(exactly: $0) }) },
            text: { check(Int($0)) })
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package func array(_ name: String) throws(HearthError) -> [JSONValue]? {
        try read(name, "an array", \.arrayValue, text: { _ in nil })
    }

    /// The fields of an object within.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func fields(_ name: String) throws(HearthError) -> RequestFields? {
        try read(name, "an object", \.objectValue, text: { _ in nil }).map { RequestFields($0) }
    }

    /// One of the words of a type.
    /// - Throws: ``HearthError`` `invalid_request` with the words that there are.
    package func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Word.Type = Word.self
    ) throws(HearthError) -> Word? where Word.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw HearthError(
                .invalidRequest, "`\(name)` cannot be \"\(text.prefix(40))\".",
                hint: "There are: \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return word
    }

    /// What a text is for, by Hearth's name or another server's.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func role(_ name: String) throws(HearthError) -> TextRole? {
        guard let text = try string(name) else { return nil }
        guard let role = TextRole(named: text) else {
            throw HearthError(.invalidRequest, "`\(name)` is not a role.", hint: TextRole.hint)
        }
        return role
    }

    /// Seconds as a number, or a duration such as `5m`, `-1` or `"-1"`, in the field `keep_alive`.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func keepAlive() throws(HearthError) -> KeepAlive? {
        guard let value = self["keep_alive"] else { return nil }
        return try KeepAlive(json: value, field: "keep_alive")
    }

    /// Refuses unknown fields: the client expected them to have an effect.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func refuseOthers(than names: [String]) throws(HearthError) {
        guard let stray = object.keys.first(where: { !names.contains($0) }) else { return }
        let nearest = NearestName.of(stray, among: names).map { "Did you mean `\($0)`? " } ?? ""
        throw HearthError(
            .invalidRequest, "`\(stray.prefix(60))` is not a field of this request.",
            hint: "\(nearest)There are: \(names.joined(separator: ", ")).")
    }

    private func read<Value>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> Value?, text: (String) -> Value?
    ) throws(HearthError) -> Value? {
        guard let value = self[name] else { return nil }
        let isText = !texts.isEmpty && texts.contains(name)
        guard let converted = isText ? value.stringValue.flatMap(text) : convert(value) else {
            throw HearthError(.invalidRequest, "`\(name)` must be \(kind).")
        }
        return converted
    }
}
