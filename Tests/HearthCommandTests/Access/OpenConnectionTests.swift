import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// A connection stays open no longer than its credential is accepted.
@Suite(.timeLimit(.minutes(2))) struct OpenConnectionTests {
    /// The ways to follow a job.
    enum Way: String, CaseIterable, Sendable {
        case socket, stream

        func target(of job: String) -> String { self == .socket ? "/ws/\(job)" : "/jobs/\(job)/events" }

        var headers: [String] {
            switch self {
            case .socket:
                [
                    "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                ]
            case .stream: ["Accept: text/event-stream", "Connection: close"]
            }
        }

        /// Whether it ended in the way that tells the client why.
        func isEndedPolitely(_ text: String) -> Bool {
            self == .socket ? text.contains("The credential is not accepted any more.") : text.hasSuffix("0\r\n\r\n")
        }
    }

    /// A job that waits for a worker, of which there is none.
    private static func job(_ front: AssembledFront, key: String?) async throws -> String {
        let anchor: JSONValue = ["project": "p", "name": "Ada", "image_base64": AccessWorld.picture]
        let answer = try await front.send("POST", "/api/anchors", body: anchor, key: key)
        return try #require(answer.json["job_id"]?.stringValue, "\(answer.text)")
    }

    private static func key(in folder: TemporaryFolder, _ permission: String) async throws -> String {
        try await AssembledFront.makeKey(in: folder, ["name": "test", "permission": .string(permission)])
    }

    @Test(arguments: Way.allCases)
    func itEndsWhenItsKeyIsRevoked(way: Way) async throws {
        let folder = try TemporaryFolder(.memory)
        let admin = try await Self.key(in: folder, "admin")
        let writer = try await Self.key(in: folder, "write")
        try await AssembledFront.run(in: folder) { front in
            let job = try await Self.job(front, key: writer)
            let keys = try await front.send("GET", "/api/keys", key: admin).json["items"]?.arrayValue ?? []
            let id = keys.first { $0["permission"] == "write" }?["key_id"]?.stringValue ?? ""
            let text = try await front.follow(way.target(of: job), key: writer, headers: way.headers) {
                let revoked = try await front.send("DELETE", "/api/keys/\(id)", key: admin)
                #expect(revoked.status == 200, "\(revoked.text)")
            }
            #expect(text.map(way.isEndedPolitely) == true, "\(text ?? "it goes on")")
        }
    }

    @Test(arguments: Way.allCases)
    func itEndsWhenItsKeyExpires(way: Way) async throws {
        let folder = try TemporaryFolder(.memory)
        let admin = try await Self.key(in: folder, "admin")
        try await AssembledFront.run(in: folder) { front in
            let job = try await Self.job(front, key: admin)
            let made = try await front.send(
                "POST", "/api/keys", body: ["name": "test", "permission": "read", "expires_in_seconds": 5], key: admin)
            let reader = made.json["secret"]?.stringValue
            let text = try await front.follow(way.target(of: job), key: reader, headers: way.headers) {}
            #expect(text.map(way.isEndedPolitely) == true, "\(text ?? "it goes on")")
        }
    }

    @Test(arguments: Way.allCases)
    func oneOfAServerWithoutKeysEndsWithTheFirstKey(way: Way) async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder) { front in
            let job = try await Self.job(front, key: nil)
            let text = try await front.follow(way.target(of: job), key: nil, headers: way.headers) {
                _ = try await Self.key(in: folder, "admin")
            }
            #expect(text.map(way.isEndedPolitely) == true, "\(text ?? "it goes on")")
        }
    }

    @Test(arguments: Way.allCases)
    func itGoesOnWhileItsKeyIsAccepted(way: Way) async throws {
        let folder = try TemporaryFolder(.memory)
        let writer = try await Self.key(in: folder, "write")
        try await AssembledFront.run(in: folder) { front in
            let job = try await Self.job(front, key: writer)
            let text = try await front.follow(
                way.target(of: job), key: writer, headers: way.headers, limit: Limits.credentialRefresh
            ) {
                _ = try await Self.key(in: folder, "read")
            }
            #expect(text == nil)
        }
    }
}
