import HearthCore
import HearthJSON

/// A value of an answer as one text for people. What it is follows from its name: `…_at` is a moment, `…_bytes` a size.
struct AnswerCell {
    /// Milliseconds since 1970, for ages.
    let now: Int64

    /// Whether a value fits into one text: it holds no list of objects and no object in another.
    static func isFlat(_ value: JSONValue) -> Bool {
        if let items = value.arrayValue { return items.allSatisfy(isPlain) }
        if let object = value.objectValue { return object.members.allSatisfy { isPlain($0.value) } }
        return true
    }

    /// Whether a value holds no other ones.
    static func isPlain(_ value: JSONValue) -> Bool { value.objectValue == nil && value.arrayValue == nil }

    /// What stands above a column.
    static func heading(of name: String) -> String { (moment(name) ?? name).uppercased() }

    /// Beside its name: a moment is written out.
    func text(_ name: String, _ value: JSONValue) -> String {
        guard Self.moment(name) != nil, let time = value.integerValue, time > 0 else { return plain(name, value) }
        return "\(Wording.moment(time)) (\(Wording.age(of: time, now: now)))"
    }

    /// In a table: a moment is an age, and an id that is not the line's own is cut.
    func cell(_ name: String, _ value: JSONValue, isFirst: Bool) -> String {
        if Self.moment(name) != nil, let time = value.integerValue {
            return time > 0 ? Wording.age(of: time, now: now) : "-"
        }
        // What a person has chosen, such as an `external_id`, is said in full.
        if !isFirst, name.hasSuffix("_id"), let id = value.stringValue, Identifier.isValid(id) {
            return Wording.shortID(id)
        }
        return plain(name, value)
    }

    private func plain(_ name: String, _ value: JSONValue) -> String {
        switch value {
        case .null: return "-"
        case .bool(let flag): return flag ? "yes" : "no"
        case .string(let text): return text
        case .int(let number): return Self.isSize(name) ? DownloadView.size(Int(number)) : String(number)
        case .double(let number): return Wording.number(number)
        case .array(let items):
            return items.isEmpty ? "none" : items.map { plain("", $0) }.joined(separator: ", ")
        case .object(let object):
            let members = object.members.filter { !$0.value.isNull }
            return members.isEmpty
                ? "none" : members.map { "\($0.key) \(text($0.key, $0.value))" }.joined(separator: ", ")
        }
    }

    /// Whether a name says that its value is a moment.
    static func isMoment(_ name: String) -> Bool { moment(name) != nil }

    /// What a name says of a moment without its ending: `created` of `created_at`; nil: it is none.
    private static func moment(_ name: String) -> String? {
        for ending in ["_at", "_until"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return nil
    }

    private static func isSize(_ name: String) -> Bool {
        name == "bytes" || name.hasSuffix("_bytes") || name.hasPrefix("byte_")
    }
}
