import HearthCore
import HearthJSON

/// One thing in which two versions of a bible differ.
struct BibleDifference: Sendable, Codable, Equatable, SchemaDescribed {
    enum Kind: String, Sendable, Codable, CaseIterable {
        case added, removed, changed
    }

    /// `backstory`, `do`, `extra.height`.
    var field: String
    var kind: Kind
    var before: JSONValue?
    var after: JSONValue?

    static let fields = [
        "field": FieldNote("Where: `backstory`, an entry of `do`, a member `extra.height`."),
        "before": FieldNote("What the older one says; absent for what was added."),
        "after": FieldNote("What the newer one says; absent for what was removed."),
    ]

    init(_ field: String, before: JSONValue?, after: JSONValue?) {
        self.field = field
        self.before = before
        self.after = after
        kind = before == nil ? .added : after == nil ? .removed : .changed
    }
}

extension Bible {
    /// In what another version differs, in the order of the fields: texts as wholes, lists by their entries, `extra` by
    /// its members.
    func differences(to newer: Bible) -> [BibleDifference] {
        var all: [BibleDifference] = []
        for (field, _, path) in Self.texts {
            let (before, after) = (self[keyPath: path], newer[keyPath: path])
            if before != after {
                all.append(
                    BibleDifference(field, before: before.map(JSONValue.string), after: after.map(JSONValue.string)))
            }
        }
        all += Self.entries(
            "relationships", before: (relationships ?? []).map(Self.json),
            after: (newer.relationships ?? []).map(Self.json))
        for (field, _, path) in Self.lists {
            all += Self.entries(
                field, before: (self[keyPath: path] ?? []).map(JSONValue.string),
                after: (newer[keyPath: path] ?? []).map(JSONValue.string))
        }
        return all + Self.members("extra", before: extra, after: newer.extra)
    }

    private static func json(_ relationship: Relationship) -> JSONValue {
        ["with": .string(relationship.with), "relation": .string(relationship.relation)]
    }

    /// Entries that only one of them has; their order does not count.
    private static func entries(_ field: String, before: [JSONValue], after: [JSONValue]) -> [BibleDifference] {
        before.filter { !after.contains($0) }.map { BibleDifference(field, before: $0, after: nil) }
            + after.filter { !before.contains($0) }.map { BibleDifference(field, before: nil, after: $0) }
    }

    private static func members(_ field: String, before: JSONValue?, after: JSONValue?) -> [BibleDifference] {
        guard before != after else { return [] }
        let (old, new) = (before?.objectValue, after?.objectValue)
        guard old != nil || before == nil, new != nil || after == nil else {
            return [BibleDifference(field, before: before, after: after)]
        }
        let keys = (old?.keys ?? []) + (new?.keys ?? []).filter { old?[$0] == nil }
        guard !keys.isEmpty else { return [BibleDifference(field, before: before, after: after)] }
        return keys.flatMap { members("\(field).\($0)", before: old?[$0], after: new?[$0]) }
    }
}
