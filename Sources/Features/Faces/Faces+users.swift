import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

/// Input of `faces.users.create`.
struct CreateFaceUser: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var attributes: JSONValue?
    var consent: FaceConsent?
    var wait: Bool?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field, "attributes": FlatAttributes.field,
        "consent": FieldNote("Who has agreed to what; required unless the client opts out."),
        "wait": JobWaiter.field,
    ]
}

/// Input of `faces.users.update`.
struct UpdateFaceUser: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var attributes: JSONValue?
    var consent: FaceConsent?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field, "attributes": FlatAttributes.field,
        "consent": FieldNote("Takes the place of the consent that was there."),
    ]
}

/// A user by the client's name for it.
struct FaceUserReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String

    static let fields = ["client": FaceClient.field, "external_user_id": FaceUser.field]
}

/// Input of `faces.users.list`.
struct ListFaceUsers: Sendable, Codable, PagedInput {
    var client: String?
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["client": FaceClient.field])
}

/// Output of what creates or changes a user with a photo.
struct ChangedFaceUser: Sendable, Codable, SchemaDescribed {
    var user: FaceUser
    /// The job that looks at the old photo; absent when none does.
    var jobID: String?
    var websocketURL: String?

    static let fields = [
        "job_id": FieldNote("The job that looks at the old photo; absent when none does."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
    ]
}

extension Faces {
    func userOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.users.create", "Add a user to a client, perhaps with an old profile photo.",
                    description: """
                        Refused with `unprocessable_content` without `consent`, unless the client opts out. A job \
                        looks for the face in the photo, and the answer names it; with `wait` the answer comes when \
                        it has ended.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/clients/users")],
                    attachment: .image(isRequired: false), successStatus: 201),
                input: CreateFaceUser.self, output: ChangedFaceUser.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish), run: createUser),
            Operation(
                .init(
                    "faces.users.list", "List the users of a client, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients/users")]),
                input: ListFaceUsers.self, output: Page<FaceUser>.self
            ) { input, context in
                let (table, page) = (table, try input.page())
                return try await store.read { db in
                    guard let client = try readable(input.client, context, in: db) else {
                        return Page(items: [], nextCursor: nil)
                    }
                    return try table.users(page, of: client, in: db)
                }
            },
            Operation(
                .init(
                    "faces.users.get", "Show one user.",
                    description: "Answers attributes, consent, the state of the old photo and the number of templates.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/clients/users/{external_user_id}")]),
                input: FaceUserReference.self, output: FaceUser.self
            ) { input, context in
                let table = table
                return try await store.read { db in
                    let client = try table.client(input.client, of: context.tenant, in: db)
                    return try table.shown(table.user(input.externalUserID, of: client, in: db), of: client, in: db)
                }
            },
            Operation(
                .init(
                    "faces.users.update", "Change a user's attributes or consent.",
                    description: "Changes the fields that are given and leaves the others as they are.",
                    permission: .write, hints: .replaces,
                    routes: [Route(.patch, "/api/clients/users/{external_user_id}")]),
                input: UpdateFaceUser.self, output: FaceUser.self, run: updateUser),
            Operation(
                .init(
                    "faces.users.delete", "Delete a user with all that is known of the face.",
                    description: """
                        Deletes rows, templates, photo and seen pictures, and destroys the key of the photo. The \
                        answer is a receipt: how much of what was deleted.
                        """,
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/clients/users/{external_user_id}")]),
                input: FaceUserReference.self, output: FaceReceipt.self, run: deleteUser),
            unlockOperation(),
        ]
    }

    /// The client of a list; nil for the default one that was never written to.
    func readable(_ name: String?, _ context: OperationContext, in db: any SQLConnection) throws -> FaceClient? {
        guard name == nil || name == FaceClient.defaultName else {
            return try table.client(name, of: context.tenant, in: db)
        }
        return try table.findClient(FaceClient.defaultName, of: context.tenant, in: db)
    }

    /// - Throws: ``HearthError`` `unprocessable_content` for a user without a consent that the client requires.
    func requireConsent(_ consent: FaceConsent?, of client: FaceClient) throws(HearthError) {
        guard client.requiresConsent, consent == nil else { return }
        throw HearthError(
            .unprocessable, "The user has given no consent.",
            hint: "Send `consent` with `by` and `text_version`; a client that needs none sets `requires_consent`.",
            details: ["reason": "consent_required"])
    }

    private func createUser(_ input: CreateFaceUser, _ context: OperationContext) async throws -> ChangedFaceUser {
        let (table, tenant, now) = (table, context.tenant, clock.now())
        let externalID = try Self.externalID(input.externalUserID)
        let attributes = try Self.attributes(input.attributes) ?? .none
        let consent = try input.consent?.checked(now: now)
        // Asked before anything is written; a client that requires it from now on is asked again with the rows.
        let known = try await store.read { db in try readable(input.client, context, in: db) }
        if known?.requiresConsent ?? true, consent == nil {
            try requireConsent(nil, of: known ?? Self.unmadeDefault(tenant))
        }
        let picture = context.image
        let usage = TenantUsage(
            unfinishedJobs: picture == nil ? 0 : 1,
            storedBytes: Int64(attributes.text.utf8.count + (picture?.bytes.count ?? 0)), records: 1)
        let taken = try await quotas?.take(usage, for: tenant)
        defer { withExtendedLifetime(taken) {} }
        let client = try await store.write { db in
            try table.clientToWrite(input.client, of: tenant, in: db, now: now)
        }
        let userID = Identifier.make(now: now)
        @Sendable func insert(in db: any SQLConnection) throws {
            try requireConsent(consent, of: table.current(client, in: db))
            try table.insertUser(
                id: userID, externalID: externalID, attributes: attributes.text, consent: consent, of: client, in: db,
                now: now)
            try note(
                "users.create", client, user: userID, by: context.principal, ["has_consent": .bool(consent != nil)],
                in: db)
        }
        guard let picture else {
            return try await store.write { db in
                try insert(in: db)
                return ChangedFaceUser(
                    user: try table.shown(table.user(externalID, of: client, in: db), of: client, in: db))
            }
        }
        return try await keepPhoto(picture, ofUser: userID, externalID, client, context) { db in try insert(in: db) }
    }

    /// What the default client would be: for what is refused before it is made.
    private static func unmadeDefault(_ tenant: Tenant) -> FaceClient {
        FaceClient(
            clientID: "", tenant: tenant, name: FaceClient.defaultName, requiresConsent: true,
            requiresPhotoMatch: true, attributes: [:], createdAt: 0, updatedAt: 0)
    }

    static func externalID(_ text: String) throws(HearthError) -> String {
        let text = try CheckedWord.read(text, field: "external_user_id", limit: Limits.faceWord)
        guard text != ".", text != ".." else {
            throw HearthError(.invalidRequest, "`external_user_id` cannot be \"\(text)\", which no path can name.")
        }
        return text
    }

    private func updateUser(_ input: UpdateFaceUser, _ context: OperationContext) async throws -> FaceUser {
        let (table, now) = (table, clock.now())
        let attributes = try Self.attributes(input.attributes)
        let consent = try input.consent?.checked(now: now)
        return try await store.write { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            try table.updateUser(user.userID, attributes: attributes?.text, consent: consent, in: db, now: now)
            if let consent {
                try note(
                    "users.consent", client, user: user.userID, by: context.principal,
                    ["text_version": .string(consent.textVersion)], in: db)
            }
            return try table.shown(table.user(input.externalUserID, of: client, in: db), of: client, in: db)
        }
    }

    // MARK: Failed verifications

    private func unlockOperation() -> Operation {
        Operation(
            .init(
                "faces.users.unlock", "Allow verifications again after too many have failed.",
                description: """
                    Forgets the failures of the user, and those of a key or an address when they are named: after \
                    \(Limits.stoppedFailures) in a row nothing else does.
                    """,
                permission: .admin, hints: .removes,
                routes: [Route(.post, "/api/clients/users/{external_user_id}/unlock")]),
            input: UnlockFaceUser.self, output: UnlockedFaceUser.self, run: unlock)
    }

    private func unlock(_ input: UnlockFaceUser, _ context: OperationContext) async throws -> UnlockedFaceUser {
        let table = table
        return try await store.write { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            let subjects = AttemptSubjects(user: user.userID, key: input.keyID, address: input.address)
            let isChanged = try AttemptTable().forget(subjects.all, of: context.tenant, in: db)
            try note("users.unlock", client, user: user.userID, by: context.principal, in: db)
            return UnlockedFaceUser(externalUserID: user.externalUserID, wasLocked: isChanged)
        }
    }
}

/// Input of `faces.users.unlock`.
struct UnlockFaceUser: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var keyID: String?
    var address: String?

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field,
        "key_id": FieldNote("A key whose failures are forgotten too."),
        "address": FieldNote("A network address whose failures are forgotten too.", maxLength: 64),
    ]
}

/// Output of `faces.users.unlock`.
struct UnlockedFaceUser: Sendable, Codable, SchemaDescribed {
    var externalUserID: String
    var wasLocked: Bool

    static let fields = ["was_locked": FieldNote("Whether there were failures to forget.")]
}
