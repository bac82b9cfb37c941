import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// The first key shuts out everyone who does not have it, so no caller makes it whom nobody knows.
@Suite(.timeLimit(.minutes(3))) struct FirstKeyTests {
    private static let draft: JSONValue = ["name": "mine", "permission": "admin"]

    @Test(arguments: ["/api/keys", "/api/operations/identity.keys.create"])
    func aCallerOfAServerWithoutKeysCannotLockOutTheOthers(route: String) async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder) { front in
            let refused = try await front.send("POST", route, body: Self.draft, key: nil)
            #expect(refused.status == 403 && refused.json["error"]?["code"] == "forbidden", "\(refused.text)")
            #expect(refused.json["error"]?["hint"]?.stringValue?.contains("hearth keys create") == true)
            let shown = try await front.send("POST", route, body: Self.draft, key: "hk_of-another-server")
            #expect(shown.status == 403, "a key that means nothing is no credential")
            #expect(try await front.send("GET", "/api/projects", key: nil).status == 200, "everybody is still let in")
            #expect(try await front.send("GET", "/api/keys", key: nil).json["items"] == [])
        }
    }

    @Test func whoOwnsTheDataFolderMakesItAndItsOwnerMakesTheOthers() async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder) { front in
            let first = try await AssembledFront.makeKey(in: folder, Self.draft)
            try await eventually("the server has noticed") {
                try await front.send("GET", "/api/projects", key: nil).status == 401
            }
            let next = try await front.send("POST", "/api/keys", body: Self.draft, key: first)
            #expect(next.status == 201, "\(next.text)")
            #expect(try await front.send("POST", "/api/keys", body: Self.draft, key: nil).status == 401)
        }
    }

    @Test func whoShowsTheKeyOfTheSettingsMakesIt() async throws {
        let folder = try TemporaryFolder(.memory)
        let secret = "correct-horse-battery-staple"
        try await AssembledFront.run(in: folder, flags: [.apiKey: secret]) { front in
            #expect(try await front.send("POST", "/api/keys", body: Self.draft, key: nil).status == 401)
            let made = try await front.send("POST", "/api/keys", body: Self.draft, key: secret)
            #expect(made.status == 201, "\(made.text)")
        }
    }
}
