/// Which documents are meant by the words in them; case matters, as in Chroma's `where_document`.
package struct DocumentFilter: Sendable, Equatable {
    private indirect enum Node: Sendable, Equatable {
        /// By its place in `words`.
        case contains(Int)
        case not(Node)
        case all([Node])
        case any([Node])
    }

    /// The texts that are looked for, in order.
    package private(set) var words: [String] = []
    private var root = Node.all([])

    /// Reads `{"$contains": "x"}`, `{"$not_contains": "x"}`, `{"$and": […]}`, `{"$or": […]}`.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(_ value: JSONValue) throws(HearthError) {
        root = try node(value)
    }

    /// Whether a document is meant.
    /// - Parameter hasWord: Whether the word at this place is in it; a document that is missing has none.
    package func matches(_ hasWord: (Int) -> Bool) -> Bool { Self.matches(root, hasWord) }

    private static func matches(_ node: Node, _ hasWord: (Int) -> Bool) -> Bool {
        switch node {
        case .contains(let place): hasWord(place)
        case .not(let node): !matches(node, hasWord)
        case .all(let nodes): nodes.allSatisfy { matches($0, hasWord) }
        case .any(let nodes): nodes.contains { matches($0, hasWord) }
        }
    }

    private mutating func node(_ value: JSONValue) throws(HearthError) -> Node {
        guard let members = value.objectValue?.members, members.count == 1 else { throw Self.malformed }
        let member = members[0]
        switch member.key {
        case "$contains": return try word(member.value)
        case "$not_contains": return .not(try word(member.value))
        case "$and": return .all(try nodes(member.value))
        case "$or": return .any(try nodes(member.value))
        default: throw Self.malformed
        }
    }

    private mutating func nodes(_ value: JSONValue) throws(HearthError) -> [Node] {
        guard let elements = value.arrayValue, !elements.isEmpty else { throw Self.malformed }
        var nodes: [Node] = []
        for element in elements { nodes.append(try node(element)) }
        return nodes
    }

    private mutating func word(_ value: JSONValue) throws(HearthError) -> Node {
        guard let text = value.stringValue, !text.isEmpty, !text.utf8.contains(0) else { throw Self.malformed }
        guard words.count < Limits.documentWords else {
            throw HearthError(
                .invalidRequest, "`where_document` looks for too many texts.",
                hint: "At most \(Limits.documentWords).")
        }
        words.append(text)
        return .contains(words.count - 1)
    }

    private static let malformed = HearthError(
        .invalidRequest, "`where_document` is not understood.",
        hint: "It knows $contains and $not_contains with a text, and $and and $or with a list.")
}
