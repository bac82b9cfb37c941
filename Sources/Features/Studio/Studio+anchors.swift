import Crypto
import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

import struct Foundation.Data

extension Studio {
    func anchorOperations() throws -> [Operation] {
        [
            try Operation(
                .init(
                    "studio.anchors.register", "Register a picture of a character; both are made when missing.",
                    permission: .write,
                    routes: [Route(.post, "/api/anchors"), Route(.post, "/api/anime/anchors")],
                    attachment: AttachmentRule(field: "image", isRequired: true), successStatus: 201),
                input: RegisterAnchor.self, output: RegisteredAnchor.self
            ) { input, context in
                let name = try StudioName(input.name, field: "name")
                return try await register(
                    .name(project: input.project ?? defaultProject, character: name), role: input.role,
                    image: context.attachment?.bytes ?? input.imageBase64, context)
            },
            try Operation(
                .init(
                    "studio.characters.anchors.register", "Register another picture of a character.",
                    permission: .write,
                    routes: [
                        Route(.post, "/api/characters/{character_id}/anchors"),
                        Route(.post, "/api/anime/characters/{character_id}/anchors"),
                    ],
                    attachment: AttachmentRule(field: "image", isRequired: true), successStatus: 201),
                input: RegisterCharacterAnchor.self, output: RegisteredAnchor.self
            ) { input, context in
                try await register(
                    .character(id: input.characterID), role: input.role,
                    image: context.attachment?.bytes ?? input.imageBase64, context)
            },
            try Operation(
                .init(
                    "studio.anchors.list", "List the pictures of a character, newest first.", permission: .read,
                    routes: [
                        Route(.get, "/api/characters/{character_id}/anchors"),
                        Route(.get, "/api/anime/characters/{character_id}/anchors"),
                    ]),
                input: ListAnchors.self, output: Page<Anchor>.self, run: listAnchors),
            try Operation(
                .init(
                    "studio.anchors.get", "Show one picture's record.", permission: .read,
                    routes: [Route(.get, "/api/anchors/{anchor_id}"), Route(.get, "/api/anime/anchors/{anchor_id}")]),
                input: AnchorReference.self, output: Anchor.self, run: getAnchor),
            try Operation(
                .init(
                    "studio.anchors.delete", "Delete a picture with its file and vector.", permission: .write,
                    routes: [
                        Route(.delete, "/api/anchors/{anchor_id}"), Route(.delete, "/api/anime/anchors/{anchor_id}"),
                    ]),
                input: AnchorReference.self, output: Deletion.self, run: deleteAnchor),
        ]
    }

    // MARK: Register

    /// A picture that has passed inspection.
    private struct Inspected: Sendable {
        let bytes: Data
        let header: ImageHeader
        let sha256: String
    }

    /// File first, then the rows and the job in one transaction: there is never a row without its file.
    private func register(
        _ address: AnchorAddress, role: AnchorRole?, image: Data?, _ context: OperationContext
    ) async throws -> RegisteredAnchor {
        guard let image else {
            throw HearthError(.invalidRequest, "The image is missing.", hint: "Send it as `image_base64`.")
        }
        let inspected = try await metrics.time(.inspect) {
            Inspected(bytes: image, header: try ImageProbe.inspect(image), sha256: Self.sha256(image))
        }
        let (table, tenant) = (table, context.tenant)
        let (expected, existing) = try await store.read { db in
            let target = try table.target(of: address, tenant: tenant, in: db)
            return (target, try table.anchor(ofCharacter: target.characterID, sha256: inspected.sha256, in: db))
        }
        if let existing { return RegisteredAnchor(existing, isNew: false) }
        return try await write(inspected, role: role ?? .primary, to: expected, address, context)
    }

    /// Writes the file where it is expected to belong, and the rows where it belongs when they are committed.
    private func write(
        _ image: Inspected, role: AnchorRole, to expected: AnchorTarget, _ address: AnchorAddress,
        _ context: OperationContext
    ) async throws -> RegisteredAnchor {
        let now = clock.now()
        let id = Identifier.make(now: now)
        let path = Anchor.path(
            project: expected.projectID, character: expected.characterID, anchor: id,
            fileExtension: image.header.format.fileExtension, now: now)
        try await metrics.time(.file) { try await blobs.write(image.bytes, to: path) }
        do {
            let anchor = Anchor(
                anchorID: id, characterID: expected.characterID, projectID: expected.projectID, role: role, path: path,
                url: StoredFile.url(of: id), sha256: image.sha256, bytes: image.bytes.count,
                format: image.header.format.rawValue,
                width: image.header.width, height: image.header.height, jobID: "", isRemembered: false,
                createdAt: now)
            let (committed, isNew) = try await metrics.time(.rows) {
                try await commit(anchor, to: expected, address, tenant: context.tenant)
            }
            if !isNew { try await blobs.remove(path) }
            return RegisteredAnchor(committed, isNew: isNew)
        } catch {
            // What cannot be removed now is swept later: it has no row.
            try? await blobs.remove(path)
            throw error
        }
    }

    /// Looks again for whom the address names now: another registration may have made them meanwhile, or a merge or a
    /// deletion taken them away. The file stays where it is.
    private func commit(
        _ anchor: Anchor, to expected: AnchorTarget, _ address: AnchorAddress, tenant: Tenant
    ) async throws -> (anchor: Anchor, isNew: Bool) {
        let (table, queue) = (table, queue)
        return try await store.write { db in
            let target = try table.target(of: address, tenant: tenant, proposal: expected, in: db)
            if let existing = try table.anchor(ofCharacter: target.characterID, sha256: anchor.sha256, in: db) {
                return (existing, false)
            }
            try insert(target, address, tenant: tenant, in: db, now: anchor.createdAt)
            var anchor = anchor
            (anchor.projectID, anchor.characterID) = (target.projectID, target.characterID)
            anchor.jobID = try queue.enqueue(extraction(of: anchor.anchorID, tenant: tenant), in: db).jobID
            try table.insertAnchor(anchor, tenant: tenant, in: db)
            return (anchor, true)
        }
    }

    /// Makes the project and the character that do not exist yet.
    private func insert(
        _ target: AnchorTarget, _ address: AnchorAddress, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        guard case .name(let project, let character) = address else { return }
        if target.isNewProject {
            let name = try StudioName(project, field: "project")
            try table.insertProject(id: target.projectID, name, tenant: tenant, in: db, now: now)
        }
        if target.isNewCharacter {
            let new = StudioTable.NewCharacter(
                id: target.characterID, projectID: target.projectID, name: character, description: nil)
            try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        }
    }

    private static func sha256(_ bytes: Data) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }

    // MARK: List, get, delete

    private func listAnchors(_ input: ListAnchors, _ context: OperationContext) async throws -> Page<Anchor> {
        let page = try PageRequest(cursor: input.cursor, limit: input.limit)
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
        let (table, vectors, tenant) = (table, vectors, context.tenant)
        let anchor = try await store.write { db in
            let anchor = try table.anchor(input.anchorID, of: tenant, in: db)
            try vectors.remove(items: [anchor.anchorID], in: db)
            try table.deleteAnchor(anchor.anchorID, of: tenant, in: db)
            return anchor
        }
        try await cancelExtractions(of: [anchor], tenant: tenant)
        try await blobs.remove(anchor.files)
        return Deletion(deleted: anchor.anchorID, anchorCount: 1)
    }
}

/// An anchor by its id.
struct AnchorReference: Sendable, Codable, SchemaDescribed {
    var anchorID: String

    static let fields = ["anchor_id": FieldNote("Identifier of an anchor.")]
}

/// Input of `studio.anchors.list`.
struct ListAnchors: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var cursor: String?
    var limit: Int?

    static let fields = pageFields.merging(["character_id": FieldNote("Identifier of a character.")]) { first, _ in
        first
    }
}
