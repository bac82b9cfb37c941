import HearthCore
import HearthInference
import HearthJSON

/// The members of a JSON object by the types that a protocol gives them; null is the same as absent.
struct RequestFields: Sendable {
    private let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// - Throws: ``HearthError`` `invalid_request` when it is no object.
    init(_ value: JSONValue, what: String = "The body") throws(HearthError) {
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "\(what) must be a JSON object.")
        }
        self.object = object
    }

    subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func text(_ name: String) throws(HearthError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw HearthError(.invalidRequest, "`\(name)` must be a string.") }
        return text
    }

    func flag(_ name: String) throws(HearthError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.boolValue else {
            throw HearthError(.invalidRequest, "`\(name)` must be true or false.")
        }
        return flag
    }

    /// A whole number from 1.
    func count(_ name: String) throws(HearthError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let count = value.integerValue.flatMap(Int.init(exactly:)), count > 0 else {
            throw HearthError(.invalidRequest, "`\(name)` must be a whole number from 1.")
        }
        return count
    }

    /// What a text is for.
    func role(_ name: String) throws(HearthError) -> TextRole? {
        guard let text = try text(name) else { return nil }
        guard let role = TextRole(rawValue: text) else {
            throw HearthError(.invalidRequest, "`\(name)` is not a role.", hint: "`query` or `document`.")
        }
        return role
    }

    /// Refuses members that nobody would look at: they were meant to do something.
    func refuseOthers(than names: [String]) throws(HearthError) {
        guard let stray = object.keys.first(where: { !names.contains($0) }) else { return }
        throw HearthError(
            .invalidRequest, "`\(stray.prefix(60))` is not a field of this request.",
            hint: "There are: \(names.joined(separator: ", ")).")
    }
}
