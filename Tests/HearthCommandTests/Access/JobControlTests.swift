import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// A caller cancels and retries the jobs that it could have started, and no others.
@Suite(.timeLimit(.minutes(3))) struct JobControlTests {
    private static func withKeys(
        _ test: @escaping @Sendable (AssembledFront, _ writer: String, _ administrator: String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(.memory)
        let writer = try await AssembledFront.makeKey(in: folder, ["name": "writer", "permission": "write"])
        let administrator = try await AssembledFront.makeKey(in: folder, ["name": "admin", "permission": "admin"])
        try await AssembledFront.run(in: folder) { front in try await test(front, writer, administrator) }
    }

    @Test func aJobThatOnlyAnAdministratorMayStartIsNotCancelledByAWriter() async throws {
        try await Self.withKeys { front, writer, administrator in
            let started = try await front.send(
                "POST", "/api/operations/system.noop", body: [:], key: administrator)
            let job = try #require(started.json["job_id"]?.stringValue, "\(started.text)")
            for verb in ["cancel", "retry"] {
                let answer = try await front.send("POST", "/jobs/\(job)/\(verb)", body: [:], key: writer)
                #expect(answer.status == 403, "\(verb): \(answer.text)")
                #expect(answer.json["error"]?["hint"] == "They need the permission `operate`.")
            }
            #expect(try await front.send("GET", "/jobs/\(job)", key: writer).json["status"] == "pending")
            let cancelled = try await front.send("POST", "/jobs/\(job)/cancel", body: [:], key: administrator)
            #expect(cancelled.json["status"] == "cancelled", "\(cancelled.text)")
        }
    }

    @Test func aStepThatAWriterHasStartedIsCancelledAndRetriedByAWriter() async throws {
        try await Self.withKeys { front, writer, _ in
            let anchor: JSONValue = ["project": "p", "name": "Ada", "image_base64": AccessWorld.picture]
            let registered = try await front.send("POST", "/api/anchors", body: anchor, key: writer)
            let job = try #require(registered.json["job_id"]?.stringValue, "\(registered.text)")
            let cancelled = try await front.send("POST", "/jobs/\(job)/cancel", body: [:], key: writer)
            #expect(cancelled.json["status"] == "cancelled", "\(cancelled.text)")
            let retried = try await front.send("POST", "/jobs/\(job)/retry", body: [:], key: writer)
            #expect(retried.json["status"] == "pending", "\(retried.text)")
        }
    }
}
