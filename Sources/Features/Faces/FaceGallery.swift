import HearthCore
import HearthInference
import HearthVectorStore
import HearthVectors

/// The vectors of a client's faces, in sealed collections: templates of users, what was said not to be them, and faces
/// of albums. Nothing else in the feature knows how a vector is kept.
struct FaceGallery: Sendable {
    /// Which vectors.
    enum Part: String, CaseIterable {
        /// Of users: an item is a template, its owner a user.
        case templates
        /// An item is a picture that was said not to show its owner, a user.
        case negatives
        /// An item is a face, its owner a photo; the attribute `album` says of which album.
        case albums

        /// Of the client's collections.
        func scope(of client: String) -> String { "faces/\(client)/\(rawValue)" }
    }

    static let albumAttribute = "album"

    private let collections: VectorCollections
    private let vectors: CollectionTable

    /// - Parameter keys: nil in a process that opens and seals nothing.
    init(collections: VectorCollections, keys: SealKeys?) {
        self.collections = collections
        vectors = CollectionTable(seals: keys)
    }

    /// The space of a client's vectors, sealed by the client's key.
    private func space(_ part: Part, of client: FaceClient, model: ModelIdentity) -> VectorSpace {
        VectorSpace(
            tenant: client.tenant, scope: part.scope(of: client.clientID), model: model, seal: client.sealScope)
    }

    // MARK: Writing

    /// Keeps a vector, in the caller's transaction.
    func add(
        _ vector: [Float], item: String, owner: String, to part: Part, of client: FaceClient, model: ModelIdentity,
        attributes: [String: AttributeValue] = [:], in db: any SQLConnection, now: Int64
    ) throws {
        try vectors.upsert(
            item: item, owner: owner, vector: vector, space: space(part, of: client, model: model),
            precision: model.precision, attributes: attributes, in: db, now: now)
    }

    /// Removes vectors by their items, whatever part they are in.
    func remove(_ items: [String], in db: any SQLConnection) throws {
        try vectors.remove(items: items, in: db)
    }

    /// Hides all collections of a client; their rows go step by step.
    func removeAll(of client: FaceClient, in db: any SQLConnection, now: Int64) throws {
        for part in Part.allCases {
            try vectors.remove(scope: part.scope(of: client.clientID), of: client.tenant, in: db, now: now)
        }
    }

    /// How many vectors a client has.
    func count(of client: FaceClient, in db: any SQLConnection) throws -> Int {
        try Part.allCases.reduce(0) { sum, part in
            try sum
                + (db.value(
                    """
                    SELECT COUNT(*) FROM collections c JOIN embeddings e ON e.collection_id = c.id
                    WHERE c.tenant = \(client.tenant) AND c.scope = \(part.scope(of: client.clientID))
                      AND c.name IS NULL AND c.deleting_since IS NULL
                    """, as: Int.self) ?? 0)
        }
    }

    // MARK: Reading

    /// A client's vectors of one part by one model, as they are at the moment of a read.
    struct Snapshot: Sendable {
        fileprivate let collection: CollectionTable.Collection?
    }

    func snapshot(
        _ part: Part, of client: FaceClient, model: ModelIdentity, in db: any SQLConnection
    ) throws -> Snapshot {
        Snapshot(collection: try vectors.collection(of: space(part, of: client, model: model), in: db))
    }

    /// The vectors of some items; those that are not there are left out.
    func vectors(
        of items: [String], _ part: Part, of client: FaceClient, model: ModelIdentity, in db: any SQLConnection
    ) throws -> [String: [Float]] {
        guard !items.isEmpty else { return [:] }
        return try vectors.vectors(of: items, in: space(part, of: client, model: model), in: db)
    }

    /// The closest owners, best first, and how many vectors were compared.
    func search(
        _ vector: [Float], in snapshot: Snapshot, k: Int, filter: VectorFilter = .everything,
        deadline: ContinuousClock.Instant?
    ) async throws -> (matches: [VectorMatch], compared: Int) {
        guard let collection = snapshot.collection else { return ([], 0) }
        let found = try await collections.search(
            vector, in: [collection], k: k, filter: filter, deadline: deadline)
        return (found.matches, found.compared)
    }
}
