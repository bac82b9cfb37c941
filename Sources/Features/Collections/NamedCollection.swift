package import HearthCore
package import HearthVectorStore
package import HearthVectors

/// A collection that a tenant has made and named.
package struct NamedCollection: Sendable {
    /// As its row says.
    package let row: CollectionTable.Collection
    package let settings: CollectionSettings

    package init(_ row: CollectionTable.Collection) throws(HearthError) {
        self.row = row
        settings = try CollectionSettings(text: row.settings)
    }

    package var id: String { row.id }
    package var name: String { row.name ?? row.id }
    package var metric: VectorMetric { row.metric }
    /// Nil as long as no vector has come.
    package var dims: Int? { row.model.dims == 0 ? nil : row.model.dims }
    /// Of the model that makes its vectors; nil when its owner brings them.
    package var model: ModelIdentity? { row.model.id.isEmpty ? nil : row.model }

    /// How far apart two vectors are, from their score: `1 - cosine`, `1 - dot product`, the Euclidean distance.
    package func distance(_ score: Float) -> Double {
        switch metric {
        case .cosine, .dot: 1 - Double(score)
        case .euclidean: max(-Double(score), 0).squareRoot()
        }
    }
}
