/// A place that an encoder fills: containers hold it by reference, since they are values that outlive the call.
final class JSONSlot {
    private enum Content {
        case value(JSONValue)
        case object([(key: String, part: Part)])
        case array([Part])
    }

    /// A finished value, or the slot of one that its container may still change.
    private enum Part {
        case value(JSONValue)
        case slot(JSONSlot)

        var value: JSONValue {
            switch self {
            case .value(let value): value
            case .slot(let slot): slot.value
            }
        }
    }

    private var content: Content?

    init() {}

    /// What has been written; an empty object when nothing was.
    var value: JSONValue {
        switch content {
        case .value(let value): return value
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.key] = member.part.value }
            return .object(object)
        case .array(let parts): return .array(parts.map(\.value))
        case nil: return .object(JSONObject())
        }
    }

    var count: Int {
        if case .array(let parts) = content { parts.count } else { 0 }
    }

    func set(_ value: JSONValue) { content = .value(value) }

    func becomeObject() {
        guard case .object = content else { return content = .object([]) }
    }

    func becomeArray() {
        guard case .array = content else { return content = .array([]) }
    }

    func append(_ key: String, _ value: JSONValue) { append(key, .value(value)) }

    func append(_ key: String, _ slot: JSONSlot) { append(key, .slot(slot)) }

    func append(_ value: JSONValue) { append(.value(value)) }

    func append(_ slot: JSONSlot) { append(.slot(slot)) }

    private func append(_ key: String, _ part: Part) {
        guard case .object(var members) = content else { return content = .object([(key, part)]) }
        content = nil  // so that the array is not copied
        members.append((key, part))
        content = .object(members)
    }

    private func append(_ part: Part) {
        guard case .array(var parts) = content else { return content = .array([part]) }
        content = nil  // so that the array is not copied
        parts.append(part)
        content = .array(parts)
    }
}
