import HearthCore

/// The SQL of clusters and their merges.
struct FaceClusterTable: Sendable {
    func clusters(of album: String, in db: any SQLConnection) throws -> [FaceCluster] {
        let rows = try db.rows(
            """
            SELECT f.cluster_id, COUNT(*), MAX(f.quality) FROM face_album_photos p
            JOIN face_album_faces f ON f.photo_id = p.id
            WHERE p.album_id = \(album) AND f.cluster_id IS NOT NULL
            GROUP BY f.cluster_id ORDER BY COUNT(*) DESC, f.cluster_id LIMIT \(Limits.pageSize)
            """
        ) { row in (id: try row.next(String.self), faces: try row.next(Int.self), best: try row.next(Double.self)) }
        return try rows.compactMap { cluster in
            try db.row(
                """
                SELECT \(FaceAlbumTable.Face.columns) FROM face_album_faces f
                WHERE f.cluster_id = \(cluster.id) AND f.quality = \(cluster.best) ORDER BY f.id LIMIT 1
                """, as: FaceAlbumTable.Face.self
            ).map {
                FaceCluster(clusterID: cluster.id, faces: cluster.faces, photoID: $0.photoID, region: $0.region)
            }
        }
    }

    func assign(_ faces: [(face: String, cluster: String)], in db: any SQLConnection) throws {
        for (face, cluster) in faces {
            try db.execute("UPDATE face_album_faces SET cluster_id = \(cluster) WHERE id = \(face)")
        }
    }

    /// The clusters that merges speak of are to be replaced.
    func forgetMerges(of album: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM face_merges WHERE album_id = \(album)")
    }

    /// - Throws: ``HearthError`` `not_found` for a cluster that the album has not.
    func merge(_ clusters: [String], of album: String, in db: any SQLConnection, now: Int64) throws -> FaceMerge {
        let faces = try db.rows(
            """
            SELECT f.id, f.cluster_id FROM face_album_photos p JOIN face_album_faces f ON f.photo_id = p.id
            WHERE p.album_id = \(album) AND f.cluster_id IN \(list: clusters)
            """
        ) { row in (id: try row.next(String.self), cluster: try row.next(String.self)) }
        let known = Set(faces.map(\.cluster))
        guard let kept = clusters.first, clusters.allSatisfy(known.contains) else {
            throw FaceTable.missing("cluster of this album")
        }
        let id = Identifier.make(now: now)
        try db.execute(
            "INSERT INTO face_merges (id, album_id, kept, created_at) VALUES (\(id), \(album), \(kept), \(now))")
        let moved = faces.filter { $0.cluster != kept }
        for face in moved {
            try db.execute(
                """
                INSERT INTO face_merge_items (merge_id, face_id, cluster_id) VALUES (\(id), \(face.id), \(face.cluster))
                """)
        }
        try assign(moved.map { ($0.id, kept) }, in: db)
        return FaceMerge(mergeID: id, clusterID: kept, faces: moved.count, isUndone: false)
    }

    /// - Throws: ``HearthError`` `not_found`; `conflict` when it was undone, or a later merge has moved its faces.
    func undo(_ merge: String, of album: String, in db: any SQLConnection, now: Int64) throws -> FaceMerge {
        let row = try db.row(
            "SELECT kept, undone_at FROM face_merges WHERE id = \(merge) AND album_id = \(album)"
        ) { row in (kept: try row.next(String.self), undoneAt: try row.next(Int64?.self)) }
        guard let row else { throw FaceTable.missing("merge of this album") }
        guard row.undoneAt == nil else { throw HearthError(.conflict, "The merge was undone before.") }
        let items = try db.rows(
            """
            SELECT i.face_id, i.cluster_id, f.cluster_id FROM face_merge_items i
            JOIN face_album_faces f ON f.id = i.face_id WHERE i.merge_id = \(merge)
            """
        ) { row in
            (face: try row.next(String.self), before: try row.next(String.self), now: try row.next(String?.self))
        }
        guard items.allSatisfy({ $0.now == row.kept }) else {
            throw HearthError(
                .conflict, "A later merge has moved faces of this one.", hint: "Undo the later merge first.")
        }
        try assign(items.map { ($0.face, $0.before) }, in: db)
        try db.execute("UPDATE face_merges SET undone_at = \(now) WHERE id = \(merge)")
        return FaceMerge(mergeID: merge, clusterID: row.kept, faces: items.count, isUndone: true)
    }
}
