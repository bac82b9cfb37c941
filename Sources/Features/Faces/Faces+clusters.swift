import HearthCore
import HearthInference
import HearthJSON
import HearthJobs

/// Input of `faces.albums.cluster`.
struct ClusterAlbum: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var threshold: Double?

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "threshold": FieldNote("A cosine in the place of the model's own.", minimum: -1, maximum: 1),
    ]
}

/// The faces of one person in an album, as far as is known.
struct FaceCluster: Sendable, Codable, SchemaDescribed {
    var clusterID: String
    var faces: Int
    /// The best face of it.
    var photoID: String
    var region: PictureRegion

    static let fields = [
        "faces": FieldNote("How many faces it has."), "photo_id": FieldNote("The photo with the best face of it."),
        "region": FieldNote("That face, in fractions of the photo's width and height."),
    ]
}

/// Output of `faces.albums.clusters`.
struct FaceClusterList: Sendable, Codable, SchemaDescribed {
    var items: [FaceCluster]

    static let fields = ["items": FieldNote("Those with most faces first; \(Limits.pageSize) at most.")]
}

/// Input of `faces.albums.merge`.
struct MergeClusters: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var clusters: [String]

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "clusters": FieldNote(
            "Clusters that are one person; the first one stays.", minLength: 2, maxLength: Limits.mergedClusters),
    ]
}

/// Output of what merges clusters or takes it back.
struct FaceMerge: Sendable, Codable, SchemaDescribed {
    var mergeID: String
    var clusterID: String
    /// Faces that have come to another cluster.
    var faces: Int
    var isUndone: Bool

    static let fields = [
        "merge_id": FieldNote("By which the merge is undone."), "cluster_id": FieldNote("The cluster that stays."),
        "faces": FieldNote("Faces that have come to another cluster."),
        "is_undone": FieldNote("Whether the merge was taken back."),
    ]
}

/// A merge by its identifier.
struct MergeReference: Sendable, Codable, SchemaDescribed {
    var client: String?
    var albumID: String
    var mergeID: String

    static let fields = [
        "client": FaceClient.field, "album_id": albumField,
        "merge_id": FieldNote("Identifier of a merge.", schema: ["format": "uuid"]),
    ]
}

extension Faces {
    static let clustering = QueuedOperation(
        .init(
            "faces.albums.cluster", "Sort the faces of an album into people.",
            description: """
                Two faces of one photo are never one person. Clusters and merges of before are replaced. At most \
                \(Limits.clusteredFaces) faces.
                """,
            permission: .write, hints: .replaces,
            routes: [Route(.post, "/api/clients/albums/{album_id}/cluster")]),
        plan: JobPlan(lane: .embed, timeout: .seconds(600)), input: ClusterAlbum.self, subject: \.albumID,
        identity: \.albumID)

    func clusterOperations() -> [Operation] {
        [
            Operation(Self.clustering, run: cluster),
            Operation(
                .init(
                    "faces.albums.clusters", "List the people of an album.",
                    description: "Answers each cluster with the number of its faces and the best of them.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/clients/albums/{album_id}/clusters")]),
                input: AlbumReference.self, output: FaceClusterList.self
            ) { input, context in
                try await store.read { db in
                    let (_, album) = try album(input.albumID, input.client, context, in: db)
                    return FaceClusterList(items: try FaceClusterTable().clusters(of: album.albumID, in: db))
                }
            },
            Operation(
                .init(
                    "faces.albums.merge", "Say that several clusters are one person.",
                    description: "All their faces come to the first one. The merge can be undone.",
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/clients/albums/{album_id}/merges")], successStatus: 201),
                input: MergeClusters.self, output: FaceMerge.self, run: merge),
            Operation(
                .init(
                    "faces.albums.merge.undo", "Take a merge back.",
                    description: """
                        Every face comes to the cluster that it had before. Refused with `conflict` while a later \
                        merge has moved some of them: that one is undone first.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [Route(.post, "/api/clients/albums/{album_id}/merges/{merge_id}/undo")]),
                input: MergeReference.self, output: FaceMerge.self, run: undoMerge),
        ]
    }

    private func cluster(_ input: ClusterAlbum, _ lease: JobLease, _ progress: JobProgress) async throws -> JobOutcome {
        let (table, albums, tenant) = (table, FaceAlbumTable(), lease.tenant)
        let models = try await jobModels()
        let (faces, known) = try await store.read { db in
            let client = try table.client(input.client, of: tenant, in: db)
            let album = try albums.album(input.albumID, of: client, in: db)
            let faces = try albums.faces(
                ofAlbum: album.albumID, model: models.embedder.digest, limit: Limits.clusteredFaces + 1, in: db)
            return (
                faces,
                try gallery.vectors(
                    of: faces.prefix(Limits.clusteredFaces).map(\.faceID), .albums, of: client,
                    model: models.embedder, in: db)
            )
        }
        guard faces.count <= Limits.clusteredFaces else {
            throw HearthError(
                .unprocessable, "The album has more than \(Limits.clusteredFaces) faces.",
                hint: "Divide it into several albums.")
        }
        progress.report(ProgressReport(stage: "compare", overall: 0.2, message: "Comparing the faces."))
        let compared = faces.compactMap { face in known[face.faceID].map { (face, $0) } }
        let clustering = FaceClustering(
            compared.map { FaceClustering.Face(vector: $0.1, photo: $0.0.photoID) },
            threshold: input.threshold ?? models.thresholds.cosine)
        try Task.checkCancellation()
        var ids: [Int: String] = [:]
        var assigned: [(face: String, cluster: String)] = []
        for (place, group) in clustering.groups.enumerated() {
            let id = ids[group] ?? Identifier.make(now: clock.now())
            ids[group] = id
            assigned.append((compared[place].0.faceID, id))
        }
        let clusters = FaceClusterTable()
        try await queue.write(under: lease) { db in try clusters.forgetMerges(of: input.albumID, in: db) }
        for start in stride(from: 0, to: assigned.count, by: Limits.stepItems) {
            let part = Array(assigned[start..<min(start + Limits.stepItems, assigned.count)])
            try await queue.write(under: lease) { db in try clusters.assign(part, in: db) }
        }
        return JobOutcome(result: ["faces": .int(Int64(assigned.count)), "clusters": .int(Int64(ids.count))])
    }

    private func merge(_ input: MergeClusters, _ context: OperationContext) async throws -> FaceMerge {
        let (clusters, now) = (FaceClusterTable(), clock.now())
        guard Set(input.clusters).count == input.clusters.count else {
            throw HearthError(.invalidRequest, "`clusters` names one of them twice.")
        }
        return try await store.write { db in
            let (client, album) = try album(input.albumID, input.client, context, in: db)
            let merge = try clusters.merge(input.clusters, of: album.albumID, in: db, now: now)
            try note(
                "albums.merge", client, by: context.principal,
                ["album_id": .string(album.albumID), "merge_id": .string(merge.mergeID)], in: db)
            return merge
        }
    }

    private func undoMerge(_ input: MergeReference, _ context: OperationContext) async throws -> FaceMerge {
        let (clusters, now) = (FaceClusterTable(), clock.now())
        return try await store.write { db in
            let (client, album) = try album(input.albumID, input.client, context, in: db)
            let merge = try clusters.undo(input.mergeID, of: album.albumID, in: db, now: now)
            try note(
                "albums.merge.undo", client, by: context.principal,
                ["album_id": .string(album.albumID), "merge_id": .string(merge.mergeID)], in: db)
            return merge
        }
    }
}
