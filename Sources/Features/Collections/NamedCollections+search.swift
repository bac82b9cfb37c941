import HearthCore
package import HearthVectorStore
package import HearthVectors

extension NamedCollections {
    /// What is looked for in a collection.
    package struct Question: Sendable {
        package var queries: [[Float]]
        package var k: Int
        package var filter: VectorFilter
        package var isExact: Bool

        package init(queries: [[Float]], k: Int, filter: VectorFilter = .everything, isExact: Bool = false) {
            self.queries = queries
            self.k = k
            self.filter = filter
            self.isExact = isExact
        }
    }

    /// What one query has found: the records with their scores, best first.
    package struct Answer: Sendable {
        package var hits: [(record: CollectionTable.Record, score: Float)]
        package var compared: Int
    }

    /// How much of what was found is read from its rows.
    package enum Reading: Sendable {
        /// Nothing but the id.
        case ids
        /// Payloads and documents too.
        case payloads
        /// Vectors too.
        case vectors
    }

    /// Searches, and reads the rows of what was found; a record that was deleted in between is left out.
    /// - Parameter collection: as it was read for this request.
    /// - Throws: ``HearthError`` `invalid_request` when the answer would be too long; what the search throws.
    package func search(
        _ question: Question, in collection: NamedCollection, reading: Reading
    ) async throws -> [Answer] {
        guard question.queries.count * question.k <= Limits.answerRecords else {
            throw HearthError(
                .invalidRequest, "\(question.queries.count) queries for \(question.k) matches each are too many.",
                hint: "At most \(Limits.answerRecords) matches together.")
        }
        let found = try await vectors.search(
            question.queries, in: collection.row, k: question.k, filter: question.filter, exact: question.isExact,
            isCurrent: true)
        guard reading != .ids else {
            return found.map { found in
                Answer(
                    hits: found.matches.map { (CollectionTable.Record(item: $0.item, vector: []), $0.score) },
                    compared: found.compared)
            }
        }
        let items = Array(Set(found.flatMap { $0.matches.map(\.item) }))
        let table = table
        let records = try await store.read { db in
            try table.records(of: collection.row, items: items, readsVectors: reading == .vectors, in: db)
        }
        let byItem = Dictionary(records.map { ($0.item, $0) }, uniquingKeysWith: { first, _ in first })
        return found.map { found in
            Answer(
                hits: found.matches.compactMap { match in byItem[match.item].map { ($0, match.score) } },
                compared: found.compared)
        }
    }
}
