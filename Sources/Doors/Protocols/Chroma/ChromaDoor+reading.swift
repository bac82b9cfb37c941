import HearthCollections
import HearthCore
import HearthVectorStore
import HearthVectors
import Hummingbird

extension ChromaDoor {
    func get(_ call: DoorCall) async throws -> Response {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let include = try ChromaInclude(fields, otherwise: [.documents, .metadatas])
        let selection = try ChromaSelection(fields, of: collection).selection
        let table = collections.table
        let readsVectors = include.contains(.embeddings)
        let records = try await collections.store.read { db in
            let items = try table.items(of: collection.row, selection, in: db)
            try Self.check(items.count, collection, readsVectors: readsVectors)
            return try table.records(of: collection.row, items: items, readsVectors: readsVectors, in: db)
        }
        return ChromaReply.get(records, include)
    }

    /// An answer must fit into memory.
    private static func check(_ count: Int, _ collection: NamedCollection, readsVectors: Bool) throws(HearthError) {
        let components = readsVectors ? count * (collection.dims ?? 0) : 0
        guard count <= Limits.answerRecords, components <= Limits.answerComponents else {
            throw HearthError(
                .invalidRequest, "The answer would have \(count) records.",
                hint: "At most \(Limits.answerRecords) records and \(Limits.answerComponents) components of vectors: "
                    + "page by `limit` and `offset`.")
        }
    }

    func query(_ call: DoorCall) async throws -> Response {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let include = try ChromaInclude(fields, otherwise: [.documents, .metadatas, .distances])
        let queries = try queries(fields, of: collection)
        let k = try fields.integer("n_results") ?? 10
        guard k >= 0 else { throw HearthError(.invalidRequest, "`n_results` must be a number from 0 on.") }
        let filter = try await filter(fields, of: collection)
        // Clients ask for all by a great number; there is no more than what is there.
        let count = try await collections.count(of: collection)
        guard !queries.isEmpty, k > 0, count > 0 else {
            return ChromaReply.query(queries.map { _ in [] }, distances: queries.map { _ in [] }, include)
        }
        let question = NamedCollections.Question(queries: queries, k: min(k, count), filter: filter)
        try Self.check(
            queries.count * question.k, collection, readsVectors: include.contains(.embeddings))
        let answers = try await collections.search(
            question, in: collection, reading: include.reading)
        let space = ChromaSpace(collection.metric)
        return ChromaReply.query(
            answers.map { $0.hits.map(\.record) },
            distances: answers.map { $0.hits.map { space.distance($0.score) } }, include)
    }

    private func queries(_ fields: RequestFields, of collection: NamedCollection) throws(HearthError) -> [[Float]] {
        guard let values = try fields.array("query_embeddings") else {
            throw HearthError(.invalidRequest, "Failed to deserialize the JSON body: missing field `query_embeddings`")
        }
        guard values.count <= Limits.queries else {
            throw HearthError(
                .invalidRequest, "There are \(values.count) queries.", hint: "At most \(Limits.queries).")
        }
        var queries: [[Float]] = []
        for (index, value) in values.enumerated() {
            let query = try VectorReader.vector(value, field: "query_embeddings[\(index)]")
            if let dims = collection.dims, query.count != dims {
                throw HearthError(
                    .invalidRequest, "Collection expecting embedding with dimension of \(dims), got \(query.count)")
            }
            queries.append(query)
        }
        return queries
    }

    /// What a query may find; documents are looked at first, because only the rows have them.
    private func filter(_ fields: RequestFields, of collection: NamedCollection) async throws -> VectorFilter {
        var selection = try ChromaSelection(fields, of: collection).selection
        selection.limit = nil
        selection.offset = 0
        guard selection.document != nil else { return selection.filter }
        let (table, wanted) = (collections.table, selection)
        let items = try await collections.store.read { db in try table.items(of: collection.row, wanted, in: db) }
        return .items(Set(items))
    }
}
