import HearthCore
import HearthJSON
import HearthVectorStore

/// Reads Chroma's `where_document`: `{"$contains": "x"}`, `{"$not_contains": "x"}`, `{"$and": […]}`, `{"$or": […]}`.
struct ChromaDocumentFilter {
    private var words: [String] = []

    /// - Throws: ``HearthError`` `invalid_request`.
    static func read(_ value: JSONValue) throws(HearthError) -> DocumentFilter {
        var reader = ChromaDocumentFilter()
        let root = try reader.condition(value)
        return DocumentFilter(words: reader.words, root: root)
    }

    private mutating func condition(_ value: JSONValue) throws(HearthError) -> DocumentFilter.Condition {
        guard let members = value.objectValue?.members, members.count == 1 else { throw Self.malformed }
        let member = members[0]
        switch member.key {
        case "$contains": return try word(member.value)
        case "$not_contains": return .not(try word(member.value))
        case "$and": return .all(try conditions(member.value))
        case "$or": return .any(try conditions(member.value))
        default: throw Self.malformed
        }
    }

    private mutating func conditions(_ value: JSONValue) throws(HearthError) -> [DocumentFilter.Condition] {
        guard let elements = value.arrayValue, !elements.isEmpty else { throw Self.malformed }
        var conditions: [DocumentFilter.Condition] = []
        for element in elements { conditions.append(try condition(element)) }
        return conditions
    }

    private mutating func word(_ value: JSONValue) throws(HearthError) -> DocumentFilter.Condition {
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
