import HearthCore
import HearthInference
import HearthJSON
import HearthJobs

import struct Foundation.Data

/// Input of `faces.photos.extract`.
struct ExtractPhoto: Sendable, Codable, SchemaDescribed {
    var userID: String

    static let fields = ["user_id": FieldNote("Identifier of a user.")]
}

/// Input of `faces.photos.extract_all`.
struct ExtractPhotos: Sendable, Codable, SchemaDescribed {
    var client: String?
    var dryRun: Bool?

    static let fields = [
        "client": FaceClient.field,
        "dry_run": FieldNote("Only count: the job's result says how many there are."),
    ]
}

extension Faces {
    static let extraction = QueuedOperation(
        .init(
            "faces.photos.extract", "Make a template of a user's old photo.",
            description: """
                Tries \(PhotoStrategy.all.count) strategies one after the other until one finds a good face: sizes, \
                thresholds, padding, turns, tiles. Which one won is kept with the user. One job for each user is \
                unfinished at most.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .embed, timeout: Limits.photoJob, control: .write), input: ExtractPhoto.self,
        subject: \.userID, identity: \.userID)

    static let bulkExtraction = QueuedOperation(
        .init(
            "faces.photos.extract_all", "Make templates of all old photos of a client that have none.",
            description: """
                Goes through the users, and commits each by itself, so that a job that was stopped repeats nothing. \
                The job's progress says how many are done, its result how many have a template now.
                """,
            permission: .write, hints: .addsOnce, routes: [Route(.post, "/api/clients/bulk-extract")]),
        plan: JobPlan(lane: .embed, maximumAttempts: 10, timeout: Limits.photosJob), input: ExtractPhotos.self,
        identity: { ($0.dryRun == true ? "dry run:" : "") + ($0.client ?? "") })

    /// What became of a photo, before it is a row.
    private struct Extracted: Sendable {
        let user: FaceUserRow
        let search: PhotoSearch
    }

    func extract(_ input: ExtractPhoto, _ lease: JobLease, _ progress: JobProgress) async throws -> JobOutcome {
        let (table, tenant) = (table, lease.tenant)
        let known = try await store.read { db -> (FaceUserRow, FaceClient)? in
            guard let user = try table.user(id: input.userID, of: tenant, in: db),
                let client = try table.client(id: user.clientID, of: tenant, in: db)
            else { return nil }
            return (user, client)
        }
        guard let (user, client) = known, user.photo?.state == .waiting else {
            return JobOutcome(result: ["skipped": "There is no photo that waits."])
        }
        let extracted = try await search(user, of: client) { place, strategy in
            progress.report(
                ProgressReport(
                    stage: "search", overall: 0.1 + 0.8 * Double(place) / Double(PhotoStrategy.all.count),
                    step: place + 1, steps: PhotoStrategy.all.count, message: "Trying \(strategy.name)."))
        }
        return JobOutcome(result: [
            "user_id": .string(user.userID), "found": .bool(extracted.search.hit != nil),
            "strategy": (extracted.search.hit?.strategy.name).map(JSONValue.string) ?? .null,
            "tried": .int(Int64(extracted.search.tried)),
        ]) { db in
            _ = try record(extracted, of: client, in: db)
        }
    }

    /// Looks at a photo by all strategies until one finds a good face; writes nothing.
    ///
    /// One that can never be read is an outcome too: trying it again would change nothing.
    private func search(
        _ user: FaceUserRow, of client: FaceClient, each: (Int, PhotoStrategy) -> Void = { _, _ in }
    ) async throws -> Extracted {
        let models = try await jobModels()
        do {
            let picture = Picture(try await openPhoto(user, of: client))
            let finder = try requireFinder()
            let search = try await metrics.time(.facePhoto) {
                try await PhotoSearch.run(each: each) { strategy in
                    var options = FaceOptions(tenant: client.tenant, deadline: .now + Limits.photoJob)
                    options.search = strategy.search
                    options.minimumScore = Float(models.thresholds.detectorScore * strategy.score)
                    options.maximumFaces = 3
                    options.priority = .background
                    return try await finder.faces(in: picture, options)
                }
            }
            return Extracted(user: user, search: search)
        } catch let error as HearthError where Self.unreadable.contains(error.code) {
            return Extracted(user: user, search: .refused(error.message))
        }
    }

    private static let unreadable: Set<HearthError.Code> = [
        .invalidImage, .imageTooLarge, .unsupportedMediaType, .fileUnreadable,
    ]

    /// The models, for a job: without them it waits until they are there, at no cost.
    func jobModels() async throws -> FaceModels {
        do {
            return try await requireFinder().models(until: .now + .seconds(10))
        } catch let error as HearthError where error.code == .notFound {
            throw JobFailure(
                kind: .infrastructure, code: HearthError.Code.modelNotReady.rawValue, message: error.message)
        }
    }

    private func openPhoto(_ user: FaceUserRow, of client: FaceClient) async throws -> Data {
        guard let photo = user.photo, let path = user.photoPath else { throw FaceTable.missing("photo") }
        do {
            return try await sealed.read(
                path, by: Self.seal(ofPhoto: photo.photoID, user: user.userID, client: client))
        } catch let error as HearthError where error.code == .notFound {
            throw HearthError(.fileUnreadable, "The file of the photo is gone.", cause: error)
        }
    }

    /// Makes the rows of what a photo has come to, in the caller's transaction.
    /// - Returns: whether it has a template; false also when the photo is another by now.
    private func record(_ extracted: Extracted, of client: FaceClient, in db: any SQLConnection) throws -> Bool {
        let (user, hit, now) = (extracted.user, extracted.search.hit, clock.now())
        // Deleted while it was looked at.
        guard try table.client(id: client.clientID, of: client.tenant, in: db) != nil else { return false }
        let isCurrent = try table.endPhoto(
            ofUser: user.userID, revision: user.photoRevision, hit == nil ? .noFace : .extracted,
            strategy: hit?.strategy.name, failure: extracted.search.failure, in: db)
        guard isCurrent else {
            // It has changed while it was looked at: once more, if it waits.
            if let now = try table.user(id: user.userID, of: client.tenant, in: db), now.photo?.state == .waiting {
                try queue.enqueue(
                    Self.extraction.request(ExtractPhoto(userID: user.userID), tenant: client.tenant), in: db)
            }
            return false
        }
        try gallery.remove(table.templateIDs(ofUser: user.userID, source: .photo, in: db), in: db)
        try table.deleteTemplates(ofUser: user.userID, source: .photo, in: db)
        guard let hit, let template = hit.face.template else { return false }
        let row = FaceTemplate(
            templateID: Identifier.make(now: now), source: .photo, sha256: nil,
            model: hit.models.embedder.id, modelDigest: hit.models.embedder.digest,
            quality: Double(hit.face.traits.quality), frames: 1, liveness: .none, createdAt: now)
        try table.insertTemplate(row, ofUser: user.userID, in: db)
        try gallery.add(
            template.values, item: row.templateID, owner: user.userID, to: .templates, of: client,
            model: hit.models.embedder, in: db, now: now)
        try note(
            "photo.extract", client, user: user.userID, by: nil,
            ["template_id": .string(row.templateID), "strategy": .string(hit.strategy.name)], in: db)
        return true
    }

    // MARK: All photos

    func extractAll(_ input: ExtractPhotos, _ lease: JobLease, _ progress: JobProgress) async throws -> JobOutcome {
        let (table, tenant) = (table, lease.tenant)
        let (client, total) = try await store.read { db in
            let client = try table.client(input.client, of: tenant, in: db)
            return (client, try table.countPhotosToExtract(ofClient: client.clientID, in: db))
        }
        guard input.dryRun != true else { return JobOutcome(result: ["photos": .int(Int64(total))]) }
        var (done, found, failed, last) = (0, 0, 0, "")
        while true {
            let after = last
            let users = try await store.read { db in
                try table.photosToExtract(ofClient: client.clientID, after: after, limit: 50, in: db)
            }
            guard let newest = users.last?.userID else { break }
            for user in users {
                let extracted = try await search(user, of: client)
                let isFound = try await queue.write(under: lease) { db in try record(extracted, of: client, in: db) }
                found += isFound ? 1 : 0
                failed += extracted.search.refusal == nil ? 0 : 1
                done += 1
                progress.report(
                    ProgressReport(
                        stage: "extract", overall: Double(done) / Double(max(total, done)), step: done,
                        steps: max(total, done), message: "\(done) of \(counted(max(total, done), "photo"))."))
            }
            last = newest
        }
        return JobOutcome(result: [
            "photos": .int(Int64(done)), "found": .int(Int64(found)), "failed": .int(Int64(failed)),
        ])
    }
}
