import HearthCore
import HearthJSON

/// The members of a request: absent and null mean the same, and a value of another type is refused by its name.
struct ForeignFields: Sendable {
    let object: JSONObject
    /// The body's share of the budget: what was read from it is a copy of at least the same size.
    private let reservation: BodyReservation?

    init(_ object: JSONObject, reservation: BodyReservation? = nil) {
        self.object = object
        self.reservation = reservation
    }

    /// A member; nil when it is absent or null.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    func string(_ name: String) throws(HearthError) -> String? { try read(name, "a string", \.stringValue) }

    /// - Throws: ``HearthError`` `invalid_request`.
    func bool(_ name: String) throws(HearthError) -> Bool? { try read(name, "true or false", \.boolValue) }

    /// - Throws: ``HearthError`` `invalid_request`.
    func integer(_ name: String) throws(HearthError) -> Int? {
        try read(name, "an integer") { $0.integerValue.flatMap { Int(exactly: $0) } }
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    func array(_ name: String) throws(HearthError) -> [JSONValue]? { try read(name, "an array", \.arrayValue) }

    /// - Throws: ``HearthError`` `invalid_request`.
    func fields(_ name: String) throws(HearthError) -> ForeignFields? {
        try read(name, "an object", \.objectValue).map { ForeignFields($0) }
    }

    /// Seconds as a number, or a duration such as `5m`, `-1` or `"-1"`, in the field `keep_alive`.
    /// - Throws: ``HearthError`` `invalid_request`.
    func keepAlive() throws(HearthError) -> KeepAlive? {
        guard let value = self["keep_alive"] else { return nil }
        if let seconds = value.doubleValue { return KeepAlive(seconds: seconds) }
        if let text = value.stringValue, let keepAlive = KeepAlive(text) { return keepAlive }
        throw HearthError(
            .invalidRequest, "`keep_alive` is not a duration.",
            hint: "Seconds as a number, or a text such as \"5m\"; a negative one means for ever.")
    }

    private func read<Value>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> Value?
    ) throws(HearthError) -> Value? {
        guard let value = self[name] else { return nil }
        guard let converted = convert(value) else {
            throw HearthError(.invalidRequest, "`\(name)` must be \(kind).")
        }
        return converted
    }
}
