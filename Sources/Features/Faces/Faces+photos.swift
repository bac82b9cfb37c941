import HearthCore
import HearthInference
import HearthJSON
import HearthJobs

/// Input of `faces.photo.set`.
struct SetFacePhoto: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var wait: Bool?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field, "wait": JobWaiter.field,
    ]
}

extension Faces {
    func photoOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.photo.set", "Give a user an old profile photo, or another one.",
                    description: """
                        The photo is kept, sealed, together with the job that looks for the face in it. The template \
                        of the photo before is dropped when that job ends.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/photo")],
                    attachment: .image(isRequired: true)),
                input: SetFacePhoto.self, output: ChangedFaceUser.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish), run: setPhoto),
            Operation(
                .init(
                    "faces.photo.delete", "Delete a user's old profile photo, and its template.",
                    description: "Deletes the file and the template that was made of it.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/clients/users/{external_user_id}/photo")]),
                input: FaceUserReference.self, output: FaceUser.self, run: deletePhoto),
            Operation(
                .init(
                    "faces.photo.preload", "See to it that the template of a user's old photo is there.",
                    description: """
                        Starts the job that looks at the photo when there is no current template of it, and answers \
                        at once; with `wait` when the job has ended. An enrolment session does so by itself when it \
                        is made.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/preload")]),
                input: SetFacePhoto.self, output: ChangedFaceUser.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish), run: preload),
            Operation(Self.extraction, run: extract),
            Operation(Self.bulkExtraction, run: extractAll),
        ]
    }

    // MARK: Keeping a photo

    private func setPhoto(_ input: SetFacePhoto, _ context: OperationContext) async throws -> ChangedFaceUser {
        let (table, tenant, picture) = (table, context.tenant, try context.requireImage())
        let (client, user) = try await store.read { db in
            let client = try table.client(input.client, of: tenant, in: db)
            return (client, try table.user(input.externalUserID, of: client, in: db))
        }
        try requireConsent(user.consent, of: client)
        if user.photo?.sha256 == picture.sha256.hex {
            // The same bytes again: what is known of them stays.
            return try await store.read { db in
                ChangedFaceUser(user: try table.shown(user, of: client, in: db), jobID: nil)
            }
        }
        let usage = TenantUsage(unfinishedJobs: 1, storedBytes: Int64(picture.bytes.count))
        let taken = try await quotas?.take(usage, for: tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await keepPhoto(picture, ofUser: user.userID, user.externalUserID, client, context) { db in
            guard let user = try table.user(id: user.userID, of: tenant, in: db) else {
                throw FaceTable.missing("user")
            }
            try requireConsent(user.consent, of: table.current(client, in: db))
        }
    }

    /// Writes a photo, sealed, then the rows and the job that looks at it, in one transaction.
    /// - Parameter prepare: what comes before the photo's own rows in that transaction, such as the user's.
    func keepPhoto(
        _ picture: InspectedImage, ofUser userID: String, _ externalID: String, _ client: FaceClient,
        _ context: OperationContext, prepare: @escaping @Sendable (any SQLConnection) throws -> Void
    ) async throws -> ChangedFaceUser {
        let (table, queue, tenant, now) = (table, queue, context.tenant, clock.now())
        let (id, header) = (Identifier.make(now: now), picture.header)
        let bytes = try await sealed.sealed(
            picture.bytes, by: Self.seal(ofPhoto: id, user: userID, client: client), of: tenant)
        let path = "\(Self.folder)/\(client.clientID)/photos/\(id).sealed"
        let before = Locked<String?>(nil)
        let changed = try await metrics.time(.faceRows) {
            try await writer.write(bytes) { _ -> FilePlan<ChangedFaceUser> in
                .file(path: path) { db -> FileRows<ChangedFaceUser> in
                    try prepare(db)
                    let known = try table.user(id: userID, of: tenant, in: db)
                    before.withLock { $0 = known?.photoPath }
                    let job = try queue.enqueue(
                        Self.extraction.request(ExtractPhoto(userID: userID), tenant: tenant), in: db
                    ).jobID
                    let photo = OldPhoto(
                        photoID: id, sha256: picture.sha256.hex, bytes: picture.bytes.count,
                        format: header.format.rawValue, width: header.width, height: header.height, state: .waiting,
                        jobID: job)
                    try table.setPhoto(photo, path: path, ofUser: userID, in: db, now: now)
                    try note(
                        "photo.set", client, user: userID, by: context.principal,
                        ["photo_id": .string(id)], in: db)
                    let user = try table.shown(table.user(externalID, of: client, in: db), of: client, in: db)
                    return FileRows(
                        ChangedFaceUser(user: user, jobID: job, websocketURL: JobTicket.webSocketPath(of: job)),
                        namesFile: true)
                }
            }
        }
        // Without a row by now: what cannot be removed is swept later.
        if let old = before.withLock({ $0 }) { try? await blobs.remove(old) }
        return changed
    }

    /// By which key an old photo is sealed: the user's own, so that no backup shows it when the user is deleted.
    static func seal(ofPhoto id: String, user: String, client: FaceClient) -> FileSeal {
        FileSeal(scope: FaceClient.sealScope(of: client.clientID, user: user), context: id)
    }

    private func deletePhoto(_ input: FaceUserReference, _ context: OperationContext) async throws -> FaceUser {
        let (table, gallery, queue, now) = (table, gallery, queue, clock.now())
        let (user, path) = try await store.remove { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            guard let photo = user.photo else { throw FaceTable.missing("photo of this user") }
            if let job = photo.jobID, photo.state == .waiting {
                try queue.cancelUnfinished(job, of: context.tenant, in: db)
            }
            try gallery.remove(table.templateIDs(ofUser: user.userID, source: .photo, in: db), in: db)
            try table.deleteTemplates(ofUser: user.userID, source: .photo, in: db)
            try table.removePhoto(ofUser: user.userID, in: db, now: now)
            try note("photo.delete", client, user: user.userID, by: context.principal, in: db)
            return (
                try table.shown(table.user(input.externalUserID, of: client, in: db), of: client, in: db),
                user.photoPath
            )
        }
        if let path { try await blobs.remove(path) }
        return user
    }

    // MARK: Preloading

    private func preload(_ input: SetFacePhoto, _ context: OperationContext) async throws -> ChangedFaceUser {
        let (table, tenant) = (table, context.tenant)
        let digest = try? await finder?.models(until: context.deadline).embedder.digest
        let usage = TenantUsage(unfinishedJobs: 1)
        let taken = try await quotas?.take(usage, for: tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let client = try table.client(input.client, of: tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            guard user.photo != nil else { throw FaceTable.missing("photo of this user") }
            try requireConsent(user.consent, of: client)
            let job = try preload(user, of: client, model: digest, in: db)
            return ChangedFaceUser(
                user: try table.shown(table.user(input.externalUserID, of: client, in: db), of: client, in: db),
                jobID: job, websocketURL: job.map(JobTicket.webSocketPath))
        }
    }

    /// Lets a job look at a user's photo unless there is a template of it by the current model.
    /// - Parameter model: the digest of the current embedder; nil: whatever model made the template will do.
    /// - Returns: the job; nil when none is needed.
    func preload(
        _ user: FaceUserRow, of client: FaceClient, model: String?, in db: any SQLConnection
    ) throws -> String? {
        guard let photo = user.photo else { return nil }
        if photo.state == .extracted {
            let templates = try table.templates(ofUser: user.userID, in: db).filter { $0.source == .photo }
            if templates.contains(where: { model == nil || $0.modelDigest == model }) { return nil }
        }
        let job = try queue.enqueue(
            Self.extraction.request(ExtractPhoto(userID: user.userID), tenant: client.tenant), in: db
        ).jobID
        try table.awaitPhoto(ofUser: user.userID, job: job, in: db)
        return job
    }

    /// Waits until a user's photo was looked at.
    func finish(_ changed: ChangedFaceUser, _ wait: JobWait) async throws -> (ChangedFaceUser, isUnfinished: Bool) {
        var changed = changed
        guard let jobID = changed.jobID else { return (changed, isUnfinished: false) }
        let job = try await wait.end(of: jobID)
        let (table, tenant, shown) = (table, wait.tenant, changed.user)
        let user = try await store.read { db -> FaceUser? in
            guard let client = try table.findClient(shown.client, of: tenant, in: db),
                let user = try table.findUser(shown.externalUserID, of: client, in: db)
            else { return nil }
            return try table.shown(user, of: client, in: db)
        }
        changed.user = user ?? changed.user
        return (changed, isUnfinished: job?.status.isFinal == false)
    }
}
