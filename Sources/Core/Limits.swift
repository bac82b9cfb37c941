/// Every limit of Hearth in one place: a queue, cache, body or wait that is not bounded here is a defect.
package enum Limits {
    // MARK: Requests

    /// Longest request body in bytes; a picture of 40 MB is beyond any phone's camera.
    package static let bodyBytes = 48 << 20
    /// Longest JSON body of operations that carry no picture.
    package static let plainBodyBytes = 1 << 20
    /// A body up to this is short: a sentence to embed is read and answered on the thread of its connection, where
    /// other connections wait for it.
    package static let shortBodyBytes = 2 << 10
    /// As much for a picture, which is only looked through there and passed on.
    package static let shortPictureBytes = 512 << 10
    /// Parts of a multipart body.
    package static let multipartParts = 32
    /// Bytes of all headers of a request or of a part.
    package static let headerBytes = 16 << 10
    /// Header fields of a request.
    package static let headerFields = 100
    /// Open client connections.
    package static let connections = 1_024
    /// A connection with no request under way is closed after this.
    package static let idleConnection: Duration = .seconds(60)
    /// A connection that has sent nothing is closed after this: idle connections count against the connection limit.
    package static let silentConnection: Duration = .seconds(10)
    /// A request must have arrived in full by then (slow-loris).
    package static let requestArrival: Duration = .seconds(30)
    /// After the last response, what the client still sends is thrown away for at most this long.
    package static let linger: Duration = .seconds(2)
    /// A client that has closed its half of the connection is asked this long after whether it still reads its answer,
    /// and again after twice the time.
    package static let presenceProbe: Duration = .milliseconds(100)
    /// Requests being handled at once; more get `overloaded`.
    package static let concurrentRequests = 512
    /// Bytes of request bodies held at once; more get `overloaded`.
    package static let bodyBytesInFlight = 512 << 20
    /// Running requests may finish within this after SIGTERM.
    package static let drain: Duration = .seconds(10)

    /// Answers of text from this size on are packed for clients that take them so …
    package static let compressedAnswer = 1 << 10
    /// … and vectors of the quick routes from this one on: packing a few of them takes longer than making them.
    package static let compressedVectors = 64 << 10
    /// Bytes that are packed before the thread is offered to others.
    package static let compressionPiece = 64 << 10

    // MARK: Identity

    /// Characters of a tenant's name.
    package static let tenantLength = 64
    /// Keys of all tenants together; those that have ended count until they are forgotten.
    package static let keys = 10_000
    /// A key that was revoked or has expired is listed this long.
    package static let keyHistory: Duration = .seconds(90 * 24 * 3_600)
    /// Longest time until a key expires.
    package static let keyLife: Duration = .seconds(10 * 365 * 24 * 3_600)
    /// How long the secret before a rotation is still accepted, unless the caller says otherwise.
    package static let keyOverlap: Duration = .seconds(24 * 3_600)
    /// How often a front looks whether keys have changed …
    package static let keyRefresh: Duration = .seconds(1)
    /// … and after how many looks it writes down when keys were last used.
    package static let keyUseRounds = 60
    /// Fewest characters of the key in the settings.
    package static let settingsKeyLength = 16
    /// Requests a second of a key, and requests at once after a pause, when its own limits say nothing …
    package static let keyRequestsPerSecond = 1_000.0
    package static let keyBurst = 2_000
    /// … and of all keys of a tenant together.
    package static let tenantRequestsPerSecond = 4_000.0
    package static let tenantBurst = 8_000
    /// Highest rate that a key may be limited to.
    package static let requestsPerSecond = 1_000_000.0
    /// Rates that are kept at once; callers beyond share one.
    package static let rateBuckets = 20_000
    /// Bytes of files and records that a tenant may have when nothing else is set; nil: as much as the disk holds. That
    /// of jobs is ``unfinishedJobs``.
    package static let tenantStoredBytes: Int64? = nil
    package static let tenantRecords: Int64? = nil
    /// Tenants that may have limits of their own.
    package static let limitedTenants = 10_000
    /// What a limited tenant has is counted again when the last count is this old …
    package static let quotaAge: Duration = .seconds(60)
    /// … and, where the tenant is at its limit, when the last count is this old.
    package static let quotaPause: Duration = .seconds(1)

    /// Bytes of the secret by which tokens are signed with HS256 (RFC 7518, section 3.2) …
    package static let tokenSecretBytes = 32
    /// … and of the modulus of an RSA key (section 3.3).
    package static let tokenModulusBytes = 256
    /// Bytes of a JWKS file, and keys in it.
    package static let tokenKeyFileBytes = 1 << 20
    package static let tokenKeys = 100
    /// How far the clocks of a token's issuer and of this machine may be apart.
    package static let tokenLeeway: Duration = .seconds(30)
    /// Bytes of a file with a TLS certificate or its key.
    package static let certificateBytes = 1 << 20
    /// How often files of keys and certificates are looked at.
    package static let credentialRefresh: Duration = .seconds(5)

    // MARK: WebSockets

    /// Messages that wait for their reader before the socket is read no further.
    package static let webSocketBacklog = 4
    /// How often the client is asked whether it is still there, and how long its answer may take.
    package static let webSocketPing: Duration = .seconds(20)
    package static let webSocketPong: Duration = .seconds(20)
    /// How long the client's half of the closing handshake may take.
    package static let webSocketClose: Duration = .seconds(5)

    // MARK: Pictures

    /// Pixels of a picture, checked from its header before anything is allocated.
    package static let imagePixels = 100_000_000
    /// Longest side of a picture.
    package static let imageSide = 32_768

    // MARK: Names and pages

    /// Unicode scalars of a project's or character's name.
    package static let nameLength = 200
    package static let pageSize = 500
    package static let defaultPageSize = 50
    /// Matches of one recall.
    package static let recallMatches = 100

    // MARK: Inference

    /// Bytes of one call from the front to a worker, and of its answer: a batch of inputs with their headers.
    package static let engineBodyBytes = 80 << 20
    /// A payload of such a call from this size on is sent as it lies; a smaller one is copied behind its header, which
    /// costs less than one more piece in the system call.
    package static let copiedPayloadBytes = 16 << 10

    /// Connections to a worker without a call that are kept, for each thread of connections …
    package static let idleWorkerConnections = 64
    /// … and how long; less than ``idleConnection``, after which the worker closes them.
    package static let idleWorkerConnection: Duration = .seconds(45)

    /// A call waits this long for a model that is on its way into memory; then its caller is told how far it is.
    package static let coldModelWait: Duration = .seconds(10)
    /// Calls waiting for one model; more get `overloaded`.
    package static let inferenceQueue = 512
    /// Inputs of one pass.
    package static let inferenceBatch = 16
    /// Tokens of one pass, padding included (a lone text may be longer).
    package static let inferenceTokens = 2_048
    /// A text joins a pass when that adds no more padding than this many tokens: a pass of its own costs as much.
    package static let inferencePadding = 16
    /// Texts that are prepared for a model and wait for a pass.
    package static let preparedTexts = 128
    /// Weights from this size on leave memory when nobody wants them …
    package static let pinnedModelBytes = 1 << 30
    /// … for this long, unless the settings say otherwise.
    package static let largeModelKeepAlive: Duration = .seconds(300)
    /// How often models are looked at: which to let go, which to touch.
    package static let keeperInterval: Duration = .milliseconds(500)
    /// A model that nobody has called for this long reads its weights once, so that they are not paged out.
    package static let modelTouch: Duration = .seconds(60)
    /// How long an interactive call waits for its model by default.
    package static let inferenceDeadline: Duration = .seconds(20)
    /// How long a caller may wait who asks for a model to be loaded.
    package static let modelLoad: Duration = .seconds(120)
    /// Bytes of resident collections; the least recently used leave first.
    package static let collectionBytes = 512 << 20
    /// A collection that nobody has asked for this long leaves memory.
    package static let collectionIdle: Duration = .seconds(60)
    /// How often collections are looked at: which to close, which scan files to write.
    package static let collectionUpkeep: Duration = .seconds(1)
    /// How often scan files of collections that are gone are looked for.
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
    /// Removed items that a collection remembers, so that derived files can catch up; up to twice as many for a while.
    package static let rememberedRemovals = 10_000
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
    /// Bad items of a request that its error tells of.
    package static let shownProblems = 100
    /// Records whose attributes are read anew in one transaction when a collection's attributes change.
    package static let derivedRecords = 100_000
    /// Queries of one request, and matches of one query.
    package static let queries = 1_000
    package static let neighbours = 10_000
    /// Records of one answer, and components of the vectors in it.
    package static let answerRecords = 100_000
    package static let answerComponents = 16 << 20
    /// Ids that one request names to narrow a search or a list.
    package static let filterItems = 100_000
    /// Conditions of a filter, values of one list in it, and texts that a filter of documents looks for.
    package static let filterConditions = 256
    package static let filterValues = 10_000
    package static let documentWords = 32
    /// Bytes of one import, of a line of it, and records that one transaction of it stores.
    package static let importBytes = 8 << 30
    /// Bytes of payloads, documents and vectors of one answer.
    package static let answerBytes = 64 << 20
    /// Records that are read at once on the way to such an answer.
    package static let recordsOfStatement = 64
    package static let recordLineBytes = 4 << 20
    package static let importBatch = 512
    /// Memory of one import: what it has read and not stored yet.
    package static let importMemoryBytes = 16 << 20
    /// Bytes that an export hands over at a time.
    package static let exportChunk = 256 << 10
    /// Bytes of the header of a .npy file.
    package static let arrayHeaderBytes = 4 << 10

    /// Bytes of a tokenizer.json; the largest known have about 35 MB.
    package static let tokenizerBytes = 128 << 20
    /// Tokens of one vocabulary; the largest known have 262,144.
    package static let tokenizerVocabulary = 1 << 22
    // MARK: Embeddings

    /// Inputs of `POST /embed/batch`.
    package static let embeddingBatch = 256
    /// So many vectors may be made and written on the thread of a connection.
    package static let quickInputs = 4
    /// Inputs of `POST /v1/embeddings`: OpenAI's own limit.
    package static let openAIInputs = 2_048
    /// Inputs of `POST /embed` and sentences of `POST /similarity` in TEI's shape; TEI's own default is 32.
    package static let teiInputs = 128
    /// Inputs of one request that are under way at once, so that a long list leaves room for others in the queue.
    package static let embeddingWave = 64
    /// Bytes of one text.
    package static let textBytes = 1 << 20
    /// Token ids of one input.
    package static let inputTokens = 65_536

    // MARK: Fetching

    /// Bytes of a picture behind a URL.
    package static let fetchedBytes = 16 << 20
    /// Characters of a URL.
    package static let urlLength = 2_048
    /// URLs of one request …
    package static let fetchesPerRequest = 16
    /// … those of them that are fetched at once …
    package static let fetchesAtOnce = 4
    /// … and those of all requests; more get `overloaded`.
    package static let fetches = 16
    /// How long fetching one picture may take, redirects included.
    package static let fetchTime: Duration = .seconds(10)
    package static let fetchRedirects = 3
    // MARK: Cache

    /// Bytes of embeddings kept in memory, with all overhead.
    package static let cacheMemoryBytes = 64 << 20
    /// How long an embedding is given from memory after it was stored there; the database may give it again.
    package static let cacheMemoryLifetime: Duration = .seconds(24 * 3_600)
    /// Bytes of embeddings kept in the database; what was not used for longest leaves first …
    package static let cacheDatabaseBytes = 512 << 20
    /// … and what nobody has asked for within this time.
    package static let cacheDatabaseLifetime: Duration = .seconds(30 * 24 * 3_600)
    /// Embeddings that wait to be written; more are not kept.
    package static let cacheWriteQueue = 1_024
    /// Rows of the cache that one write changes: they hold the writer for about a millisecond …
    package static let cacheWriteBatch = 16
    /// … and how long the writer is left to others between two of these.
    package static let cacheWritePause: Duration = .milliseconds(50)
    /// A row says to this precision when it was last used: a hit seldom costs a write.
    package static let cacheTouch: Duration = .seconds(3_600)
    /// How often old entries, and those of models that are gone, are looked for.
    package static let cacheUpkeep: Duration = .seconds(60)
    /// Different inputs that may be computed for several callers at once, and callers who wait for another's
    /// computation; what is beyond is computed for its caller alone.
    package static let sharedCalls = 4_096
    package static let sharedCallFollowers = 8_192
    /// Failures in a row after which a tier is left alone …
    package static let breakerFailures = 3
    /// … and for how long.
    package static let breakerPause: Duration = .seconds(5)
    // MARK: Model folders

    /// Bytes of a `model.json`, a descriptor or the catalogue of downloads.
    package static let manifestBytes = 1 << 20
    /// Bytes of one file of a model, and of all of them together.
    package static let modelBytes = 64 << 30
    /// A server that sends nothing for this long has stalled; the download goes on over another connection.
    package static let downloadStall: Duration = .seconds(30)
    /// How long a connection to it may take.
    package static let downloadConnect: Duration = .seconds(15)
    /// Attempts in a row that bring a download no further …
    package static let downloadFruitlessAttempts = 6
    /// … and attempts of one file in all.
    package static let downloadAttempts = 200
    /// Pause before the next attempt: doubles from first to longest.
    package static let firstDownloadPause: Duration = .milliseconds(500)
    package static let longestDownloadPause: Duration = .seconds(30)
    /// Hops from the address of a file to the place where it lies.
    package static let downloadRedirects = 5
    /// What is left of a download that nobody has gone on with for this long is removed.
    package static let abandonedDownload: Duration = .seconds(7 * 24 * 3_600)
    /// How long `hearth models verify` waits for the golden vectors of one model.
    package static let goldenVectors: Duration = .seconds(600)

    /// Texts and pictures of one request of another server's protocol; they are worked on wave by wave.
    package static let embeddingInputs = 2_048
    /// Longest JSON body of texts to embed.
    package static let embeddingBodyBytes = 8 << 20
    /// Longest JSON body of tensors, and the values in it: a picture of 640 x 640 pixels, or a dozen of 224 x 224.
    package static let tensorBodyBytes = 48 << 20
    package static let tensorValues = 2_000_000
    /// Token ids in one tensor for a text model; each text has the model's own limit as well.
    package static let tensorTokens = 16_384
    /// Tensors of one request, and dimensions of one tensor.
    package static let tensors = 32
    package static let tensorRank = 16

    // MARK: Store

    /// Writes that may wait for the writer; more get `overloaded`.
    package static let waitingWrites = 10_000
    /// Writes that share one commit.
    package static let groupedWrites = 256
    /// Statements whose column names are kept.
    package static let cachedStatements = 512
    /// How long a connection waits for another process's write.
    package static let storeBusy: Duration = .seconds(10)
    /// Files up to this size share a write to disk through the journal; larger ones are written to disk by themselves.
    package static let journalFileBytes = 2 << 20
    /// Bytes of files that share one write to disk.
    package static let journalGroupBytes = 4 << 20
    /// Bytes of one segment of the journal …
    package static let journalSegmentBytes = 8 << 20
    /// … and how many there may be: the disk space of the journal, and what a start after a crash may have to compare.
    package static let journalSegments = 4
    /// Files that may wait for the journal; more get `overloaded`.
    package static let journalQueue = 4_096
    /// The journal's files are written to their own places after this at the latest.
    package static let journalAge: Duration = .seconds(2)
    /// Threads for blocking file work, and jobs waiting for them.
    package static let blockingThreads = 16
    package static let blockingQueue = 4_096

    /// How often files without a row are looked for, …
    package static let sweepInterval: Duration = .seconds(600)
    /// … and how old they must be: longer than anybody waits between writing a file and committing its row, also where
    /// the clocks of two machines differ.
    package static let orphanAge: Duration = .seconds(3_600)
    /// Staged files that nobody has adopted are removed after this; longer than a job may take.
    package static let stagingAge: Duration = .seconds(86_400)
    /// Files that are compared with the rows at once.
    package static let sweepPage = 500
    /// Bytes that are read from a file at once for a client.
    package static let fileChunk = 256 << 10

    // MARK: Products

    /// Unicode scalars of a product's external id, template, source type …
    package static let productWord = 200
    /// … of its title …
    package static let productTitle = 500
    /// … and of its description.
    package static let productDescription = 20_000
    /// Products that one page of a filtered list looks at.
    package static let filteredRows = 10_000
    /// Attributes of a product, scalars of a name, and bytes of all of them together.
    package static let productAttributes = 64
    package static let productAttributeName = 100
    package static let productAttributeBytes = 64 << 10
    package static let productImages = 32
    /// Matches of one scan.
    package static let scanMatches = 200
    /// How deep the lists are that a combined search merges, at most.
    package static let fusionDepth = 1 << 16
    /// Scans that wait for their rows; the answers of others say that they were not stored.
    package static let scanBacklog = 4_096
    /// Scans whose rows one write makes.
    package static let scanBatch = 128
    /// Scans are kept this long …
    package static let scanHistory: Duration = .seconds(30 * 24 * 3_600)
    /// … and so many of one tenant.
    package static let scanHistoryCount = 100_000
    /// Bytes of one segment of a log of records, and of all that are not settled.
    package static let recordSegmentBytes = 4 << 20
    package static let recordLogBytes = 64 << 20
    /// Products that one step of a backfill embeds, and pictures and texts of them that are in memory at once.
    package static let backfillBatch = 32
    package static let backfillWave = 16
    /// Bytes of pictures that are in memory at once.
    package static let backfillWaveBytes = 64 << 20
    /// A job over a whole catalogue may take this long; it goes on where it was, however often it is begun.
    package static let productJob: Duration = .seconds(12 * 3_600)
    /// The reconciler leaves products that are younger to their own jobs.
    package static let embeddingGrace: Duration = .seconds(60)
    /// Imports of a tenant that have not ended.
    package static let openImports = 16
    /// Bytes of one line or record of an import, pictures in base64 included.
    package static let importLineBytes = 32 << 20
    /// Bytes of a record in which a quote is not closed.
    package static let importQuotedBytes = 1 << 20
    /// Rows that one write of an import makes, and bytes of their pictures.
    package static let importRows = 64
    package static let importRowBytes = 32 << 20
    /// Errors of an import that are kept; the others are counted.
    package static let importErrors = 1_000
    /// An import that was begun and not started, or has ended, is forgotten after this.
    package static let importHistory: Duration = .seconds(7 * 24 * 3_600)
    /// Entries of a zip file, bytes of its directory, and of all that it holds.
    package static let zipEntries = 50_000
    package static let zipDirectoryBytes = 16 << 20
    package static let zipBytes = 8 << 30
    /// Bytes of one entry …
    package static let zipEntryBytes = 48 << 20
    /// … and how many times as long as its packed form it may be, from a length of `zipRatioFrom` on.
    package static let zipRatio = 200
    package static let zipRatioFrom = 1 << 20
}
