import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthStudio

/// An attempt that goes on after its job was given to another one writes nothing, and hinders nobody.
@Suite(.timeLimit(.minutes(3))) struct LateAttemptTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    /// Two attempts of a job: one that is too late, and the one that holds the job now.
    private func attempts(_ kind: String, input: JSONValue) async throws -> (late: JobLease, rightful: JobLease) {
        let late = try await bench.begin(kind, input: input, by: "orphan")
        // As a start does.
        #expect(try await bench.queue.releaseAllWorkers() == 1)
        return (late, try #require(try await bench.lease(kind, by: "next").first))
    }

    @Test func aReconciliationOfLostWork() async throws {
        let anchor = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.store.run("DELETE FROM jobs")
        let (late, rightful) = try await attempts("studio.anchors.reconcile", input: [:])
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await bench.count("jobs") == 1, "it has enqueued nothing")
        #expect(try await bench.run(rightful)?["enqueued"] == 1)
        try await bench.runJobs()
        let shown = try await bench.call("studio.anchors.get", ["anchor_id": anchor["anchor_id"] ?? ""])
        #expect(shown["is_remembered"] == true)
    }

    @Test func theVectorOfAnAnchor() async throws {
        let anchor = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.store.run("DELETE FROM jobs")
        let (late, rightful) = try await attempts(
            "studio.anchors.extract", input: ["anchor_id": anchor["anchor_id"] ?? ""])
        // It writes no row before its end, and its end is refused.
        _ = try await bench.run(late)
        #expect(try await bench.count("embeddings") == 0)
        _ = try await bench.run(rightful)
        #expect(try await bench.count("embeddings") == 1)
        #expect(try await bench.recall(picture: 1)["matches"]?.arrayValue?.count == 1)
        #expect(try await bench.sweep() == 0, "the recipe that both have written belongs to the picture")
    }
}
