import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectors

/// Input of `faces.albums.create`.
struct CreateFaceAlbum: Sendable, Codable, SchemaDescribed {
    var client: String?
    var name: String

    static let fields = [
        "client": FaceClient.field,
        "name": FieldNote(
            "Unique within the client.", minLength: 1, maxLength: Limits.faceWord, schema: ["format": "word"]),
    ]
}

/// An album by its identifier.
struct AlbumReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String

    static let fields = ["client": FaceClient.field, "album_id": albumField]
}

/// Input of `faces.albums.photos.list`.
struct ListAlbumPhotos: Sendable, Codable, PagedInput {
    var client: String?
    var albumID: String
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["client": FaceClient.field, "album_id": albumField])
}

/// Input of `faces.albums.photos.add`.
struct AddAlbumPhoto: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var name: String?

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "name": FieldNote(
            "Your own name for the photo.", minLength: 1, maxLength: Limits.faceWord, schema: ["format": "word"]),
    ]
}

/// Output of `faces.albums.photos.add`.
struct AddedAlbumPhoto: Sendable, Codable, SchemaDescribed {
    var photo: AlbumPhoto
    /// False when the album had these bytes already.
    var isNew: Bool
    var websocketURL: String

    static let fields = [
        "is_new": FieldNote("False when the album has these very bytes already."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
    ]
}

/// A photo of an album by its identifier.
struct AlbumPhotoReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var photoID: String

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "photo_id": FieldNote("Identifier of a photo.", schema: ["format": "uuid"]),
    ]
}

/// Input of `faces.albums.read`.
struct ReadAlbumPhoto: Sendable, Codable, SchemaDescribed {
    var photoID: String

    static let fields = ["photo_id": FieldNote("Identifier of a photo.")]
}

let albumField = FieldNote("Identifier of an album.", schema: ["format": "uuid"])

extension Faces {
    func albumOperations() -> [Operation] {
        albumChanges() + photoOfAlbumOperations() + [albumSearchOperation(), Operation(Self.reading, run: readPhoto)]
    }

    private func albumChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.albums.create", "Make an album: a set of photos in which people are looked for.",
                    description: "Add photos to it; their faces are read by jobs, and kept sealed.",
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/clients/albums")],
                    successStatus: 201),
                input: CreateFaceAlbum.self, output: FaceAlbum.self
            ) { input, context in
                let (table, now) = (table, clock.now())
                let name = try CheckedWord.read(input.name, field: "name", limit: Limits.faceWord)
                let id = Identifier.make(now: now)
                return try await store.write { db in
                    let client = try table.clientToWrite(input.client, of: context.tenant, in: db, now: now)
                    try FaceAlbumTable().insert(id, name, of: client, in: db, now: now)
                    return try FaceAlbumTable().album(id, of: client, in: db)
                }
            },
            Operation(
                .init(
                    "faces.albums.list", "List the albums of a client, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients/albums")]),
                input: ListFaceUsers.self, output: Page<FaceAlbum>.self
            ) { input, context in
                let page = try input.page()
                return try await store.read { db in
                    guard let client = try readable(input.client, context, in: db) else {
                        return Page(items: [], nextCursor: nil)
                    }
                    return try FaceAlbumTable().albums(page, of: client, in: db)
                }
            },
            Operation(
                .init(
                    "faces.albums.get", "Show one album.",
                    description: "Answers how many photos it has, and how many of them are not read yet.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients/albums/{album_id}")]),
                input: AlbumReference.self, output: FaceAlbum.self
            ) { input, context in
                try await store.read { db in try album(input.albumID, input.client, context, in: db).album }
            },
            Operation(
                .init(
                    "faces.albums.delete", "Delete an album with its photos and their faces.",
                    description: "No call finds it from the answer on; much is removed step by step after it.",
                    permission: .write, hints: .removes, routes: [Route(.delete, "/api/clients/albums/{album_id}")]),
                input: AlbumReference.self, output: FaceAlbum.self, run: deleteAlbum),
        ]
    }

    private func photoOfAlbumOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.albums.photos.add", "Add a photo to an album.",
                    description: """
                        The photo is kept, sealed, together with the job that reads its faces. The same bytes again \
                        change nothing.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/clients/albums/{album_id}/photos")],
                    attachment: .image(isRequired: true), successStatus: 201),
                input: AddAlbumPhoto.self, output: AddedAlbumPhoto.self, run: addAlbumPhoto),
            Operation(
                .init(
                    "faces.albums.photos.list", "List the photos of an album, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/clients/albums/{album_id}/photos")]),
                input: ListAlbumPhotos.self, output: Page<AlbumPhoto>.self
            ) { input, context in
                let page = try input.page()
                return try await store.read { db in
                    try FaceAlbumTable().photos(
                        page, of: album(input.albumID, input.client, context, in: db).album, in: db)
                }
            },
            Operation(
                .init(
                    "faces.albums.photos.delete", "Delete a photo of an album, with its faces.",
                    description: "Deletes the file, the rows and the vectors.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/clients/albums/{album_id}/photos/{photo_id}")]),
                input: AlbumPhotoReference.self, output: FaceReceipt.self, run: deleteAlbumPhoto),
        ]
    }

    /// A client's album, as its row is now.
    func album(
        _ id: String, _ client: String?, _ context: OperationContext, in db: any SQLConnection
    ) throws -> (client: FaceClient, album: FaceAlbum) {
        guard let client = try readable(client, context, in: db) else { throw FaceTable.missing("album") }
        return (client, try FaceAlbumTable().album(id, of: client, in: db))
    }

    // MARK: Photos

    private func addAlbumPhoto(_ input: AddAlbumPhoto, _ context: OperationContext) async throws -> AddedAlbumPhoto {
        let (queue, now, tenant) = (queue, clock.now(), context.tenant)
        let (image, albums) = (try context.requireImage(), FaceAlbumTable())
        let name = try input.name.map { try CheckedWord.read($0, field: "name", limit: Limits.faceWord) }
        let client = try await store.read { db in try album(input.albumID, input.client, context, in: db).client }
        let taken = try await quotas?.take(
            TenantUsage(unfinishedJobs: 1, storedBytes: Int64(image.bytes.count), records: 1), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        let (id, header, sha256) = (Identifier.make(now: now), image.header, image.sha256.hex)
        let bytes = try await sealed.sealed(image.bytes, by: Self.seal(ofPhoto: id, client: client), of: tenant)
        let path = "\(Self.folder)/\(client.clientID)/albums/\(id).sealed"
        @Sendable func present(in db: any SQLConnection) throws -> AddedAlbumPhoto? {
            try albums.findPhoto(sha256: sha256, of: input.albumID, in: db).map {
                AddedAlbumPhoto(photo: $0, isNew: false, websocketURL: JobTicket.webSocketPath(of: $0.jobID))
            }
        }
        return try await writer.write(bytes) { db -> FilePlan<AddedAlbumPhoto> in
            if let known = try present(in: db) { return .unneeded(known) }
            return .file(path: path) { db -> FileRows<AddedAlbumPhoto> in
                let album = try album(input.albumID, input.client, context, in: db).album
                if let known = try present(in: db) { return FileRows(known, namesFile: false) }
                let job = try queue.enqueue(
                    Self.reading.request(ReadAlbumPhoto(photoID: id), tenant: tenant), in: db
                ).jobID
                let photo = AlbumPhoto(
                    photoID: id, name: name, sha256: sha256, bytes: image.bytes.count,
                    format: header.format.rawValue, width: header.width, height: header.height, state: .waiting,
                    jobID: job, createdAt: now)
                try albums.insert(photo, path: path, of: album, in: db)
                return FileRows(
                    AddedAlbumPhoto(photo: photo, isNew: true, websocketURL: JobTicket.webSocketPath(of: job)),
                    namesFile: true)
            }
        }
    }

    /// By which key a photo of an album is sealed.
    private static func seal(ofPhoto id: String, client: FaceClient) -> FileSeal {
        FileSeal(scope: client.sealScope, context: id)
    }

    private func deleteAlbumPhoto(
        _ input: AlbumPhotoReference, _ context: OperationContext
    ) async throws -> FaceReceipt {
        let (gallery, queue, albums) = (gallery, queue, FaceAlbumTable())
        let (paths, faces) = try await store.remove { db in
            let album = try album(input.albumID, input.client, context, in: db).album
            let photo = try albums.photo(input.photoID, of: context.tenant, in: db)
            guard photo?.albumID == album.albumID else { throw FaceTable.missing("photo of this album") }
            let deleted = try albums.deletePhotos([input.photoID], in: db)
            try gallery.remove(deleted.faces, in: db)
            let job = try Self.reading.request(ReadAlbumPhoto(photoID: input.photoID), tenant: context.tenant)
            if photo?.state == .waiting, let jobID = try queue.table.unfinishedJob(like: job, in: db) {
                try queue.cancelUnfinished(jobID, of: context.tenant, in: db)
            }
            return deleted
        }
        try await blobs.remove(paths)
        return FaceReceipt(
            deleted: input.photoID, users: 0, rows: 1 + faces.count, files: paths.count, vectors: faces.count,
            caches: 0, keys: 0, isFinished: true)
    }

    private func deleteAlbum(_ input: AlbumReference, _ context: OperationContext) async throws -> FaceAlbum {
        let now = clock.now()
        let deleted = try await store.remove { db in
            let (client, album) = try album(input.albumID, input.client, context, in: db)
            try FaceAlbumTable().hide(album.albumID, in: db, now: now)
            try note(
                "albums.delete", client, by: context.principal, ["album_id": .string(album.albumID)], in: db)
            return album
        }
        var isMore = true
        for _ in 0..<Limits.stepsAtOnce where isMore { isMore = try await stepOfAlbum(deleted.albumID) }
        return deleted
    }

    /// Removes some photos of an album that is being deleted.
    /// - Returns: whether there may be more.
    func stepOfAlbum(_ id: String) async throws -> Bool {
        let gallery = gallery
        let step = try await store.remove { db in
            let step = try FaceAlbumTable().deleteSome(of: id, in: db)
            try gallery.remove(step.faces, in: db)
            return step
        }
        try await blobs.remove(step.paths)
        return !step.isLast
    }

    // MARK: Reading

    static let reading = QueuedOperation(
        .init(
            "faces.albums.read", "Read the faces of a photo of an album.",
            description: "Finds all faces and keeps their templates, sealed, together with the end of the job.",
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .embed, control: .write), input: ReadAlbumPhoto.self, subject: \.photoID,
        identity: \.photoID)

    private func readPhoto(_ input: ReadAlbumPhoto, _ lease: JobLease, _ progress: JobProgress) async throws
        -> JobOutcome
    {
        let (table, tenant, albums) = (table, lease.tenant, FaceAlbumTable())
        let known = try await store.read { db -> (FaceClient, album: String, path: String)? in
            guard let photo = try albums.photo(input.photoID, of: tenant, in: db),
                let client = try table.client(id: photo.clientID, of: tenant, in: db)
            else { return nil }
            return (client, photo.albumID, photo.path)
        }
        guard let (client, album, path) = known else {
            return JobOutcome(result: ["skipped": "There is no such photo."])
        }
        let bytes = try await sealed.read(path, by: Self.seal(ofPhoto: input.photoID, client: client))
        _ = try await jobModels()
        var options = FaceOptions(tenant: tenant, deadline: .now + Self.reading.plan.timeout)
        options.priority = .background
        let found: FoundFaces
        do {
            found = try await requireFinder().faces(in: Picture(bytes), options)
        } catch let error as HearthError where error.code == .invalidImage || error.code == .imageTooLarge {
            return JobOutcome(result: ["faces": 0, "failure": .string(error.message)]) { db in
                _ = try albums.end(input.photoID, .failed, failure: error.message, in: db)
            }
        }
        let now = clock.now()
        return JobOutcome(result: ["faces": .int(Int64(found.faces.count))]) { db in
            guard try table.client(id: client.clientID, of: tenant, in: db) != nil,
                try albums.end(input.photoID, .read, failure: nil, in: db)
            else { return }
            for face in found.faces {
                guard let template = face.template else { continue }
                let id = Identifier.make(now: now)
                try albums.insertFace(
                    id, of: input.photoID, face.region, quality: Double(face.traits.quality),
                    model: found.models.embedder.digest, in: db)
                try gallery.add(
                    template.values, item: id, owner: input.photoID, to: .albums, of: client,
                    model: found.models.embedder, attributes: [FaceGallery.albumAttribute: .text(album)], in: db,
                    now: now)
            }
        }
    }
}
