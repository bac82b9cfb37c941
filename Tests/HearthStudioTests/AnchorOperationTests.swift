import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import Testing

@testable import HearthStudio

/// Pictures and recall, by their operations: what they refuse, and what a second try does.
@Suite(.timeLimit(.minutes(3))) struct AnchorOperationTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    private func id(_ value: JSONValue, _ key: String = "anchor_id") throws -> JSONValue { try #require(value[key]) }

    private func error(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async -> HearthError? {
        await #expect(throws: HearthError.self, sourceLocation: sourceLocation) {
            try await bench.call(name, input, attachment: attachment)
        }
    }

    // MARK: Registration

    @Test func aPictureOfAKnownCharacterNeedsNoName() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        let input: JSONValue = ["character_id": try id(first, "character_id"), "role": "side"]
        let second = try await bench.call("studio.characters.anchors.register", input, attachment: bench.picture(2))
        #expect(second["is_new"] == true && second["character_id"] == first["character_id"])
        #expect(try await bench.call("studio.anchors.get", ["anchor_id": try id(second)])["role"] == "side")
        #expect(try await bench.call("studio.anchors.get", ["anchor_id": try id(first)])["role"] == "primary")
        let again = try await bench.call("studio.characters.anchors.register", input, attachment: bench.picture(2))
        #expect(again["is_new"] == false && again["anchor_id"] == second["anchor_id"])
    }

    @Test func whatARegistrationLacksIsSaid() async throws {
        let missing = Identifier.make()
        let register = "studio.characters.anchors.register"
        #expect(
            await error(register, ["character_id": .string(missing)], attachment: bench.picture(1))?.code == .notFound)
        #expect(await error("studio.anchors.register", ["name": "Mira"])?.code == .invalidRequest)
        #expect(await error("studio.anchors.register", [:], attachment: bench.picture(1))?.code == .invalidRequest)
        let role: JSONValue = ["name": "Mira", "role": "upside down"]
        #expect(await error("studio.anchors.register", role, attachment: bench.picture(1))?.code == .invalidRequest)
        // An identifier of a project that does not exist is no name for a new one.
        let project: JSONValue = ["name": "Mira", "project": .string(missing)]
        #expect(await error("studio.anchors.register", project, attachment: bench.picture(1))?.code == .notFound)
        for table in ["projects", "characters", "anchors", "jobs"] {
            #expect(try await bench.count(table) == 0, "\(table)")
        }
        #expect(try await bench.files().isEmpty)
    }

    @Test func theSamePictureOfTwoCharactersIsTwoAnchors() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 1)
        #expect(mira["anchor_id"] != otto["anchor_id"])
        #expect(try await bench.files().count == 2)
        try await bench.call("studio.anchors.delete", ["anchor_id": try id(mira)])
        let left = try await bench.call("studio.anchors.get", ["anchor_id": try id(otto)])
        #expect(try await bench.blobs.read(left["path"]?.stringValue ?? "") == bench.picture(1))
    }

    // MARK: Deleting

    @Test func aDeletedPictureIsGoneWithAllThatBelongsToIt() async throws {
        let kept = try await bench.register("Mira", project: "Woods", picture: 1)
        let gone = try await bench.register("Mira", project: "Woods", picture: 2)
        try await bench.runJobs()
        let deletion = try await bench.call("studio.anchors.delete", ["anchor_id": try id(gone)])
        #expect(deletion["deleted"] == gone["anchor_id"] && deletion["anchor_count"] == 1)
        #expect(try await bench.files().count == 1)
        let files = try await bench.blobs.list("projects", after: nil, limit: 10)
        #expect(files.count == 2, "a picture and its recipe")
        #expect(try await bench.count("embeddings") == 1)
        for operation in ["studio.anchors.get", "studio.anchors.delete"] {
            #expect(await error(operation, ["anchor_id": try id(gone)])?.code == .notFound, "\(operation)")
        }
        #expect(try await bench.recall(picture: 2)["matches"]?[0]?["anchor_id"] == kept["anchor_id"])
        // Registered again it is new, and remembered again.
        let again = try await bench.register("Mira", project: "Woods", picture: 2)
        #expect(again["is_new"] == true && again["anchor_id"] != gone["anchor_id"])
        try await bench.runJobs()
        #expect(try await bench.recall(picture: 2)["matches"]?[0]?["anchor_id"] == again["anchor_id"])
    }

    @Test func aPictureThatIsDeletedWhileItWaitsCostsNoVector() async throws {
        let gone = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.call("studio.anchors.delete", ["anchor_id": try id(gone)])
        #expect(try await bench.job(gone).status == .cancelled)
        try await bench.runJobs()
        #expect(try await bench.count("embeddings") == 0 && bench.calls.value == 0)
        // A worker that had it in its hands finds nothing to do, and does not fail.
        let result = try await bench.runJob("studio.anchors.extract", input: ["anchor_id": try id(gone)])
        #expect(result?["skipped"] != nil)
    }

    // MARK: Jobs that run twice

    @Test func anExtractionThatRunsAgainLeavesOneVector() async throws {
        let reply = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let input: JSONValue = ["anchor_id": try id(reply)]
        #expect(try await bench.runJob("studio.anchors.extract", input: input)?["anchor_id"] == reply["anchor_id"])
        #expect(try await bench.count("embeddings") == 1)
        #expect(try await bench.recall(picture: 1)["compared"] == 1)
    }

    @Test func theReconcilerLeavesAloneWhatIsRemembered() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        #expect(try await bench.runJob("studio.anchors.reconcile", input: [:])?["enqueued"] == 0)
    }

    // MARK: Recall

    @Test func recallAsksByAPictureOrByAnAnchor() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let early = await error("studio.recall", ["anchor_id": try id(mira)])
        #expect(early?.code == .conflict && early?.retryAfter == 1, "it has no vector yet")
        try await bench.runJobs()
        let before = bench.calls.value
        let found = try await bench.call("studio.recall", ["anchor_id": try id(mira)])
        #expect(found["matches"]?[0]?["character_id"] == mira["character_id"] && bench.calls.value == before)
        #expect(await error("studio.recall", [:])?.code == .invalidRequest)
        let both = await error("studio.recall", ["anchor_id": try id(mira)], attachment: bench.picture(1))
        #expect(both?.code == .invalidRequest)
        #expect(await error("studio.recall", ["anchor_id": .string(Identifier.make())])?.code == .notFound)
        #expect(await error("studio.recall", [:], attachment: Data("<html>".utf8)) != nil)
    }

    @Test func recallStaysInItsProjectAndItsLimits() async throws {
        for number in 0..<6 {
            try await bench.register("C\(number)", project: number < 4 ? "Woods" : "Sea", picture: number)
        }
        try await bench.runJobs()
        let woods = try await bench.call("studio.recall", ["project": "woods", "k": 3], attachment: bench.picture(5))
        #expect(woods["compared"] == 4 && woods["matches"]?.arrayValue?.count == 3)
        #expect(woods["matches"]?.arrayValue?.allSatisfy { $0["project"] == "Woods" } == true)
        let all = try await bench.call("studio.recall", ["k": 1], attachment: bench.picture(5))
        #expect(all["compared"] == 6 && all["matches"]?[0]?["name"] == "C5")
        let sure = try await bench.call("studio.recall", ["min_score": 0.999], attachment: bench.picture(5))
        #expect(sure["matches"]?.arrayValue?.map { $0["name"] } == ["C5"])
        for input in [["k": 0], ["k": 1_000_000], ["min_score": 2], ["k": "x"]] as [JSONValue] {
            #expect(await error("studio.recall", input, attachment: bench.picture(5))?.code == .invalidRequest)
        }
    }

    @Test func aCharacterIsNamedOnceHoweverManyPicturesItHas() async throws {
        for number in 0..<3 { try await bench.register("Mira", project: "Woods", picture: number) }
        try await bench.runJobs()
        let found = try await bench.recall(picture: 1)
        #expect(found["compared"] == 3 && found["matches"]?.arrayValue?.count == 1)
    }
}
