import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthStudio

/// The same once more, many at once, and what a deletion takes with it.
@Suite(.timeLimit(.minutes(3))) struct StudioReplayTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    /// What each of many calls at once answered, or the code of its error.
    private func atOnce(
        _ count: Int, _ call: @escaping @Sendable (Int) async throws -> JSONValue
    ) async throws -> [Result<JSONValue, HearthError>] {
        try await concurrentMap(Array(0..<count)) { number in
            do {
                return .success(try await call(number))
            } catch let error as HearthError {
                return .failure(error)
            }
        }
    }

    private func codes(_ results: [Result<JSONValue, HearthError>]) -> [HearthError.Code] {
        results.compactMap { if case .failure(let error) = $0 { error.code } else { nil } }
    }

    // MARK: Names

    @Test(arguments: [
        ("Zo\u{EB}", "ZOE\u{308}"), ("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Ａ", "ａ"),
        ("x", "\u{3000}x\u{A0}\n"), ("Ǆ", "ǆ"),
    ])
    func namesThatReadTheSameAreTheSame(first: String, second: String) async throws {
        let made = try await bench.call("studio.projects.create", ["name": .string(first)])
        let found = try await bench.call("studio.projects.get", ["project": .string(second)])
        #expect(found["project_id"] == made["project_id"])
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("studio.projects.create", ["name": .string(second)])
        }
        #expect(error?.code == .conflict)
        let mira = try await bench.register(first, project: first, picture: 1)
        #expect(try await bench.register(second, project: second, picture: 1)["anchor_id"] == mira["anchor_id"])
    }

    @Test func aNameIsKeptAsItWasWrittenInItsComposedForm() async throws {
        let made = try await bench.call("studio.projects.create", ["name": "  Zoe\u{308} of the Woods\t"])
        let name = try #require(made["name"]?.stringValue)
        #expect(Array(name.unicodeScalars) == Array("Zo\u{EB} of the Woods".unicodeScalars))
    }

    @Test func namesAndDescriptionsHaveTheirLongest() async throws {
        let longest = String(repeating: "ü", count: Limits.nameLength)
        let made = try await bench.call("studio.projects.create", ["name": .string(longest)])
        #expect(made["name"] == .string(longest))
        let text = String(repeating: "ü", count: 10_000)
        let mira = try await bench.call(
            "studio.characters.create", ["project": .string(longest), "name": "Mira", "description": .string(text)])
        #expect(mira["description"] == .string(text))
        let before = try await bench.inventory()
        let refused: [(String, JSONValue)] = [
            ("studio.projects.create", ["name": .string(longest + "ü")]),
            ("studio.projects.rename", ["project": .string(longest), "name": .string(longest + "ü")]),
            ("studio.projects.rename", ["project": .string(longest), "name": ""]),
            ("studio.characters.create", ["project": .string(longest), "name": .string(longest + "ü")]),
            (
                "studio.characters.create",
                ["project": .string(longest), "name": "x", "description": .string(text + "ü")]
            ),
            ("studio.characters.update", ["character_id": mira["character_id"] ?? "", "name": .string(longest + "ü")]),
            (
                "studio.characters.update",
                ["character_id": mira["character_id"] ?? "", "description": .string(text + "ü")]
            ),
        ]
        for (operation, input) in refused {
            let error = await #expect(throws: HearthError.self) { try await bench.call(operation, input) }
            #expect(error?.code == .invalidRequest, "\(operation)")
        }
        #expect(try await bench.inventory() == before)
    }

    @Test func anIdentifierMeansItsProjectBeforeAName() async throws {
        let woods = try await bench.call("studio.projects.create", ["name": "Woods"])
        let id = try #require(woods["project_id"])
        let decoy = try await bench.call("studio.projects.create", ["name": id])
        #expect(try await bench.call("studio.projects.get", ["project": id])["name"] == "Woods")
        try await bench.call("studio.projects.delete", ["project": id])
        #expect(try await bench.call("studio.projects.get", ["project": id])["project_id"] == decoy["project_id"])
    }

    // MARK: Replays

    @Test func theSamePictureManyTimesAtOnceIsOneAnchorAndOneJob() async throws {
        let bench = bench
        let answers = try await atOnce(16) { _ in try await bench.register("Mira", project: "Woods", picture: 1) }
            .map { try $0.get() }
        #expect(answers.count { $0["is_new"] == true } == 1)
        #expect(Set(answers.compactMap { $0["anchor_id"]?.stringValue }).count == 1)
        #expect(Set(answers.compactMap { $0["job_id"]?.stringValue }).count == 1)
        let counts = try await bench.inventory()
        #expect(counts["anchors"] == 1 && counts["jobs"] == 1 && counts["files"] == 1)
    }

    @Test func theSamePictureAgainChangesNothingOnceItIsRemembered() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let before = try await bench.inventory()
        let again = try await bench.call(
            "studio.anchors.register", ["name": "mira", "project": "woods", "role": "side"],
            attachment: bench.picture(1))
        #expect(again["is_new"] == false && again["job_id"] == first["job_id"])
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": first["anchor_id"] ?? ""])
        #expect(anchor["role"] == "primary" && anchor["is_remembered"] == true)
        #expect(try await bench.inventory() == before)
    }

    @Test func aNameThatManyWantAtOnceIsGivenOnce() async throws {
        let bench = bench
        let projects = try await atOnce(8) { _ in try await bench.call("studio.projects.create", ["name": "Woods"]) }
        #expect(codes(projects) == Array(repeating: .conflict, count: 7))
        let characters = try await atOnce(8) { _ in
            try await bench.call("studio.characters.create", ["project": "Woods", "name": "Mira"])
        }
        #expect(codes(characters) == Array(repeating: .conflict, count: 7))
        #expect(try await bench.count("projects") == 1)
        #expect(try await bench.count("characters") == 1)
    }

    @Test func whatManyDeleteAtOnceIsDeletedOnce() async throws {
        let bench = bench
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let deletions = try await atOnce(6) { _ in
            try await bench.call("studio.anchors.delete", ["anchor_id": mira["anchor_id"] ?? ""])
        }
        #expect(codes(deletions) == Array(repeating: .notFound, count: 5))
        #expect(try await bench.files().isEmpty)
    }

    @Test func aMergeThatIsAskedForTwiceHappensOnce() async throws {
        let bench = bench
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        let merges = try await atOnce(4) { _ in try await bench.merge(otto, into: mira) }
        #expect(codes(merges).isEmpty, "the same merge once more changes nothing")
        #expect(try await bench.count("character_merges") == 1)
        #expect(try await bench.count("anchors") == 2)
    }

    // MARK: Deletions

    @Test func aDeletedProjectTakesRowsVectorsFilesAndJobsOfAllItsCharacters() async throws {
        let kept = try await bench.register("Mira", project: "Sea", picture: 9)
        try await bench.runJobs()
        let before = try await bench.inventory()
        let remembered = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Otto", project: "Woods", picture: 1)
        try await bench.runJobs()
        let waiting = try await bench.register("Otto", project: "Woods", picture: 2)
        let deletion = try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(deletion["anchor_count"] == 3)
        var after = try await bench.inventory()
        #expect(after["jobs"] == 4, "jobs stay as history")
        after["jobs"] = before["jobs"]
        #expect(after == before)
        #expect(try await bench.job(waiting).status == .cancelled)
        #expect(try await bench.job(remembered).status == .completed)
        #expect(try await bench.runJob("studio.anchors.reconcile", input: [:])?["enqueued"] == 0)
        let found = try await bench.recall(picture: 1)
        #expect(found["matches"]?.arrayValue?.map { $0["anchor_id"] } == [kept["anchor_id"]])
    }

    @Test(arguments: ["studio.projects.delete", "studio.characters.delete", "studio.anchors.delete"])
    func whatIsDeletedWhileItIsLookedAtLeavesNothing(operation: String) async throws {
        let bench = bench
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let key = ["studio.projects.delete": "project", "studio.characters.delete": "character_id"][operation]
        let input: JSONValue =
            switch key {
            case "project": ["project": mira["project_id"] ?? ""]
            case "character_id": ["character_id": mira["character_id"] ?? ""]
            default: ["anchor_id": mira["anchor_id"] ?? ""]
            }
        // The recipe is written between the look at the picture and the commit of its vector.
        bench.blobs.beforeNextWrite.withLock { $0 = { _ = try await bench.call(operation, input) } }
        try await bench.runJobs()
        #expect(bench.calls.value == 1, "it was looked at")
        let counts = try await bench.inventory()
        #expect(counts["anchors"] == 0 && counts["embeddings"] == 0 && counts["files"] == 0, "\(counts)")
        #expect(try await bench.recall(picture: 1)["compared"] == 0)
    }
}
