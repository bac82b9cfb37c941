import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Logging
import Testing

@testable import HearthStudio

@Suite(.timeLimit(.minutes(3))) struct StudioTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    @Test func aRegistrationLeavesFileRowsAndJob() async throws {
        let reply = try await bench.register("Mira", project: "Woods", picture: 1)
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": reply["anchor_id"] ?? ""])
        let path = try #require(anchor["path"]?.stringValue)
        #expect(try await bench.blobs.read(path) == bench.picture(1))
        #expect(anchor["is_remembered"] == false)
        let job = try await bench.job(reply)
        #expect(job.kind == "studio.anchors.extract" && job.status == .pending)
        #expect(path.hasPrefix("projects/") && !path.contains("Mira"), "paths are made of identifiers")
    }

    @Test func theSameBytesAreTheSameAnchorAndNoNewJob() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        let second = try await bench.register("mIRA", project: "WOODS", picture: 1)
        #expect(second["is_new"] == false)
        #expect(second["anchor_id"] == first["anchor_id"] && second["job_id"] == first["job_id"])
        #expect(try await bench.files().count == 1)
        #expect(try await bench.count("jobs") == 1)
    }

    @Test(arguments: ["a/b", "..", ".hidden", "nul\0", "", "   ", "line\nbreak", String(repeating: "x", count: 10_000)])
    func badNamesAreRefusedAndLeaveNothing(name: String) async throws {
        let error = await #expect(throws: HearthError.self) {
            try await bench.register(name, project: "Woods", picture: 1)
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("projects") == 0)
    }

    @Test(arguments: ["👩‍👩‍👧", "می‌خواهم", "क्‍ष", "Zoë", "名前"]) func namesOfAllScriptsAreTaken(name: String) throws {
        #expect(try StudioName(name, field: "name").text == name)
    }

    @Test func onlyWhatIsKeptOfANameCountsTowardsItsLength() throws {
        let longest = String(repeating: "é", count: Limits.nameLength)
        #expect(try StudioName("  \(longest)\n ", field: "name").text == longest)
        // The same letters in two parts each, which are composed.
        #expect(try StudioName(longest.decomposedStringWithCanonicalMapping, field: "name").text == longest)
        let error = #expect(throws: HearthError.self) { try StudioName(longest + "x", field: "name") }
        #expect(error?.message.contains("is too long") == true)
    }

    @Test(arguments: [
        "a\u{202E}b", "a\u{2066}b", "a\u{FFFF}", "a\u{7F}", "a\u{2028}b", "a\u{2029}b", "\u{200D}", "\u{200B}\u{FEFF}",
    ]) func whatMisleadsTheEyeIsRefused(name: String) {
        #expect(throws: HearthError.self) { try StudioName(name, field: "name") }
    }

    @Test func whatIsNoPictureLeavesNothing() async throws {
        await #expect(throws: HearthError.self) {
            try await bench.call(
                "studio.anchors.register", ["name": "Mira"], attachment: Data("<html>".utf8))
        }
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("characters") == 0)
    }

    @Test func manyAtOnceIntoANewProjectMakeOneProject() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask { _ = try await bench.register("C\(number % 6)", project: "New", picture: number) }
            }
            try await group.waitForAll()
        }
        #expect(try await bench.count("projects") == 1)
        #expect(try await bench.count("characters") == 6)
        #expect(try await bench.count("anchors") == 24)
        #expect(try await bench.files().count == 24)
    }

    @Test func anExtractedAnchorIsRecalledAndADeletedOneIsNot() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.runJobs()
        let found = try await bench.recall(picture: 1)
        #expect(found["matches"]?[0]?["name"] == "Mira")
        #expect(found["compared"] == 2)
        _ = try await bench.call("studio.characters.delete", ["character_id": mira["character_id"] ?? ""])
        let after = try await bench.recall(picture: 1)
        #expect(after["matches"]?.arrayValue?.map { $0["name"] } == ["Otto"])
        #expect(try await bench.files().allSatisfy { $0.contains(otto["character_id"]?.stringValue ?? "?") })
        #expect(try await bench.count("embeddings") == 1)
    }

    @Test func theSamePictureAgainAsksNoModel() async throws {
        _ = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let before = bench.calls.value
        let first = try await bench.recall(picture: 1)
        let second = try await bench.recall(picture: 1)
        #expect(bench.calls.value == before + 1)
        #expect(first["matches"] == second["matches"] && first["model"] == second["model"])
        _ = try await bench.recall(picture: 2)
        #expect(bench.calls.value == before + 2)
    }

    @Test func aDeletedProjectTakesEverythingWithIt() async throws {
        _ = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        _ = try await bench.call("studio.projects.delete", ["project": "woods"])
        for table in ["projects", "characters", "anchors", "embeddings", "collections"] {
            #expect(try await bench.count(table) == 0, "\(table)")
        }
        #expect(try await bench.files().isEmpty)
    }

    @Test func theReconcilerEnqueuesWhatIsMissing() async throws {
        let reply = try await bench.register("Mira", project: "Woods", picture: 1)
        _ = try await bench.store.write { db in try db.execute("DELETE FROM jobs") }
        let result = try await bench.runJob("studio.anchors.reconcile", input: [:])
        #expect(result?["enqueued"] == 1)
        try await bench.runJobs()
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": reply["anchor_id"] ?? ""])
        #expect(anchor["is_remembered"] == true)
    }

    @Test func theSweepRemovesOrphansOnly() async throws {
        _ = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let kept = try await bench.files()
        try await bench.blobs.write(Data([1]), to: "projects/lost/characters/lost/anchors/x.jpg")
        #expect(try await bench.sweep() == 1)
        #expect(try await bench.files() == kept)
    }

    @Test func schemasAndTypesAgree() {
        for operation in bench.studio.operations() {
            #expect(operation.schemaProblem == nil, "\(operation.name)")
        }
    }
}
