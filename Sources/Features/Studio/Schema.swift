package import HearthCore
import HearthInference
import HearthJobs
import HearthVectorStore

/// The whole schema, in the order in which it came to be.
package enum Schema {
    package static let migrations =
        JobTable.migrations + CollectionTable.migrations + StudioTable.migrations + EmbeddingCacheTable.migrations
}
