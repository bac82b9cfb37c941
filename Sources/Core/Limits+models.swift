extension Limits {
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
    /// Work in pixels (``ImageHeader/work(ofBytes:)``) from which on a picture is large: it is decoded by a thread that
    /// others do not wait for …
    package static let largePicture = 32 << 20
    /// … and how many may wait for that; more get `overloaded`.
    package static let largePictures = 8
    /// Texts that are prepared for a model and wait for a pass.
    package static let preparedTexts = 128
    /// Weights from this size on leave memory when they are not used …
    package static let pinnedModelBytes = 1 << 30
    /// … for this long, unless the settings say otherwise.
    package static let largeModelKeepAlive: Duration = .seconds(300)
    /// How often models are checked: which to unload, and whose weights to read again.
    package static let keeperInterval: Duration = .milliseconds(500)
    /// A model that was not called for this long reads its weights once, so that they are not paged out.
    package static let modelTouch: Duration = .seconds(60)
    /// How long an interactive call waits for its model by default.
    package static let inferenceDeadline: Duration = .seconds(20)
    /// How long a caller may wait who asks for a model to be loaded.
    package static let modelLoad: Duration = .seconds(120)

    // MARK: Embeddings

    /// Inputs of `POST /embed/batch`.
    package static let embeddingBatch = 256
    /// So many vectors may be made and written on the thread of a connection.
    package static let quickInputs = 4
    /// Inputs of `POST /v1/embeddings`: OpenAI's own limit.
    package static let openAIInputs = 2_048
    /// Inputs of `POST /embed` and sentences of `POST /similarity` in TEI's shape; TEI's own default is 32.
    package static let teiInputs = 128
    /// Inputs of one request that are under way at once, so that a long list does not fill the queue.
    package static let embeddingChunk = 64
    /// Bytes of one text.
    package static let textBytes = 1 << 20
    /// Token ids of one input.
    package static let inputTokens = 65_536

    /// Texts and pictures of one request of another server's protocol; they are processed in chunks.
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

    /// Bytes of a tokenizer.json; the largest known have about 35 MB.
    package static let tokenizerBytes = 128 << 20
    /// Tokens of one vocabulary; the largest known have 262,144.
    package static let tokenizerVocabulary = 1 << 22

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
    /// … and what was not requested within this time.
    package static let cacheDatabaseLifetime: Duration = .seconds(30 * 24 * 3_600)
    /// Embeddings that wait to be written; more are not kept.
    package static let cacheWriteQueue = 1_024
    /// Rows of the cache that one write changes: they hold the writer for about a millisecond …
    package static let cacheWriteBatch = 16
    /// … and how long the writer is left to others between two of these.
    package static let cacheWritePause: Duration = .milliseconds(50)
    /// A row says to this precision when it was last used: a hit seldom costs a write.
    package static let cacheTouch: Duration = .seconds(3_600)
    /// How often old entries, and those of removed models, are searched for.
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

    /// Bytes of a `model.json`, a descriptor or the list of downloads.
    package static let manifestBytes = 1 << 20
    /// Bytes of one file of a model, and of all of them together.
    package static let modelBytes = 64 << 30
    /// A server that sends nothing for this long has stalled; the download goes on over another connection.
    package static let downloadStall: Duration = .seconds(30)
    /// How long a connection to it may take.
    package static let downloadConnect: Duration = .seconds(5)
    /// Attempts to reach a server that has not answered yet: a person waits for the word that it cannot be reached.
    package static let downloadFirstAttempts = 2
    /// Attempts in a row without a new byte …
    package static let downloadFruitlessAttempts = 6
    /// … and attempts of one file in all.
    package static let downloadAttempts = 200
    /// Pauses before the next attempt.
    package static let downloadBackoff = Backoff(first: .milliseconds(500), longest: .seconds(30))
    /// Hops from the address of a file to the place where it lies.
    package static let downloadRedirects = 5
    /// The rest of a download that was not continued for this long is removed.
    package static let abandonedDownload: Duration = .seconds(7 * 24 * 3_600)
    /// How long `hearth models verify` waits for the golden vectors of one model.
    package static let goldenVectors: Duration = .seconds(600)
    /// Pictures of one evaluation; each is compared with all others, once for each change.
    package static let evaluatedPictures = 1_000
}
