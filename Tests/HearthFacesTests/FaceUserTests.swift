import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthFaces

@Suite(.timeLimit(.minutes(1))) struct FaceUserTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    // MARK: Clients

    @Test func theDefaultClientIsMadeByItsFirstWrite() async throws {
        #expect(try await bench.call("faces.users.list")["items"] == [])
        #expect(try await bench.call("faces.clients.list")["items"] == [])
        try await bench.user("1")
        #expect(try await bench.call("faces.clients.list")["items"]?[0]?["name"] == "default")
        #expect(try await bench.call("faces.users.get", bench.fields("1"))["templates"] == 0)
    }

    @Test func aNamedClientIsNotMadeByAccident() async throws {
        let error = await #expect(throws: HearthError.self) { try await bench.user("1", client: "gmy") }
        #expect(error?.code == .notFound)
        #expect(try await bench.count("face_clients") == 0)
    }

    @Test func namesOfClientsAreUniqueAndReachable() async throws {
        try await bench.call("faces.clients.create", ["client": "gym", "attributes": ["city": "Bonn"]])
        #expect(try await bench.call("faces.clients.get", ["client": "gym"])["attributes"] == ["city": "Bonn"])
        for (name, code) in [("gym", HearthError.Code.conflict), ("users", .invalidRequest), ("a/b", .invalidRequest)] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call("faces.clients.create", ["client": .string(name)])
            }
            #expect(error?.code == code)
        }
        // The other tenant's has the same name, and is another one.
        let other = Tenant(rawValue: "other")
        try await bench.call("faces.clients.create", ["client": "gym"], tenant: other)
        try await bench.call("faces.clients.update", ["client": "gym", "requires_consent": false], tenant: other)
        #expect(try await bench.call("faces.clients.get", ["client": "gym"])["requires_consent"] == true)
    }

    // MARK: Consent

    @Test func withoutConsentNobodyIsKept() async throws {
        let error = await #expect(throws: HearthError.self) {
            try await bench.call(
                "faces.users.create", bench.fields("1"), picture: bench.picture(1, of: 1))
        }
        #expect(error?.code == .unprocessable)
        #expect(try await bench.count("face_users") == 0)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("jobs") == 0)
    }

    @Test func aClientMayOptOutOfConsentAndBackIn() async throws {
        try await bench.call("faces.clients.create", ["client": "door", "requires_consent": false])
        try await bench.call("faces.users.create", bench.fields("1", "door"))
        try await bench.call(
            "faces.templates.add", bench.fields("1", "door"), picture: bench.picture(1, of: 1))
        try await bench.call("faces.clients.update", ["client": "door", "requires_consent": true])
        for name in ["faces.templates.add", "faces.verify"] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(name, bench.fields("1", "door"), picture: bench.picture(2, of: 1))
            }
            #expect(error?.code == .unprocessable)
        }
        try await bench.call("faces.users.update", bench.fields("1", "door", ["consent": FaceBench.consent]))
        let reply = try await bench.call("faces.verify", bench.fields("1", "door"), picture: bench.picture(2, of: 1))
        #expect(reply["verified"] == true)
    }

    @Test func aConsentSaysWhoWhenAndToWhat() async throws {
        try await bench.user("1")
        let consent = try await bench.call("faces.users.get", bench.fields("1"))["consent"]
        #expect(consent?["by"] == "Ada" && consent?["text_version"] == "2026-11")
        #expect(consent?["at"]?.integerValue == bench.clock.now())
    }

    // MARK: Users

    @Test func usersArePagedAndChanged() async throws {
        for number in 0..<5 { try await bench.user("user-\(number)") }
        let first = try await bench.call("faces.users.list", ["limit": 3])
        #expect(first["items"]?.arrayValue?.map { $0["external_user_id"] } == ["user-4", "user-3", "user-2"])
        let second = try await bench.call("faces.users.list", ["limit": 3, "cursor": first["next_cursor"] ?? .null])
        #expect(second["items"]?.arrayValue?.count == 2 && second["next_cursor"] == nil)
        try await bench.call("faces.users.update", bench.fields("user-1", nil, ["attributes": ["vip": true]]))
        #expect(try await bench.call("faces.users.get", bench.fields("user-1"))["attributes"] == ["vip": true])
        let error = await #expect(throws: HearthError.self) { try await bench.user("user-1") }
        #expect(error?.code == .conflict)
    }

    @Test(arguments: ["", "a\nb", ".", String(repeating: "x", count: 201)])
    func idsThatCannotBeUsedAreRefused(id: String) async throws {
        let error = await #expect(throws: HearthError.self) { try await bench.user(id) }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.count("face_users") == 0)
    }

    // MARK: Tenants and clients

    /// Each with the ids of another client, and then of another tenant.
    @Test(
        arguments: [
            "faces.users.get", "faces.users.update", "faces.users.delete", "faces.users.unlock",
            "faces.photo.delete", "faces.photo.set", "faces.photo.preload", "faces.templates.list",
            "faces.templates.add", "faces.negatives.add", "faces.verify", "faces.sessions.create",
        ])
    func anotherClientsUserIsNotFound(operation: String) async throws {
        try await bench.call("faces.clients.create", ["client": "other"])
        try await bench.enrolled("secret", as: 1, picture: 1, client: "other")
        try await bench.user("mine")
        let picture = bench.picture(2, of: 1)
        for (client, tenant) in [(nil, Tenant.local), ("other", Tenant(rawValue: "stranger"))] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(operation, bench.fields("secret", client), picture: picture, tenant: tenant)
            }
            #expect(error?.code == .notFound)
        }
        #expect(try await bench.count("face_templates") == 1)
    }

    @Test func identifiersOfAnotherTenantOpenNothing() async throws {
        let stranger = Tenant(rawValue: "stranger")
        try await bench.enrolled("a", as: 1, picture: 1)
        let session = try await bench.call("faces.sessions.create", bench.fields("a"))["session_id"] ?? .null
        let album = try await bench.call("faces.albums.create", ["name": "party"])["album_id"] ?? .null
        try await bench.user("b", tenant: stranger)
        let calls: [(String, JSONValue)] = [
            ("faces.sessions.get", ["session_id": session]), ("faces.sessions.finish", ["session_id": session]),
            ("faces.albums.get", ["album_id": album]), ("faces.albums.delete", ["album_id": album]),
            ("faces.albums.photos.list", ["album_id": album]), ("faces.albums.clusters", ["album_id": album]),
            ("faces.albums.merge", ["album_id": album, "clusters": ["a", "b"]]),
            ("faces.albums.find", ["album_id": album, "external_user_id": "b"]),
        ]
        for (name, input) in calls {
            let error = await #expect(throws: HearthError.self, "\(name)") {
                try await bench.call(name, input, tenant: stranger)
            }
            #expect(error?.code == .notFound, "\(name)")
        }
        // The same face is known to neither.
        let reply = try await bench.call("faces.identify", picture: bench.picture(3, of: 1), tenant: stranger)
        #expect(reply["user"] == nil && reply["reason"] == "empty_gallery")
    }
}
