import HearthCore
import HearthInference
import HearthJSON
import HearthVectors

/// Input of `faces.albums.find`.
struct FindInAlbum: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var externalUserID: String?
    var rate: FaceRate?
    var threshold: Double?
    var limit: Int?

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "external_user_id": FieldNote(
            "The user who is looked for, in the place of a picture.", minLength: 1, maxLength: Limits.faceWord,
            schema: ["format": "word"]),
        "rate": FaceRate.field,
        "threshold": FieldNote("A cosine in the place of a rate.", minimum: -1, maximum: 1),
        "limit": FieldNote(
            "Photos of the answer; 100 when absent.", minimum: 1, maximum: Double(Limits.albumMatches)),
    ]
}

/// A photo that shows the person.
struct AlbumMatch: Sendable, Codable, SchemaDescribed {
    var photoID: String
    var name: String?
    var faceID: String
    var region: PictureRegion
    var similarity: Double

    static let fields = [
        "region": FieldNote("The person's face, in fractions of the photo's width and height."),
        "similarity": FieldNote("Cosine."),
    ]
}

/// Output of `faces.albums.find`.
struct AlbumMatches: Sendable, Codable, SchemaDescribed {
    var matches: [AlbumMatch]
    var thresholdUsed: Double
    var fmrAtThreshold: Double?
    /// Faces that were compared.
    var compared: Int
    /// Photos whose faces are not known yet.
    var pending: Int
    var model: ModelIdentity

    static let fields = [
        "matches": FieldNote("Photos that show the person, most similar first, each with the face."),
        "threshold_used": FieldNote("It rises with the number of faces."),
        "compared": FieldNote("Faces that were compared: all of the album."),
        "pending": FieldNote("Photos whose faces are not known yet: the search has not seen them."),
    ]
}

extension Faces {
    func albumSearchOperation() -> Operation {
        Operation(
            .init(
                "faces.albums.find", "Find a person in the photos of an album.",
                description: """
                    The person is a user, or the largest face of a picture. Answers the photos with the boxes of the \
                    person's face. What was said not to be the user is left out.
                    """,
                permission: .write, hints: .adds, routes: [Route(.post, "/api/clients/albums/{album_id}/find")],
                attachment: .image(isRequired: false)),
            input: FindInAlbum.self, output: AlbumMatches.self, run: findInAlbum)
    }

    /// Who is looked for.
    private struct Sought: Sendable {
        let vectors: [[Float]]
        let negatives: [[Float]]
        let models: FaceModels
        let userID: String?
    }

    private func findInAlbum(_ input: FindInAlbum, _ context: OperationContext) async throws -> AlbumMatches {
        let strictness = try FaceStrictness(input.rate, threshold: input.threshold)
        let (client, album) = try await store.read { db in
            try self.album(input.albumID, input.client, context, in: db)
        }
        let sought = try await sought(input, client, context)
        let snapshot = try await store.read { db in
            try gallery.snapshot(.albums, of: client, model: sought.models.embedder, in: db)
        }
        let filter = VectorFilter.equals(FaceGallery.albumAttribute, .text(album.albumID))
        var (best, compared): ([String: VectorMatch], Int) = ([:], 0)
        for vector in sought.vectors {
            let found = try await gallery.search(
                vector, in: snapshot, k: Limits.albumMatches, filter: filter, deadline: context.deadline)
            compared = max(compared, found.compared)
            for match in found.matches where match.score > best[match.owner]?.score ?? -2 { best[match.owner] = match }
        }
        let threshold = try FaceThreshold(strictness, sought.models.thresholds, among: compared)
        var matches = best.values.filter { Double($0.score) >= threshold.cosine }.sorted(by: VectorMatch.isCloser)
        matches = try await withoutNegatives(matches, sought, client)
        let chosen = matches.prefix(input.limit ?? 100)
        let albums = FaceAlbumTable()
        let shown = try await store.write { db -> [AlbumMatch] in
            try note(
                "albums.find", client, user: sought.userID, by: context.principal,
                ["album_id": .string(album.albumID), "matches": .int(Int64(chosen.count))], in: db)
            let faces = try albums.faces(chosen.map(\.item), in: db)
            let names = try albums.names(ofPhotos: chosen.map(\.owner), in: db)
            return chosen.compactMap { match in
                faces[match.item].map {
                    AlbumMatch(
                        photoID: $0.photoID, name: names[$0.photoID] ?? nil, faceID: $0.faceID, region: $0.region,
                        similarity: Double(match.score))
                }
            }
        }
        return AlbumMatches(
            matches: shown, thresholdUsed: threshold.cosine, fmrAtThreshold: threshold.fmr, compared: compared,
            pending: album.pending, model: sought.models.embedder)
    }

    private func sought(
        _ input: FindInAlbum, _ client: FaceClient, _ context: OperationContext
    ) async throws -> Sought {
        guard let name = input.externalUserID else {
            guard let image = context.image else {
                throw HearthError(
                    .invalidRequest, "No person is named.", hint: "Send `external_user_id`, or a picture of the person."
                )
            }
            let picture = try await read(image.picture, of: client, until: context.deadline)
            let face = try picture.requireFace()
            return Sought(vectors: [face.vector], negatives: [], models: picture.models, userID: nil)
        }
        guard context.image == nil else {
            throw HearthError(.invalidRequest, "`external_user_id` and a picture are given both.", hint: "Send one.")
        }
        let models = try await requireFinder().models(until: context.deadline)
        let table = table
        let rows = try await store.read { db in
            try verifyRows(table.user(name, of: client, in: db), of: client, models, key: nil, address: nil, in: db)
        }
        return Sought(
            vectors: rows.templates, negatives: rows.negatives, models: models, userID: rows.user.userID)
    }

    private func withoutNegatives(
        _ matches: [VectorMatch], _ sought: Sought, _ client: FaceClient
    ) async throws -> [VectorMatch] {
        guard !sought.negatives.isEmpty else { return matches }
        let faces = try await store.read { db in
            try gallery.vectors(
                of: matches.map(\.item), .albums, of: client, model: sought.models.embedder, in: db)
        }
        return matches.filter { match in
            faces[match.item].map {
                !Self.isNegative($0, templates: sought.vectors, negatives: sought.negatives)
            } ?? false
        }
    }
}
