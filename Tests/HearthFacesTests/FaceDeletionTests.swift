import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthFaces

@Suite(.timeLimit(.minutes(1))) struct FaceDeletionTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    /// A user with all that there can be of one.
    private func fill(_ user: String, person: Int, client: String? = nil) async throws {
        let number = person * 100
        try await bench.user(user, client: client, photo: bench.picture(number, of: person))
        try await bench.runJobs()
        try await bench.call(
            "faces.templates.add", bench.fields(user, client), picture: bench.picture(number + 1, of: person))
        try await bench.call(
            "faces.negatives.add", bench.fields(user, client), picture: bench.picture(number + 2, of: 77))
        try await bench.call(
            "faces.verify", bench.fields(user, client), picture: bench.picture(number + 3, of: person))
        try await bench.call(
            "faces.verify", bench.fields(user, client), picture: bench.picture(number + 4, of: 78))
        try await bench.call("faces.sessions.create", bench.fields(user, client))
    }

    @Test func aDeletedUserLeavesNothingAndTheReceiptCountsIt() async throws {
        try await fill("1", person: 1)
        try await fill("2", person: 2)
        let receipt = try await bench.call("faces.users.delete", bench.fields("1"))
        #expect(receipt["users"] == 1 && receipt["files"] == 1 && receipt["keys"] == 1)
        // Two templates and a negative; the rows of these, of the session and of the user.
        #expect(receipt["vectors"] == 3 && receipt["rows"] == 5)
        // The enrolled picture and the one that was verified.
        #expect(receipt["caches"] == 2 && receipt["is_finished"] == true)
        let id = receipt["deleted"]?.stringValue ?? ""
        for table in ["face_users", "face_templates", "face_sessions", "face_negatives"] {
            #expect(try await bench.count(table) == (table == "face_templates" ? 2 : 1), "\(table)")
        }
        #expect(try await bench.count("face_attempts", where: "subject = 'user:\(id)'") == 0)
        #expect(try await bench.count("embeddings") == 3)
        #expect(try await bench.files().count == 1)
        #expect(try await bench.count("seal_keys", where: "destroyed_at IS NOT NULL") == 1)
        // The other one is untouched.
        let reply = try await bench.call("faces.verify", bench.fields("2"), picture: bench.picture(9, of: 2))
        #expect(reply["verified"] == true)
        // The name is free, and means somebody new.
        try await bench.enrolled("1", as: 5, picture: 700)
        #expect(
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(103, of: 1))["verified"]
                == false)
    }

    @Test func aDeletedClientIsGoneAtOnceAndItsKeysAreDestroyed() async throws {
        try await bench.call("faces.clients.create", ["client": "gym"])
        for person in 1...3 { try await fill("\(person)", person: person, client: "gym") }
        try await fill("4", person: 4)
        let album = try await bench.call("faces.albums.create", ["client": "gym", "name": "party"])
        try await bench.call(
            "faces.albums.photos.add", ["client": "gym", "album_id": album["album_id"] ?? .null],
            picture: bench.picture(1_000, of: 1))
        try await bench.runJobs()
        let receipt = try await bench.call("faces.clients.delete", ["client": "gym"])
        #expect(receipt["users"] == 3 && receipt["files"] == 4)
        #expect(receipt["vectors"] == 10, "three of each user, and a face of the album")
        #expect(receipt["keys"] == 4, "of the client, and of each photo")
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.users.list", ["client": "gym"])
        }
        #expect(error?.code == .notFound)
        try await bench.finishDeletions()
        #expect(try await bench.count("face_clients") == 1)
        #expect(try await bench.count("face_users") == 1)
        for table in ["face_albums", "face_album_photos", "face_album_faces", "face_frames"] {
            #expect(try await bench.count(table) == 0, "\(table)")
        }
        #expect(try await bench.files().count == 1)
        #expect(try await bench.count("embeddings") == 3)
        #expect(try await bench.count("seal_keys", where: "destroyed_at IS NOT NULL") == 4)
        // The name is free.
        try await bench.call("faces.clients.create", ["client": "gym"])
        #expect(try await bench.call("faces.users.list", ["client": "gym"])["items"] == [])
    }

    @Test func aClientOfManyUsersGoesInSteps() async throws {
        try await bench.call("faces.clients.create", ["client": "big", "requires_consent": false])
        for number in 0..<(Limits.stepAnchors * Limits.stepsAtOnce + 20) {
            try await bench.call("faces.users.create", bench.fields("user-\(number)", "big"))
        }
        let receipt = try await bench.call("faces.clients.delete", ["client": "big"])
        #expect(receipt["is_finished"] == false)
        #expect(try await bench.count("face_users") > 0)
        try await bench.finishDeletions()
        #expect(try await bench.count("face_users") == 0)
        #expect(try await bench.count("face_clients") == 0)
    }

    @Test func whatIsDoneIsInTheAuditLogWithoutNames() async throws {
        try await fill("external-name", person: 1)
        try await bench.call("faces.users.delete", bench.fields("external-name"))
        let (actions, texts) = try await bench.store.read { db in
            (
                try db.values("SELECT action FROM audit_log", as: String.self),
                try db.values("SELECT details FROM audit_log", as: String.self)
            )
        }
        for action in ["users.create", "photo.set", "photo.extract", "enrol", "verify", "users.delete"] {
            #expect(actions.contains("faces.\(action)"), "\(action)")
        }
        #expect(texts.allSatisfy { !$0.contains("external-name") && !$0.contains("Ada") })
    }
}

/// Nothing that tells a face from others is on the disk in clear.
@Suite(.timeLimit(.minutes(1))) struct FaceSecrecyTests {
    @Test func noTemplateAndNoPhotoIsOnTheDiskInClear() async throws {
        let bench = try await FaceBench()
        var plain = PlainBytes()
        let photo = bench.picture(1, of: 1) + Data((0..<200).map { UInt8($0) })
        bench.finder.shown.withLock { $0[Digest256(of: photo).hex] = [.init(person: 1, seed: 1)] }
        plain.add(photo, picture: "the old photo")
        for (number, person) in [(1, 1), (2, 1), (3, 1), (4, 1)] {
            plain.add(FakeFaceFinder.vector(person, noise: 0.1, seed: UInt64(number)), "template \(number)")
        }
        try await bench.user("1", photo: photo)
        try await bench.runJobs()
        try await bench.call("faces.templates.add", bench.fields("1"), picture: bench.picture(2, of: 1))
        try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(3, of: 1))
        let album = try await bench.call("faces.albums.create", ["name": "party"])["album_id"] ?? .null
        try await bench.call("faces.albums.photos.add", ["album_id": album], picture: bench.picture(4, of: 1))
        try await bench.runJobs()
        try await bench.call("faces.identify", picture: bench.picture(3, of: 1))
        #expect(try await bench.count("embeddings") == 3)
        #expect(try await bench.count("face_pictures") >= 2)
        #expect(try plain.found(below: bench.folder.path) == [])
    }

    /// The bytes of two clients with one face have nothing in common.
    @Test func oneFaceOfTwoClientsIsSealedDifferently() async throws {
        let bench = try await FaceBench()
        for client in ["a", "b"] {
            try await bench.call("faces.clients.create", ["client": .string(client)])
            try await bench.enrolled("1", as: 1, picture: 1, client: client)
        }
        let vectors = try await bench.store.read { db in try db.values("SELECT vector FROM embeddings", as: Data.self) }
        #expect(vectors.count == 2 && vectors[0] != vectors[1])
        #expect(zip(vectors[0].suffix(100), vectors[1].suffix(100)).count { $0 == $1 } < 20)
    }

    @Test func withoutItsKeyNothingIsReadAndTheMessageSaysSo() async throws {
        let bench = try await FaceBench()
        try await bench.enrolled("1", as: 1, picture: 1)
        let client = try await bench.store.read { db in try db.value("SELECT id FROM face_clients", as: String.self) }
        try await bench.store.write { [seals = bench.seals] db in
            _ = try seals.destroy(scope: FaceClient.sealScope(of: client ?? ""), in: db)
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(2, of: 1))
        }
        #expect(error?.code == .keyDestroyed)
    }
}
