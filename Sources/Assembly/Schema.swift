import HearthCollections
package import HearthCore
import HearthFaces
import HearthInference
package import HearthJobs
import HearthProducts
import HearthStudio
import HearthVectorStore

/// The whole schema: every migration, in the order of the numbers, which is the order in which they run.
///
/// Whatever opens a database uses this list: front, worker, benchmark, tests of several features. A new migration
/// stands beside the tables that it is about, takes the next number, and is never changed once released.
package enum Schema {
    package static let migrations: [Migration] =
        (JobTable.migrations + CollectionTable.migrations + CollectionTable.databaseMigrations
        + EmbeddingCacheTable.migrations + StudioTable.migrations + OutputTable.migrations + WorkflowTable.migrations
        + RequestPictureTable.migrations + ProductTable.migrations + KeyTable.migrations
        + TenantLimitTable.migrations + SealKeyTable.migrations + AuditLog.migrations + FaceTable.migrations).sorted {
            $0.number < $1.number
        }

    /// What a tenant has, by the rows of every part that keeps something.
    package static let usage: [TenantQuotas.Counter] = [
        { try JobTable.usage(of: $0, in: $1) }, { try CollectionTable.usage(of: $0, in: $1) },
        { try StudioTable.usage(of: $0, in: $1) }, { try OutputTable.usage(of: $0, in: $1) },
        { try WorkflowTable.usage(of: $0, in: $1) }, { try RequestPictureTable.usage(of: $0, in: $1) },
        { try ProductTable.usage(of: $0, in: $1) }, { try FaceTable.usage(of: $0, in: $1) },
    ]

    /// What jobs are about and what has a state of its own, by the kind of the jobs.
    package static let jobSubjects: [String: any JobSubject] = Products.jobSubjects.merging(
        Studio.jobSubjects(generators: BuiltInGenerators.ids)
    ) { first, _ in first }
}
