import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// What a recall and its neighbours read of the database.
@Suite(.timeLimit(.minutes(3))) struct RecallReadTests {
    private let bench: StudioBench

    init() async throws {
        bench = try await StudioBench()
        for number in 1...3 { try await bench.register("Mira \(number)", project: "Woods", picture: number) }
        try await bench.runJobs()
        _ = try await bench.recall(picture: 1)
    }

    @Test func aRecallReadsTwice() async throws {
        let everywhere = try await bench.observed.reads { _ = try await bench.recall(picture: 1) }
        #expect(everywhere.map(\.count) == [2, 1], "which collections, how many wait; names of what was found")
        let inProject = try await bench.observed.reads {
            try await bench.call("studio.recall", ["project": "Woods"], attachment: bench.picture(1))
        }
        #expect(inProject.map(\.count) == [1, 2, 1], "first the project, before a model is asked")
    }

    @Test func aRecallByAnAnchorReadsTwice() async throws {
        let registered = try await bench.register("Mira 1", project: "Woods", picture: 1)
        let reads = try await bench.observed.reads {
            try await bench.call("studio.recall", ["anchor_id": registered["anchor_id"] ?? "", "project": "Woods"])
        }
        #expect(reads.map(\.count) == [5, 1])
    }

    /// No statement looks at all anchors, nor at all of a tenant.
    @Test func anchorsAreFoundByTheirProjectTheirCharacterOrTheirId() async throws {
        let registered = try await bench.register("Mira 1", project: "Woods", picture: 1)
        let character: JSONValue = ["character_id": registered["character_id"] ?? ""]
        let reads = try await bench.observed.reads {
            _ = try await bench.recall(picture: 1)
            try await bench.call("studio.recall", ["anchor_id": registered["anchor_id"] ?? "", "project": "Woods"])
            try await bench.call("studio.anchors.list", character)
            try await bench.call("studio.characters.get", character)
            _ = try await bench.runJob("studio.anchors.reconcile", input: [:])
            try await bench.call("studio.characters.delete", character)
            try await bench.call("studio.projects.delete", ["project": "Woods"])
        }
        var looks: [String] = []
        for statement in reads.joined() where statement.text.contains("anchors") {
            // Those of `SEARCH a USING INDEX …`, by their names in the statements.
            looks += try await bench.observed.plan(of: statement).filter { step in
                step.split(separator: " ").dropFirst().first.map { ["a", "anchors"].contains($0) } ?? false
            }
        }
        #expect(looks.count >= 8, "\(looks)")
        for look in looks {
            let isNarrow = ["(project_id=?", "(character_id=?", "(id=?"].contains { look.contains($0) }
            #expect(look.hasPrefix("SEARCH ") && isNarrow, "\(look)")
        }
    }
}
