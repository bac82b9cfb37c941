package import HearthCore
package import HearthJSON
package import HearthJobs

package import struct Foundation.Data

/// Pictures that come with requests for outputs, not with characters: what an edit starts from, and its mask.
///
/// A request names them by their identifiers, a recipe by the hash of their bytes. They are kept as long as the history
/// of the jobs that may be tried again with them.
package struct RequestPictures: Feature, FileOwner {
    private let store: any Store
    private let blobs: any BlobStore
    private let writer: any DurableWriter
    private let queue: JobQueue
    private let clock: any WallClock
    private let quotas: TenantQuotas?
    private let table = RequestPictureTable()

    /// - Parameters:
    ///   - writer: Writes pictures with their rows; when absent, ``SeparateWriter``.
    ///   - quotas: Asked before anything is stored; nil: no tenant is limited.
    package init(
        store: any Store, blobs: any BlobStore, writer: (any DurableWriter)? = nil, queue: JobQueue,
        clock: any WallClock, quotas: TenantQuotas? = nil
    ) {
        self.store = store
        self.blobs = blobs
        self.writer = writer ?? SeparateWriter(store: store, blobs: blobs)
        self.queue = queue
        self.clock = clock
        self.quotas = quotas
    }

    // MARK: Operations

    /// The operations on pictures of requests.
    package func operations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.pictures.add", "Keep a picture that the next request for an output refers to.",
                    description: """
                        Answers its identifier: name it in `pictures` of `studio.outputs.generate`, as the picture \
                        that is changed, as the mask of the change, or as what the output shall be like. The same \
                        bytes are kept once. Its structure is checked; its pixels are decoded only by the job that \
                        uses it, which fails when they cannot be. It is deleted \
                        \(Limits.requestPictureLife.milliseconds / 86_400_000) days after it was last sent.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/pictures"), Route(.post, "/api/anime/pictures")],
                    attachment: .image(isRequired: true), successStatus: 201),
                input: NoFields.self, output: RequestPicture.self, run: add),
            Operation(Self.pruning) { _, lease, _ in
                JobOutcome(result: ["deleted": .int(Int64(try await prune(lease)))])
            },
        ]
    }

    private static let pruning = QueuedOperation(
        .init(
            "studio.pictures.prune", "Delete the pictures of requests that are long past.",
            description: "Runs by itself every hour.", permission: .operate, hints: .removes),
        plan: JobPlan(lane: .upkeep), input: NoFields.self, identity: { _ in "" })

    /// What removes pictures that nothing refers to.
    package func schedules() throws -> [Schedule] {
        [
            Schedule(
                name: Self.pruning.name, interval: .seconds(3_600),
                request: try Self.pruning.request(NoFields(), tenant: .local))
        ]
    }

    private func add(_ input: NoFields, _ context: OperationContext) async throws -> RequestPicture {
        let image = try context.requireImage()
        let (table, tenant, now) = (table, context.tenant, clock.now())
        let picture = RequestPicture(image, now: now)
        let known = try await store.write { db in
            try table.touch(sha256: picture.sha256, of: tenant, in: db, now: now)
        }
        if let known { return known }
        let usage = TenantUsage(storedBytes: Int64(picture.bytes), records: 1)
        let taken = try await quotas?.take(usage, for: tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await writer.write(image.bytes) { db in
            if let known = try table.find(sha256: picture.sha256, of: tenant, in: db) { return .unneeded(known) }
            return .file(path: picture.path) { db in
                if let known = try table.find(sha256: picture.sha256, of: tenant, in: db) {
                    return FileRows(known, namesFile: false)
                }
                try table.insert(picture, of: tenant, in: db)
                return FileRows(picture, namesFile: true)
            }
        }
    }

    private func prune(_ lease: JobLease) async throws -> Int {
        let (table, limit) = (table, clock.now() - Limits.requestPictureLife.milliseconds)
        var count = 0
        while true {
            let paths = try await queue.write(under: lease) { db in try table.deleteUnused(since: limit, in: db) }
            guard !paths.isEmpty else { return count }
            // A crash before this leaves files without rows, which the sweeper removes.
            try await blobs.remove(paths)
            count += paths.count
        }
    }

    // MARK: For recipes

    /// A picture as a recipe refers to it.
    /// - Throws: ``HearthError`` `not_found` when the tenant has no such picture.
    package static func reference(
        to id: String, as purpose: RecipeReference.Purpose, of tenant: Tenant, in db: any SQLConnection
    ) throws -> RecipeReference {
        guard let picture = try RequestPictureTable().find(id: id, of: tenant, in: db) else { throw missing }
        return RecipeReference(purpose: purpose, sha256: picture.sha256)
    }

    /// The bytes of a picture that a recipe refers to.
    /// - Throws: ``HearthError`` `unprocessable_content` when it was deleted; `file_unreadable` when it is damaged.
    package static func bytes(
        of reference: RecipeReference, tenant: Tenant, store: any Store, blobs: any BlobStore
    ) async throws -> Data {
        let picture = try await store.read { db in
            try RequestPictureTable().find(sha256: reference.sha256, of: tenant, in: db)
        }
        guard let picture else {
            throw HearthError(
                .unprocessable, "A picture that the output refers to was deleted.", hint: "Send it again.")
        }
        let bytes = try await blobs.read(picture.path)
        guard Digest256(of: bytes).hex == reference.sha256 else {
            throw HearthError(.fileUnreadable, "A picture that the output refers to is not what it was.")
        }
        return bytes
    }

    private static let missing = HearthError(
        .notFound, "There is no such picture.", hint: "`POST /api/pictures` keeps one and answers its identifier.")

    // MARK: Files

    package var fileFolders: [String] { [RequestPicture.folder] }

    /// Of these paths, those of pictures that are kept.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db)
    }

    /// A picture; nil when the tenant has none of this identifier.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        guard let picture = try table.find(id: id, of: tenant, in: db) else { return nil }
        return StoredFile(
            path: picture.path, format: picture.format, sha256: picture.sha256, bytes: picture.bytes,
            createdAt: picture.createdAt)
    }
}

/// A picture that came with a request.
package struct RequestPicture: Sendable, Codable, Equatable, SchemaDescribed {
    package var pictureID: String
    package var sha256: String
    package var format: String
    package var width: Int
    package var height: Int
    package var bytes: Int
    /// Relative to the data folder.
    var path: String
    package var createdAt: Int64

    package static let fields = [
        "picture_id": FieldNote("Identifier, UUIDv7."), "sha256": FieldNote("Of its bytes."),
        "width": FieldNote("Pixels."), "height": FieldNote("Pixels."),
        "path": FieldNote("File below the data folder."), "created_at": FieldNote("Milliseconds since 1970."),
    ]

    static let folder = "pictures"

    init(_ image: InspectedImage, now: Int64) {
        pictureID = Identifier.make(now: now)
        sha256 = image.sha256.hex
        format = image.header.format.rawValue
        (width, height, bytes) = (image.header.width, image.header.height, image.bytes.count)
        // Folders of some hundred files each.
        path = "\(Self.folder)/\(sha256.prefix(2))/\(pictureID).\(image.header.format.fileExtension)"
        createdAt = now
    }
}

/// A kept picture in the request for an output, and what it is for.
package struct PictureUse: Sendable, Codable, SchemaDescribed {
    package var pictureID: String
    package var purpose: RecipeReference.Purpose

    package static let fields = [
        "picture_id": FieldNote("Identifier of a picture that `studio.pictures.add` keeps."),
        "purpose": FieldNote(
            "`start`: it is changed, or is the first frame; `mask`: transparent or white where it may be changed; "
                + "`character`: the output shall be like it."),
    ]

    /// The picture as the recipe refers to it.
    /// - Throws: ``HearthError`` `not_found` when the tenant has no such picture.
    package func reference(of tenant: Tenant, in db: any SQLConnection) throws -> RecipeReference {
        try RequestPictures.reference(to: pictureID, as: purpose, of: tenant, in: db)
    }
}
