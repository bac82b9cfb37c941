import HearthCollections
import HearthCore
import HearthJSON

/// What a client wants to see of records.
struct ChromaInclude: OptionSet, Sendable {
    let rawValue: Int

    static let embeddings = ChromaInclude(rawValue: 1)
    static let documents = ChromaInclude(rawValue: 2)
    static let metadatas = ChromaInclude(rawValue: 4)
    static let distances = ChromaInclude(rawValue: 8)
    static let uris = ChromaInclude(rawValue: 16)

    private static let names: [(String, ChromaInclude)] = [
        ("embeddings", .embeddings), ("documents", .documents), ("metadatas", .metadatas), ("distances", .distances),
        ("uris", .uris),
    ]

    init(rawValue: Int) { self.rawValue = rawValue }

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields, otherwise defaults: ChromaInclude) throws(HearthError) {
        guard let wanted = try fields.array("include") else {
            self = defaults
            return
        }
        self = []
        for value in wanted {
            guard let entry = Self.names.first(where: { .string($0.0) == value }) else {
                throw HearthError(
                    .invalidRequest, "`include` has an unknown word.",
                    hint: "There are \(Self.names.map(\.0).joined(separator: ", ")).")
            }
            insert(entry.1)
        }
    }

    /// What rows must be read for.
    var reading: NamedCollections.Reading {
        if contains(.embeddings) { return .vectors }
        return isDisjoint(with: [.documents, .metadatas, .uris]) ? .ids : .payloads
    }

    /// The words, for the answer.
    var words: JSONValue { .array(Self.names.filter { contains($0.1) }.map { .string($0.0) }) }
}
