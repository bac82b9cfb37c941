/// Every limit of Hearth in one place: a queue, cache, body or wait that is not bounded here is a defect. The files
/// beside this one, `Limits+….swift`, have those of jobs, models and vectors.
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
    /// Requests of one connection that wait for their answers.
    package static let pipelinedRequests = 128
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
    /// Bytes of request bodies, and of answers that wait for their readers, held at once; more get `overloaded`.
    package static let bodyBytesInFlight = 512 << 20
    /// Each tenant and each address may hold so many times as many of them as are left for all.
    package static let bodyShare = 3
    /// Answers from this size on are counted.
    package static let countedAnswer = 64 << 10
    /// Memory of an answer of records on its way from rows to JSON, as a multiple of the rows: vectors become numbers
    /// of a JSON value each, and then text.
    package static let answerMemory = 6
    /// Threads for requests with longer bodies than ``shortBodyBytes``.
    package static let requestThreads = 8
    /// Connections beyond ``connections`` that are accepted: one that waits for its client is closed for each of them.
    package static let connectionReserve = 64
    /// Connections that the kernel keeps until the server takes them; with fewer, a burst of them makes all others wait
    /// a second, until their clients ask again. The kernel has a limit of its own (`net.core.somaxconn`).
    package static let connectionBacklog = 4_096
    /// Running requests may finish within this after SIGTERM, and so may the jobs of a worker.
    package static let drain: Duration = .seconds(10)
    /// A server that is asked to end has this long: its doors drain, then its workers, one role after the other …
    package static let serverDrain: Duration = drain * 3 + .seconds(5)
    /// … and this long until nothing of it is left: what still ran was cancelled, and workers drained once more.
    package static let serverEnd: Duration = serverDrain + drain + .seconds(5)

    /// Answers of text from this size on are packed for clients that take them so …
    package static let compressedAnswer = 1 << 10
    /// … and vectors of the quick routes from this one on: packing a few of them takes longer than making them.
    package static let compressedVectors = 64 << 10
    /// Bytes that are packed before the thread is offered to others.
    package static let compressionPiece = 64 << 10

    // MARK: Identity

    /// Characters of a tenant's name.
    package static let tenantLength = 64
    /// Usable keys of a tenant.
    package static let keysOfTenant = 1_000
    /// Keys of a tenant that have ended and are still listed; the oldest are deleted.
    package static let endedKeysOfTenant = 1_000
    /// Usable keys of all tenants together. They are in memory, and the tenant `local` is not bound by it.
    package static let keys = 100_000
    /// A key that was revoked or has expired is listed this long.
    package static let keyHistory: Duration = .seconds(90 * 24 * 3_600)
    /// Longest time until a key expires.
    package static let keyLife: Duration = .seconds(10 * 365 * 24 * 3_600)
    /// How long the secret before a rotation is still accepted, unless the caller says otherwise.
    package static let keyOverlap: Duration = .seconds(24 * 3_600)
    /// Limited keys whose limits a key shares because they have made it, one after the other.
    package static let keyMakers = 8
    /// How often a front looks whether keys have changed …
    package static let keyRefresh: Duration = .seconds(1)
    /// … and after how many looks it writes down when keys were last used.
    package static let keyUseRounds = 60
    /// How often a connection that stays open looks whether its credential is still accepted.
    package static let credentialCheck: Duration = .seconds(1)
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
    /// Rates that are kept at once …
    package static let rateBuckets = 20_000
    /// … and those of them that are of one tenant; keys beyond share one of their tenant.
    package static let rateBucketsOfTenant = 2_000
    /// How often rates that make no difference are removed, at most.
    package static let rateCleaning: Duration = .seconds(1)
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
    /// Bytes that a decoder may have to hold at once for a picture: all of it where rows do not come one after the
    /// other (interlaced, progressive, lossless WebP, GIF), one row of tiles in tiled TIFF.
    package static let heldPictureBytes = 192 << 20
    /// Scans of a JPEG; encoders write about ten.
    package static let pictureScans = 100
    /// Pixels times scans of a picture: each scan goes over all pixels.
    package static let scannedPixels = 2_000_000_000

    // MARK: Names and pages

    /// Unicode scalars of a project's or character's name.
    package static let nameLength = 200
    package static let pageSize = 500
    /// Names of a tenant's things that a misspelt one is compared with.
    package static let comparedNames = 200
    package static let defaultPageSize = 50
    /// Matches of one recall.
    package static let recallMatches = 100

    // MARK: Store

    /// Writes that may wait for the writer; more get `overloaded`.
    package static let waitingWrites = 10_000
    /// Writes that share one commit.
    package static let groupedWrites = 256
    /// A transaction that has touched so many rows takes no further write; the next one begins with it. A row takes
    /// some 30 µs, so that no transaction holds the only writer for much longer than 100 ms.
    package static let transactionRows = 1_000
    /// Items that one step of a long change or deletion takes at most, one or two rows each: others write between two
    /// steps.
    package static let stepItems = 500
    /// Anchors of one step, with up to ten rows each: vectors, removals, jobs and their events.
    package static let stepAnchors = 100
    /// Bytes of the items that one step takes, as long as it takes more than one.
    package static let stepBytes = 8 << 20
    /// Steps that a caller waits for who has asked for a deletion; later ones follow after the answer …
    package static let stepsAtOnce = 8
    /// … of a loop that looks for work this often, and less often while it fails.
    package static let deletionPause = Backoff(first: .seconds(1), longest: .seconds(60))
    /// Statements whose column names are kept.
    package static let cachedStatements = 512
    /// Pauses of what must be written in the end, while the store refuses it.
    package static let storePause = Backoff(first: .seconds(1), longest: .seconds(60))
    /// How long a connection waits for another process's write.
    package static let storeBusy: Duration = .seconds(10)
    /// Disk space that is kept for deletions …
    package static let diskReserveBytes = 16 << 20
    /// … and how often the server looks whether it has it, whether it can write, and what else is lost.
    package static let healthInterval: Duration = .seconds(5)
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
    /// … and for how long they must have been seen without one: longer than any writer takes between writing a file
    /// and committing its row.
    package static let orphanAge: Duration = .seconds(3_600)
    /// Files without a row that are remembered from one sweep to the next.
    package static let sweptFiles = 50_000
    /// Staged files that were not adopted are removed when they have been seen for this long; longer than a job may
    /// take.
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
    /// Unicode scalars of the name of an attribute of a product or of a user with a face.
    package static let attributeName = 100
    package static let productImages = 32
    /// Matches of one scan.
    package static let scanMatches = 200
    /// How deep the lists are that a combined search merges, at most; then it scores all products, …
    package static let fusionDepth = 1 << 14
    /// … so many at a time.
    package static let fusionPage = 4_096
    /// What the weights of one template count in a tenant's bytes.
    package static let templateSettingBytes = 256
    /// Scans that wait for their rows; the answers of others say that they were not stored.
    package static let scanBacklog = 4_096
    /// Scans whose rows one write makes.
    package static let scanBatch = 128
    /// Lives of a server of which it is known how far the logs of their scans were stored.
    package static let scanRuns = 1_000
    /// Scans are kept this long …
    package static let scanHistory: Duration = .seconds(30 * 24 * 3_600)
    /// … and so many of one tenant.
    package static let scanHistoryCount = 100_000
    /// Bytes of one segment of a log of records, and of all that are not settled.
    package static let recordSegmentBytes = 4 << 20
    package static let recordLogBytes = 64 << 20
    /// Products that one step of a backfill embeds, and pictures and texts of them that are in memory at once.
    package static let backfillBatch = 32
    package static let backfillChunk = 16
    /// Bytes of pictures that are in memory at once.
    package static let backfillChunkBytes = 64 << 20
    /// A job over all products may take this long; each attempt continues where the one before stopped.
    package static let productJob: Duration = .seconds(12 * 3_600)
    /// The reconciler leaves products that are younger to their own jobs.
    package static let embeddingGrace: Duration = .seconds(60)
    /// Imports of a tenant that have not ended.
    package static let openImports = 16
    /// Pieces in which an import arrives.
    package static let importPieces = 10_000
    /// Bytes of one line or record of an import, pictures in base64 included.
    package static let importLineBytes = 32 << 20
    /// Bytes of a record in which a quote is not closed.
    package static let importQuotedBytes = 1 << 20
    /// Rows that one write of an import makes, and bytes of their pictures.
    package static let importRows = 64
    package static let importRowBytes = 32 << 20
    /// Bytes of the pictures in an archive that one of its rows names: they are in memory together.
    package static let importPictureBytes = 96 << 20
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
