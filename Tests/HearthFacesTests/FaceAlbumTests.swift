import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthFaces

@Suite struct FaceClusteringTests {
    private func face(_ person: Int, photo: String, noise: Float = 0.1, seed: UInt64 = 0) -> FaceClustering.Face {
        FaceClustering.Face(vector: FakeFaceFinder.vector(person, noise: noise, seed: seed), photo: photo)
    }

    @Test func facesOfOnePersonComeTogether() {
        let faces = (0..<12).map { face($0 % 3, photo: "photo-\($0)", seed: UInt64($0)) }
        #expect(FaceClustering(faces, threshold: 0.5).groups == (0..<12).map { $0 % 3 })
        #expect(FaceClustering([], threshold: 0.5).groups == [])
    }

    /// A person is in a photo once: two faces of one photo never meet, not over others either.
    @Test func twoFacesOfOnePhotoStayApart() {
        let faces = [
            face(1, photo: "a", seed: 1), face(1, photo: "a", seed: 2), face(1, photo: "b", seed: 3),
            face(1, photo: "c", seed: 4),
        ]
        let groups = FaceClustering(faces, threshold: 0.5).groups
        #expect(groups[0] != groups[1])
        #expect(Set(groups).count == 2)
    }

    /// Each is a little like the next, the first is nothing like the last.
    @Test func aChainDoesNotJoinStrangers() {
        let (first, last) = (FakeFaceFinder.vector(1), FakeFaceFinder.vector(2))
        let faces = (0...12).map { step in
            let part = Float(step) / 12
            return FaceClustering.Face(
                vector: zip(first, last).map { $0 * (1 - part) + $1 * part }, photo: "photo-\(step)")
        }
        let groups = FaceClustering(faces, threshold: 0.9).groups
        #expect(groups.first != groups.last)
    }
}

@Suite(.timeLimit(.minutes(1))) struct FaceAlbumTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    private func album(_ photos: [[Int]]) async throws -> JSONValue {
        let album = try await bench.call("faces.albums.create", ["name": "party"])["album_id"] ?? .null
        for (number, people) in photos.enumerated() {
            let shown = people.enumerated().map { place, person in
                FakeFaceFinder.Shown(
                    person: person, seed: UInt64(number * 10 + place), x: 0.1 + 0.2 * Float(place))
            }
            try await bench.call(
                "faces.albums.photos.add", ["album_id": album, "name": .string("photo-\(number)")],
                picture: bench.picture(500 + number, shown))
        }
        return album
    }

    @Test func aPersonIsFoundInThePhotosWithBoxes() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let album = try await album([[1], [2], [2, 1], [], [3]])
        let before = try await bench.call("faces.albums.find", ["album_id": album, "external_user_id": "1"])
        #expect(before["matches"] == [] && before["pending"] == 5)
        try await bench.runJobs()
        let found = try await bench.call("faces.albums.find", ["album_id": album, "external_user_id": "1"])
        let names = Set((found["matches"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
        #expect(names == ["photo-0", "photo-2"] && found["pending"] == 0 && found["compared"] == 5)
        let second = found["matches"]?.arrayValue?.first { $0["name"] == "photo-2" }
        #expect(abs((second?["region"]?["x"]?.doubleValue ?? 0) - 0.3) < 1e-4, "the face of the person, not the first")
        let byPicture = try await bench.call(
            "faces.albums.find", ["album_id": album], picture: bench.picture(9, of: 3))
        #expect(byPicture["matches"]?.arrayValue?.map { $0["name"] } == ["photo-4"])
    }

    @Test func albumsKeepTheirFacesApart() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let first = try await album([[1]])
        let other = try await bench.call("faces.albums.create", ["name": "other"])["album_id"] ?? .null
        try await bench.runJobs()
        #expect(
            try await bench.call("faces.albums.find", ["album_id": other, "external_user_id": "1"])["matches"] == [])
        try await bench.call("faces.albums.delete", ["album_id": first])
        try await bench.finishDeletions()
        #expect(try await bench.count("face_albums") == 1)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("embeddings") == 1)
    }

    @Test func theSamePhotoIsKeptOnceAndOneThatNobodyReadsFails() async throws {
        let album = try await album([[1]])
        let again = try await bench.call(
            "faces.albums.photos.add", ["album_id": album],
            picture: bench.picture(500, [.init(person: 1, seed: 0)]))
        #expect(again["is_new"] == false)
        #expect(try await bench.files().count == 1)
        let broken = bench.picture(501, [])
        bench.finder.shown.withLock { $0[Digest256(of: broken).hex] = nil }
        try await bench.call("faces.albums.photos.add", ["album_id": album], picture: broken)
        try await bench.runJobs()
        let photos = try await bench.call("faces.albums.photos.list", ["album_id": album])["items"]?.arrayValue ?? []
        #expect(photos.map { $0["state"] } == ["failed", "read"])
        try await bench.call(
            "faces.albums.photos.delete", ["album_id": album, "photo_id": photos[1]["photo_id"] ?? .null])
        #expect(try await bench.count("embeddings") == 0)
        #expect(try await bench.files().count == 1)
    }

    @Test func whatIsNotThePersonIsLeftOut() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let album = try await bench.call("faces.albums.create", ["name": "party"])["album_id"] ?? .null
        let sibling = [FakeFaceFinder.Shown(person: 1, noise: 0.9, seed: 77)]
        try await bench.call("faces.albums.photos.add", ["album_id": album], picture: bench.picture(500, sibling))
        try await bench.runJobs()
        let input: JSONValue = ["album_id": album, "external_user_id": "1"]
        #expect(try await bench.call("faces.albums.find", input)["matches"]?.arrayValue?.count == 1)
        try await bench.call("faces.negatives.add", bench.fields("1"), picture: bench.picture(501, sibling))
        #expect(try await bench.call("faces.albums.find", input)["matches"] == [])
    }

    // MARK: People

    private func clustered(_ album: JSONValue) async throws -> [(id: String, faces: Int64)] {
        let items = try await bench.call("faces.albums.clusters", ["album_id": album])["items"]?.arrayValue ?? []
        return items.map { ($0["cluster_id"]?.stringValue ?? "", $0["faces"]?.integerValue ?? 0) }
    }

    @Test func facesAreSortedIntoPeopleAndMergesAreUndone() async throws {
        let album = try await album([[1, 2], [1], [2, 3], [1], [3]])
        try await bench.runJobs()
        try await bench.call("faces.albums.cluster", ["album_id": album])
        let result = try await bench.runJobs().last
        #expect(result?["faces"] == 7 && result?["clusters"] == 3)
        let before = try await clustered(album)
        #expect(before.map(\.faces) == [3, 2, 2])
        let first = try await bench.call(
            "faces.albums.merge", ["album_id": album, "clusters": [.string(before[1].id), .string(before[2].id)]])
        #expect(first["faces"] == 2)
        #expect(try await clustered(album).map(\.faces).sorted() == [3, 4])
        let second = try await bench.call(
            "faces.albums.merge", ["album_id": album, "clusters": [.string(before[0].id), .string(before[1].id)]])
        #expect(try await clustered(album).map(\.faces) == [7])
        // The later one first.
        func undo(_ merge: JSONValue) async throws -> JSONValue {
            try await bench.call(
                "faces.albums.merge.undo", ["album_id": album, "merge_id": merge["merge_id"] ?? .null])
        }
        let error = await #expect(throws: HearthError.self) { try await undo(first) }
        #expect(error?.code == .conflict)
        #expect(try await undo(second)["is_undone"] == true)
        #expect(try await undo(first)["faces"] == 2)
        let after = try await clustered(album)
        #expect(after.map(\.id).sorted() == before.map(\.id).sorted() && after.map(\.faces) == [3, 2, 2])
        await #expect(throws: HearthError.self) { try await undo(first) }
    }

    @Test func clustersThatAreNotThereAreNotMerged() async throws {
        let album = try await album([[1]])
        try await bench.runJobs()
        for (clusters, code) in [
            (["a", "b"], HearthError.Code.notFound), (["a", "a"], .invalidRequest), (["a"], .invalidRequest),
        ] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(
                    "faces.albums.merge", ["album_id": album, "clusters": .array(clusters.map { .string($0) })])
            }
            #expect(error?.code == code)
        }
    }
}
