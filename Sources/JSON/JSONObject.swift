import HearthText

/// The members of a JSON object in the order they were written; a key occurs once. Keys are compared by their bytes.
package struct JSONObject: Sendable {
    /// One key with its value.
    package struct Member: Sendable {
        package let key: String
        package var value: JSONValue
    }

    /// All members, in order.
    package private(set) var members: [Member] = []
    /// Positions by key, kept only for objects too wide for a linear search.
    private var positions: [ByteKey: Int]?

    /// Below this a linear search is faster than hashing.
    private static let indexedFrom = 16

    package init() {}

    /// An empty object with memory for so many members.
    package init(minimumCapacity: Int) {
        members.reserveCapacity(minimumCapacity)
        guard minimumCapacity >= Self.indexedFrom else { return }
        positions = [ByteKey: Int](minimumCapacity: minimumCapacity)
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [String] { members.map(\.key) }

    /// The value of `key`; setting appends or replaces in place, setting nil removes.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil):
                members.remove(at: position)
                positions = nil
                indexWhenWide()
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Appends a member; false, and nothing happens, when the key is there already.
    package mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    /// Removes the members that `isUnwanted` picks; in one pass, as removing them one by one is not.
    package mutating func removeAll(where isUnwanted: (Member) -> Bool) {
        members.removeAll(where: isUnwanted)
        positions = nil
        indexWhenWide()
    }

    /// The same members ordered by the bytes of their keys.
    package func sortedByKey() -> JSONObject {
        var sorted = JSONObject()
        sorted.members = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        sorted.indexWhenWide()
        return sorted
    }

    private func position(of key: String) -> Int? {
        if let positions { return positions[ByteKey(key)] }
        return members.firstIndex { ByteKey.isSame($0.key, key) }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
        if positions != nil {
            positions?[ByteKey(key)] = members.count - 1
        } else {
            indexWhenWide()
        }
    }

    private mutating func indexWhenWide() {
        guard members.count >= Self.indexedFrom else { return }
        var index = [ByteKey: Int](minimumCapacity: members.count * 2)
        for (position, member) in members.enumerated() { index[ByteKey(member.key)] = position }
        positions = index
    }
}

extension JSONObject: Equatable {
    /// Equal when both have the same keys with equal values: order carries no meaning in JSON.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Keeps the order of the literal; the last value of a repeated key stays.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
