import HearthCore
import HearthInference
import HearthJSON

/// Output of `faces.templates.add`.
struct AddedTemplate: Sendable, Codable, SchemaDescribed {
    var template: FaceTemplate
    /// False when this picture was enrolled before.
    var isNew: Bool
    var region: PictureRegion
    var traits: FaceTraits

    static let fields = [
        "is_new": FieldNote("False when this very picture was enrolled before."),
        "region": FieldNote("The face, in fractions of the picture's width and height."),
        "traits": FieldNote("Pose in degrees, sharpness, brightness, size and quality."),
    ]
}

/// A template of a user.
struct FaceTemplateReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var templateID: String

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field,
        "template_id": FieldNote("Identifier of a template.", schema: ["format": "uuid"]),
    ]
}

/// Output of `faces.templates.list`.
struct FaceTemplateList: Sendable, Codable, SchemaDescribed {
    var items: [FaceTemplate]

    static let fields = ["items": FieldNote("Oldest first. The vectors are never shown.")]
}

/// Output of what says that a picture does not show a user.
struct NegativeLink: Sendable, Codable, SchemaDescribed {
    var linkID: String
    var externalUserID: String
    var isNew: Bool

    static let fields = [
        "link_id": FieldNote("Identifier of the link, by which it is deleted."),
        "is_new": FieldNote("False when the same was said of this picture before."),
    ]
}

/// Input of `faces.negatives.delete`.
struct NegativeReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var externalUserID: String
    var linkID: String

    static let fields = [
        "client": FaceClient.field, "external_user_id": FaceUser.field,
        "link_id": FieldNote("Identifier of a link.", schema: ["format": "uuid"]),
    ]
}

extension Faces {
    func templateOperations() -> [Operation] { templateChanges() + negativeOperations() }

    private func templateChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.templates.add", "Enrol a user by a picture.",
                    description: """
                        The picture must show one face, sharp and from the front; else it is refused with \
                        `unprocessable_content` and the reasons. A user may have several templates. The same picture \
                        again changes nothing. Nothing of the picture is kept but the sealed template.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/templates")],
                    attachment: .image(isRequired: true), successStatus: 201),
                input: FaceUserReference.self, output: AddedTemplate.self, run: addTemplate),
            Operation(
                .init(
                    "faces.templates.list", "List the templates of a user.",
                    description: "Answers model, quality and source of each; the vectors are never shown.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/clients/users/{external_user_id}/templates")]),
                input: FaceUserReference.self, output: FaceTemplateList.self
            ) { input, context in
                let table = table
                return try await store.read { db in
                    let client = try table.client(input.client, of: context.tenant, in: db)
                    let user = try table.user(input.externalUserID, of: client, in: db)
                    return FaceTemplateList(items: try table.templates(ofUser: user.userID, in: db))
                }
            },
            Operation(
                .init(
                    "faces.templates.delete", "Delete one template of a user.",
                    description: "Deletes the row and the vector; the user is recognised by the others.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/clients/users/{external_user_id}/templates/{template_id}")]),
                input: FaceTemplateReference.self, output: FaceReceipt.self, run: deleteTemplate),
        ]
    }

    private func negativeOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.negatives.add", "Say that a picture does not show a user.",
                    description: """
                        The face of the picture is kept, sealed. From then on a face that is closer to it than to the \
                        user's templates is not taken for the user, by no call.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/not-this-person")],
                    attachment: .image(isRequired: true), successStatus: 201),
                input: FaceUserReference.self, output: NegativeLink.self, run: addNegative),
            Operation(
                .init(
                    "faces.negatives.delete", "Take back that a picture does not show a user.",
                    description: "Deletes the link and the face that was kept for it.",
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/clients/users/{external_user_id}/not-this-person/{link_id}")
                    ]),
                input: NegativeReference.self, output: FaceReceipt.self, run: deleteNegative),
        ]
    }

    // MARK: Reading pictures

    /// The faces of a picture: those that are kept when the client has shown it before.
    func read(_ picture: Picture, of client: FaceClient, until deadline: ContinuousClock.Instant) async throws
        -> ReadPicture
    {
        let finder = try requireFinder()
        let models = try await finder.models(until: deadline)
        let sha256 = picture.sha256.hex
        return try await metrics.time(.faceRead) {
            if let seen = try await pictures.find(sha256, of: client, by: models) {
                return ReadPicture(sha256: sha256, seen: seen, models: models, timings: FaceTimings(), isCached: true)
            }
            var options = FaceOptions(tenant: client.tenant, deadline: deadline)
            options.maximumFaces = Limits.facesPerPicture
            let found = try await finder.faces(in: picture, options)
            return ReadPicture(
                sha256: sha256, seen: SeenFaces(found), models: found.models, timings: found.timings, isCached: false)
        }
    }

    /// A client and one of its users, as the rows say now.
    func known(_ input: FaceUserReference, _ context: OperationContext) async throws -> (FaceClient, FaceUserRow) {
        let table = table
        return try await store.read { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            return (client, try table.user(input.externalUserID, of: client, in: db))
        }
    }

    // MARK: Templates

    private func addTemplate(_ input: FaceUserReference, _ context: OperationContext) async throws -> AddedTemplate {
        let (table, now, image) = (table, clock.now(), try context.requireImage())
        let (client, user) = try await known(input, context)
        try requireConsent(user.consent, of: client)
        let picture = try await read(image.picture, of: client, until: context.deadline)
        let face = try picture.requireOneFace(.enrolment)
        let taken = try await quotas?.take(
            TenantUsage(storedBytes: Int64(Limits.templateBytes)), for: context.tenant)
        defer { withExtendedLifetime(taken) {} }
        let embedder = picture.models.embedder
        let template = FaceTemplate(
            templateID: Identifier.make(now: now), source: .image, sha256: picture.sha256, model: embedder.id,
            modelDigest: embedder.digest, quality: Double(face.traits.quality), frames: 1, liveness: .none,
            createdAt: now)
        return try await metrics.time(.faceRows) {
            try await store.write { db in
                guard let user = try table.user(id: user.userID, of: client.tenant, in: db) else {
                    throw FaceTable.missing("user")
                }
                try requireConsent(user.consent, of: table.current(client, in: db))
                let known = try table.template(
                    ofUser: user.userID, sha256: picture.sha256, model: embedder.digest, in: db)
                if let known {
                    return AddedTemplate(template: known, isNew: false, region: face.region, traits: face.traits)
                }
                try gallery.remove(table.insertTemplate(template, ofUser: user.userID, in: db), in: db)
                try gallery.add(
                    face.vector, item: template.templateID, owner: user.userID, to: .templates, of: client,
                    model: embedder, in: db, now: now)
                try pictures.keep(picture, of: client, user: user.userID, in: db)
                try note(
                    "enrol", client, user: user.userID, by: context.principal,
                    ["template_id": .string(template.templateID), "source": "image", "model": .string(embedder.id)],
                    in: db)
                return AddedTemplate(template: template, isNew: true, region: face.region, traits: face.traits)
            }
        }
    }

    private func deleteTemplate(
        _ input: FaceTemplateReference, _ context: OperationContext
    ) async throws -> FaceReceipt {
        let table = table
        return try await store.remove { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            guard try table.templateIDs(ofUser: user.userID, in: db).contains(input.templateID) else {
                throw FaceTable.missing("template of this user")
            }
            try table.deleteTemplates([input.templateID], in: db)
            try gallery.remove([input.templateID], in: db)
            try note(
                "templates.delete", client, user: user.userID, by: context.principal,
                ["template_id": .string(input.templateID)], in: db)
            return FaceReceipt(
                deleted: input.templateID, users: 0, rows: 1, files: 0, vectors: 1, caches: 0, keys: 0,
                isFinished: true)
        }
    }

    // MARK: Not this person

    private func addNegative(_ input: FaceUserReference, _ context: OperationContext) async throws -> NegativeLink {
        let (table, now, image) = (table, clock.now(), try context.requireImage())
        let (client, user) = try await known(input, context)
        let picture = try await read(image.picture, of: client, until: context.deadline)
        let (face, embedder) = (try picture.requireFace(), picture.models.embedder)
        let id = Identifier.make(now: now)
        let taken = try await quotas?.take(
            TenantUsage(storedBytes: Int64(Limits.templateBytes)), for: context.tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            guard let user = try table.user(id: user.userID, of: client.tenant, in: db) else {
                throw FaceTable.missing("user")
            }
            _ = try table.current(client, in: db)
            let known = try table.negatives(ofUser: user.userID, model: embedder.digest, in: db)
            if let known = known.first(where: { $0.sha256 == picture.sha256 }) {
                return NegativeLink(linkID: known.id, externalUserID: user.externalUserID, isNew: false)
            }
            guard known.count < Limits.negativesOfUser else {
                throw HearthError(
                    .conflict, "\(known.count) pictures were said not to show this user.",
                    hint: "At most \(Limits.negativesOfUser) are kept; delete one first.")
            }
            try table.insertNegative(
                id: id, ofUser: user.userID, sha256: picture.sha256, model: embedder.digest, in: db, now: now)
            try gallery.add(
                face.vector, item: id, owner: user.userID, to: .negatives, of: client, model: embedder, in: db,
                now: now)
            try note(
                "not_this_person", client, user: user.userID, by: context.principal,
                ["link_id": .string(id)], in: db)
            return NegativeLink(linkID: id, externalUserID: user.externalUserID, isNew: true)
        }
    }

    private func deleteNegative(_ input: NegativeReference, _ context: OperationContext) async throws -> FaceReceipt {
        let table = table
        return try await store.remove { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            guard try table.deleteNegative(input.linkID, ofUser: user.userID, in: db) else {
                throw FaceTable.missing("link of this user")
            }
            try gallery.remove([input.linkID], in: db)
            return FaceReceipt(
                deleted: input.linkID, users: 0, rows: 1, files: 0, vectors: 1, caches: 0, keys: 0, isFinished: true)
        }
    }
}

extension FaceTable {
    /// What was said of a user's pictures, by one model.
    func negatives(
        ofUser id: String, model digest: String, in db: any SQLConnection
    ) throws -> [(id: String, sha256: String)] {
        try db.rows(
            "SELECT id, sha256 FROM face_negatives WHERE user_id = \(id) AND model_digest = \(digest) ORDER BY id"
        ) { row in (id: try row.next(), sha256: try row.next()) }
    }

    func insertNegative(
        id: String, ofUser user: String, sha256: String, model digest: String, in db: any SQLConnection, now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO face_negatives (id, user_id, sha256, model_digest, created_at)
            VALUES (\(id), \(user), \(sha256), \(digest), \(now))
            """)
    }

    /// - Returns: whether there was one.
    func deleteNegative(_ id: String, ofUser user: String, in db: any SQLConnection) throws -> Bool {
        try db.execute("DELETE FROM face_negatives WHERE id = \(id) AND user_id = \(user)") > 0
    }

    func negativeIDs(ofUser user: String, in db: any SQLConnection) throws -> [String] {
        try db.values("SELECT id FROM face_negatives WHERE user_id = \(user)", as: String.self)
    }
}
