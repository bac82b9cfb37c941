import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

extension Studio {
    func anchorOperations() -> [Operation] { anchorChanges() + anchorReads() }

    private func anchorChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.anchors.register", "Register a picture of a character; both are made when missing.",
                    description: """
                        Answers as soon as the picture is on disk and its row and job are committed; a \
                        job makes the vector afterwards, and recall finds the picture when that job has \
                        completed. With `wait` the answer comes then. The project and the character are \
                        made when there are none with these names. The same picture of the same character \
                        again changes nothing: `is_new` is false then.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/anchors"), Route(.post, "/api/anime/anchors")],
                    tool: "register_character_anchor",
                    attachment: .image(isRequired: true), successStatus: 201,
                    quickBodyBytes: Limits.shortPictureBytes),
                input: RegisterAnchor.self, output: RegisteredAnchor.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish)
            ) { input, context in
                let name = try StudioName(input.name, field: "name")
                let project = try ProjectKey(input.project ?? defaultProject)
                return try await register(.name(project: project, character: name), role: input.role, context)
            },
            Operation(
                .init(
                    "studio.characters.anchors.register", "Register another picture of a character.",
                    description: """
                        As `studio.anchors.register`, for a character that exists already: it is named \
                        by its identifier.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [
                        Route(.post, "/api/characters/{character_id}/anchors"),
                        Route(.post, "/api/anime/characters/{character_id}/anchors"),
                    ],
                    attachment: .image(isRequired: true), successStatus: 201,
                    quickBodyBytes: Limits.shortPictureBytes),
                input: RegisterCharacterAnchor.self, output: RegisteredAnchor.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish)
            ) { input, context in
                try await register(
                    .character(id: input.characterID), role: input.role, context)
            },
            Operation(
                .init(
                    "studio.anchors.delete", "Delete a picture with its file and vector.",
                    description: """
                        Deletes the row, the vector and the file, and cancels the job that would make \
                        the vector. The character stays.
                        """,
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/anchors/{anchor_id}"), Route(.delete, "/api/anime/anchors/{anchor_id}"),
                    ]),
                input: AnchorReference.self, output: Deletion.self, run: deleteAnchor),
        ]
    }

    private func anchorReads() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.anchors.list", "List the pictures of a character, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/characters/{character_id}/anchors"),
                        Route(.get, "/api/anime/characters/{character_id}/anchors"),
                    ]),
                input: ListAnchors.self, output: Page<Anchor>.self, run: listAnchors),
            Operation(
                .init(
                    "studio.anchors.get", "Show one picture's record.",
                    description: """
                        Answers where the picture lies, its size and checksum, its job, and whether \
                        recall finds it.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/anchors/{anchor_id}"), Route(.get, "/api/anime/anchors/{anchor_id}")]),
                input: AnchorReference.self, output: Anchor.self, run: getAnchor),
        ]
    }

    // MARK: Register

    /// The file where its owner is expected to be, then the rows where the owner is when they are committed.
    private func register(
        _ address: AnchorAddress, role: AnchorRole?, _ context: OperationContext
    ) async throws -> RegisteredAnchor {
        try await register(context.requireImage(), address, role: role, tenant: context.tenant)
    }

    /// The same for a picture that no caller has sent.
    func register(
        _ image: InspectedImage, _ address: AnchorAddress, role: AnchorRole?, tenant: Tenant
    ) async throws -> RegisteredAnchor {
        // All that needs no row, on the caller's thread: the plan runs where every other write waits for it.
        let (table, now, sha256) = (table, clock.now(), image.sha256.hex)
        let added = TenantUsage(unfinishedJobs: 1, storedBytes: Int64(image.bytes.count), records: 1)
        let taken = try await quotas?.take(added, for: tenant) { db in
            let target = try table.target(of: address, sha256: sha256, tenant: tenant, in: db)
            guard target.knownAnchorID == nil else { return TenantUsage() }
            var added = added
            added.records += (target.isNewProject ? 1 : 0) + (target.isNewCharacter ? 1 : 0)
            return added
        }
        defer { withExtendedLifetime(taken) {} }
        let id = Identifier.make(now: now)
        let extraction = try Self.extraction.request(ExtractAnchor(anchorID: id), tenant: tenant)
        return try await metrics.time(.write) {
            try await writer.write(image.bytes) { db in
                let target = try table.target(of: address, sha256: sha256, tenant: tenant, in: db)
                if let known = target.knownAnchorID {
                    return .unneeded(RegisteredAnchor(try table.anchor(known, of: tenant, in: db), isNew: false))
                }
                let anchor = Anchor.planned(
                    image, id: id, sha256: sha256, role: role ?? .primary, of: target, now: now)
                return .file(path: anchor.path) { db in
                    try insert(anchor, of: target, address, extraction, in: db)
                }
            }
        }
    }

    /// Looks again for whom the address names now: another registration may have made them meanwhile, or a merge or a
    /// deletion taken them away. The file stays where it is.
    private func insert(
        _ planned: Anchor, of expected: AnchorTarget, _ address: AnchorAddress, _ extraction: JobRequest,
        in db: any SQLConnection
    ) throws -> FileRows<RegisteredAnchor> {
        let tenant = extraction.tenant
        let target = try table.target(
            of: address, sha256: planned.sha256, tenant: tenant, proposal: expected, in: db)
        if let known = target.knownAnchorID {
            return FileRows(
                RegisteredAnchor(try table.anchor(known, of: tenant, in: db), isNew: false), namesFile: false)
        }
        try insert(target, address, tenant: tenant, in: db, now: planned.createdAt)
        var anchor = planned
        (anchor.projectID, anchor.characterID) = (target.projectID, target.characterID)
        anchor.jobID = try queue.enqueue(extraction, in: db).jobID
        try table.insertAnchor(anchor, tenant: tenant, in: db)
        return FileRows(RegisteredAnchor(anchor, isNew: true), namesFile: true)
    }

    /// Makes the project and the character that do not exist yet.
    private func insert(
        _ target: AnchorTarget, _ address: AnchorAddress, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        if case .name(let project, _) = address, target.isNewProject {
            try table.insertProject(id: target.projectID, project.name, tenant: tenant, in: db, now: now)
        }
        guard target.isNewCharacter else { return }
        let (id, project) = (target.characterID, target.projectID)
        switch address {
        case .character: return
        case .name(_, let name):
            let new = StudioTable.NewCharacter(id: id, projectID: project, name: name)
            try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        case .output(let output, _):
            let new = StudioTable.NewCharacter(
                id: id, projectID: project, name: try table.freeName(project: project, in: db), madeOf: output,
                isProvisional: true)
            try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        }
    }

    /// Waits for the vector of a registered picture.
    private func finish(
        _ registered: RegisteredAnchor, _ wait: JobWait
    ) async throws -> (RegisteredAnchor, isUnfinished: Bool) {
        var registered = registered
        let job = registered.isRemembered ? nil : try await wait.end(of: registered.jobID)
        let (table, id, tenant) = (table, registered.anchorID, wait.tenant)
        let anchor = try await store.read { db in try table.anchor(id, of: tenant, in: db) }
        registered.isRemembered = anchor.isRemembered
        registered.status = anchor.isRemembered ? .completed : job?.status
        registered.failure = anchor.isRemembered ? nil : job?.errorMessage
        return (registered, isUnfinished: job?.status.isFinal == false)
    }

    // MARK: List, get, delete

    private func listAnchors(_ input: ListAnchors, _ context: OperationContext) async throws -> Page<Anchor> {
        let page = try input.page()
        let table = table
        return try await store.read { db in
            let character = try table.character(input.characterID, of: context.tenant, in: db)
            return try table.anchors(ofCharacter: character.characterID, page, of: context.tenant, in: db)
        }
    }

    private func getAnchor(_ input: AnchorReference, _ context: OperationContext) async throws -> Anchor {
        let table = table
        return try await store.read { db in try table.anchor(input.anchorID, of: context.tenant, in: db) }
    }

    private func deleteAnchor(_ input: AnchorReference, _ context: OperationContext) async throws -> Deletion {
        let (table, tenant) = (table, context.tenant)
        let anchor = try await store.remove { db in
            let anchor = try table.anchor(input.anchorID, of: tenant, in: db)
            try remove([anchor], of: tenant, in: db)
            return anchor
        }
        try await blobs.remove(anchor.files)
        return Deletion(deleted: anchor.anchorID, DeletionCounts(anchors: 1))
    }
}

/// An anchor by its id.
struct AnchorReference: Sendable, Codable, SchemaDescribed {
    var anchorID: String

    static let fields = ["anchor_id": FieldNote("Identifier of an anchor.")]
}

/// Input of `studio.anchors.list`.
struct ListAnchors: Sendable, Codable, PagedInput {
    var characterID: String
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["character_id": FieldNote("Identifier of a character.")])
}
