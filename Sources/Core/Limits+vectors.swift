extension Limits {
    // MARK: Vectors in memory

    /// Bytes of resident collections; the least recently used leave first.
    package static let collectionBytes = 512 << 20
    /// A collection that was not used for this long leaves memory.
    package static let collectionIdle: Duration = .seconds(60)
    /// How often collections are looked at: which to close, which scan files to write.
    package static let collectionUpkeep: Duration = .seconds(1)
    /// How often scan files of deleted collections are searched for.
    package static let scanFileSweep: Duration = .seconds(60)
    /// Rows that memory alone has are written to the scan file when no new ones have come for this long …
    package static let scanFileRest: Duration = .seconds(5)
    /// … or when they take so many bytes.
    package static let scanTailBytes = 32 << 20
    /// A collection that takes less has no scan file: reading its rows again costs as little.
    package static let smallCollectionBytes = 64 << 10
    /// Segments of a scan file; from here on they become one.
    package static let scanSegments = 16
    /// What was removed leaves the disk after this, and the time that the file takes at so many bytes a second.
    package static let erasureDelay: Duration = .seconds(2)
    package static let erasureBytesPerSecond = 32 << 20
    /// Rows of one page on the way from the database to memory.
    package static let collectionPage = 1_024
    /// Searches that may wait for one collection; more get `overloaded`.
    package static let waitingSearches = 1_024
    /// How deep a search looks for matches that may be shown, when others lie before them.
    package static let rankingDepth = 1 << 16
    /// Queries of one pass over a collection.
    package static let passQueries = 64
    /// Threads for passes that are not done in place, and the bytes (of codes, times queries) from which they are.
    package static let scanThreads = 4
    package static let scanInPlaceBytes = 4 << 20
    /// Components of a vector.
    package static let vectorDims = 4_096
    /// Largest component of a vector: squares of vectors of any length stay within float32.
    package static let vectorComponent: Float = 1e15
    /// Attributes of one item, bytes of a key, and bytes of them all as JSON.
    package static let attributes = 64
    package static let attributeKeyBytes = 256
    package static let attributeBytes = 64 << 10
    /// Removed items that a collection remembers, so that derived files can catch up …
    package static let rememberedRemovals = 10_000
    /// … and how many more there may be, which are then forgotten together: the oldest.
    package static let forgottenRemovals = 400
    /// Items of one statement.
    package static let itemsOfStatement = 500

    // MARK: Named collections

    /// Collections of one tenant, and name spaces of them.
    package static let collections = 100_000
    package static let collectionDatabases = 1_000
    package static let collectionNameBytes = 512
    /// Bytes of a collection's settings, its metadata among them, as JSON.
    package static let collectionSettingsBytes = 256 << 10
    /// Records of one request: what Chroma's own server takes.
    package static let recordBatch = 5_461
    /// Longest body of records or queries: as many of them with 1,536 components in base64.
    package static let recordsBodyBytes = 64 << 20
    package static let recordIDBytes = 512
    /// Bytes of a record's payload as JSON, and of its document.
    package static let payloadBytes = 256 << 10
    package static let documentBytes = 1 << 20
    /// Invalid items of a request that its error lists.
    package static let shownProblems = 100
    /// Queries of one request, and matches of one query.
    package static let queries = 1_000
    package static let neighbours = 10_000
    /// Records of one answer, and components of the vectors in it.
    package static let answerRecords = 100_000
    package static let answerComponents = 16 << 20
    /// Ids that one request names to narrow a search or a list.
    package static let filterItems = 100_000
    /// Conditions of a filter (and as many words that join them), values of one list in it, and texts that a filter of
    /// documents looks for.
    package static let filterConditions = 256
    package static let filterValues = 10_000
    package static let documentWords = 32
    /// Bytes of payloads, documents and vectors of one answer.
    package static let answerBytes = 64 << 20
    /// Records that are read at once on the way to such an answer.
    package static let recordsOfStatement = 64
    /// Bytes of one import, of a line of it, and records that one transaction of it stores.
    package static let importBytes = 8 << 30
    package static let recordLineBytes = 4 << 20
    package static let importBatch = 512
    /// Memory of one import: what it has read and not stored yet.
    package static let importMemoryBytes = 16 << 20
    /// Exports that are being made or sent, of all tenants and of one, …
    package static let exports = 8
    package static let tenantExports = 2
    /// … their bytes on the disk of the data folder, all together, and those that they leave free there.
    package static let exportBytes = 16 << 30
    package static let exportSpare = 256 << 20
    /// Bytes that an export hands over at a time.
    package static let exportChunk = 256 << 10
    /// Bytes of the header of a .npy file.
    package static let arrayHeaderBytes = 4 << 10
}
