import HearthCore
import HearthJSON

/// A collection on the other side.
struct ChromaCollection: Sendable {
    var id: String
    var name: String
    /// Nil when no record has come yet.
    var dims: Int?
    var count: Int
    var metadata: JSONValue
    var configuration: JSONValue
    var schema: JSONValue
}

/// A record on the other side.
struct ChromaRecord: Sendable {
    var id: String
    /// Empty when vectors were not asked for.
    var vector: [Float]
    var metadata: JSONObject?
    var document: String?
    var uri: String?
}

/// Some records, and where the next ones begin.
struct ChromaPage: Sendable {
    var records: [ChromaRecord]
    /// Nil after the last page.
    var next: Int?
}

/// Where collections are brought over from.
protocol ChromaSource: Sendable {
    /// All collections, by name.
    func collections() async throws -> [ChromaCollection]

    /// Records in the order in which they came to be.
    /// - Parameter start: `next` of the page before; 0 for the first.
    func page(of collection: ChromaCollection, from start: Int, readsVectors: Bool) async throws -> ChromaPage
}
