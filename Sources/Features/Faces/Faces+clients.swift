import HearthCore
import HearthJSON
import HearthVectorStore

/// Input of `faces.clients.create`.
struct CreateFaceClient: Sendable, Codable, SchemaDescribed {
    var client: String
    var requiresConsent: Bool?
    var requiresPhotoMatch: Bool?
    var attributes: JSONValue?

    static let fields = [
        "client": FieldNote(
            "Your own name for it, unique within the tenant.", minLength: 1, maxLength: Limits.faceWord,
            example: "gym-north", schema: ["format": "word"]),
        "requires_consent": FieldNote("Whether a user without a consent is refused; true when absent."),
        "requires_photo_match": FieldNote(
            "Whether an enrolment that does not look like the user's old photo is refused; true when absent."),
        "attributes": FlatAttributes.field,
    ]
}

/// Input of `faces.clients.update`.
struct UpdateFaceClient: Sendable, Codable, SchemaDescribed {
    var client: String
    var requiresConsent: Bool?
    var requiresPhotoMatch: Bool?
    var attributes: JSONValue?

    static let fields = CreateFaceClient.fields
}

/// A client by its name.
struct FaceClientReference: Sendable, Codable, SchemaDescribed {
    var client: String

    static let fields = ["client": FaceClient.field]
}

extension Faces {
    func clientOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.clients.create", "Make a client, whose users are its own.",
                    description: """
                        A client's users, templates and seen pictures are not known to other clients of the tenant, \
                        and are sealed with a key of its own. A call that names no client means `default`, which is \
                        made when it is first written to.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/clients")], successStatus: 201),
                input: CreateFaceClient.self, output: FaceClient.self, run: createClient),
            Operation(
                .init(
                    "faces.clients.list", "List the clients, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients")]),
                input: PageInput.self, output: Page<FaceClient>.self
            ) { input, context in
                let (table, page) = (table, try input.page())
                return try await store.read { db in try table.clients(page, of: context.tenant, in: db) }
            },
            Operation(
                .init(
                    "faces.clients.get", "Show one client.", description: "Answers its settings and attributes.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients/{client}")]),
                input: FaceClientReference.self, output: FaceClient.self
            ) { input, context in
                let table = table
                return try await store.read { db in try table.client(input.client, of: context.tenant, in: db) }
            },
            Operation(
                .init(
                    "faces.clients.update", "Change a client.",
                    description: """
                        Changes the fields that are given and leaves the others as they are. When consent is required \
                        from now on, users without one are refused from now on; what is known of them stays.
                        """,
                    permission: .write, hints: .replaces, routes: [Route(.patch, "/api/clients/{client}")]),
                input: UpdateFaceClient.self, output: FaceClient.self, run: updateClient),
            Operation(
                .init(
                    "faces.clients.delete", "Delete a client with its users, and destroy its keys.",
                    description: """
                        No call finds the client or its users from the answer on, and what was sealed for them can be \
                        opened nowhere, not in a backup either. The answer is a receipt: how much of what is deleted. \
                        Much is removed step by step after it.
                        """,
                    permission: .write, hints: .removes, routes: [Route(.delete, "/api/clients/{client}")]),
                input: FaceClientReference.self, output: FaceReceipt.self, run: deleteClient),
        ]
    }

    private func createClient(_ input: CreateFaceClient, _ context: OperationContext) async throws -> FaceClient {
        let (table, now) = (table, clock.now())
        let client = FaceClient(
            clientID: Identifier.make(now: now), tenant: context.tenant, name: try FaceClient.checked(input.client),
            requiresConsent: input.requiresConsent ?? true, requiresPhotoMatch: input.requiresPhotoMatch ?? true,
            attributes: try Self.attributes(input.attributes)?.value ?? [:], createdAt: now, updatedAt: now)
        let usage = TenantUsage(storedBytes: Int64(client.attributes.encoded().count), records: 1)
        let taken = try await quotas?.take(usage, for: context.tenant)
        defer { withExtendedLifetime(taken) {} }
        try await store.write { db in
            try table.insert(client, in: db)
            try note(
                "clients.create", client, by: context.principal,
                ["requires_consent": .bool(client.requiresConsent)], in: db)
        }
        return client
    }

    private func updateClient(_ input: UpdateFaceClient, _ context: OperationContext) async throws -> FaceClient {
        let (table, now) = (table, clock.now())
        let attributes = try Self.attributes(input.attributes)
        return try await store.write { db in
            var client = try table.client(input.client, of: context.tenant, in: db)
            client.requiresConsent = input.requiresConsent ?? client.requiresConsent
            client.requiresPhotoMatch = input.requiresPhotoMatch ?? client.requiresPhotoMatch
            client.attributes = attributes?.value ?? client.attributes
            client.updatedAt = now
            try table.update(client, in: db)
            try note(
                "clients.update", client, by: context.principal,
                [
                    "requires_consent": .bool(client.requiresConsent),
                    "requires_photo_match": .bool(client.requiresPhotoMatch),
                ], in: db)
            return client
        }
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    static func attributes(_ value: JSONValue?) throws(HearthError) -> FlatAttributes? {
        guard let value, !value.isNull else { return nil }
        return try FlatAttributes(value)
    }
}
