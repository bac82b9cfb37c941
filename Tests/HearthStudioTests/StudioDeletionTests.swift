import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// What is deleted is gone at once for everyone, however long its rows take, and a restart goes on with them.
@Suite(.timeLimit(.minutes(2))) struct StudioDeletionTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    /// Anchors without files, as many as a caller does not wait for.
    private func addAnchors(_ count: Int, like registered: JSONValue, character: String? = nil) async throws {
        let id = try #require(registered["anchor_id"]?.stringValue)
        let other = character ?? registered["character_id"]?.stringValue
        try await bench.store.write { db in
            for number in 0..<count {
                try db.execute(
                    """
                    INSERT INTO anchors (id, tenant, project_id, character_id, role, path, sha256, bytes, format, width,
                      height, job_id, created_at)
                    SELECT \(Identifier.make()), tenant, project_id, \(other), role,
                      \("projects/\(id)-\(number)"), \("!sum-\(number)"), bytes, format, width, height,
                      job_id, created_at
                    FROM anchors WHERE id = \(id)
                    """)
            }
        }
    }

    private func finish() async throws { try await DeletionUpkeep([bench.studio], logger: .quiet).finish() }

    private func isMissing(_ name: String, _ input: JSONValue) async throws -> Bool {
        do {
            try await bench.call(name, input)
            return false
        } catch let error as HearthError where error.code == .notFound {
            return true
        }
    }

    @Test func aSmallProjectGoesWithTheAnswer() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Orla", project: "Woods", picture: 2)
        try await bench.runJobs()
        try await bench.call("studio.outputs.generate", ["prompt": "rain", "project": "Woods"])
        let answer = try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(answer["anchor_count"] == 2 && answer["character_count"] == 2 && answer["output_count"] == 1)
        let left = try await bench.inventory()
        for table in ["projects", "characters", "anchors", "files"] { #expect(left[table] == 0, "\(table)") }
    }

    @Test func aLargeProjectIsGoneAtOnceAndItsRowsInSteps() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Orla", project: "Sea", picture: 2)
        try await bench.runJobs()
        let late = try await bench.register("Mira", project: "Woods", picture: 3)
        let count = Limits.stepsAtOnce * Limits.stepAnchors + 50
        try await addAnchors(count, like: first)
        let answer = try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(answer["anchor_count"] == .int(Int64(count + 2)))
        #expect(try await bench.count("anchors") > 1, "the rest follows later")

        #expect(try await isMissing("studio.projects.get", ["project": "Woods"]))
        #expect(try await isMissing("studio.projects.get", ["project": first["project_id"] ?? ""]))
        let character: JSONValue = ["character_id": first["character_id"] ?? ""]
        #expect(try await isMissing("studio.characters.get", character))
        #expect(try await isMissing("studio.anchors.list", character))
        for anchor in [first, late] {
            #expect(try await isMissing("studio.anchors.get", ["anchor_id": anchor["anchor_id"] ?? ""]))
        }
        let names = try await bench.call("studio.characters.list", [:])["items"]?.arrayValue?.map { $0["name"] }
        #expect(names == ["Orla"])
        let found = try await bench.recall(picture: 1)
        #expect(found["compared"] == 1 && found["matches"]?.arrayValue?.map { $0["name"] } == ["Orla"])
        #expect(try await bench.sweep() == 0, "files go with their rows, not before")

        // Its names are free, and a job about one of its pictures makes nothing.
        let again = try await bench.register("Mira", project: "Woods", picture: 1)
        #expect(again["is_new"] == true)
        #expect(again["project_id"] != first["project_id"] && again["character_id"] != first["character_id"])
        try await finish()
        try await bench.runJobs()
        let left = try await bench.inventory()
        #expect(left["projects"] == 2 && left["characters"] == 2 && left["anchors"] == 2)
        #expect(left["embeddings"] == 2 && left["collections"] == 2)
    }

    @Test func aLargeCharacterIsGoneAtOnceAndItsRowsInSteps() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Orla", project: "Woods", picture: 2)
        try await bench.runJobs()
        try await addAnchors(Limits.stepsAtOnce * Limits.stepAnchors + 50, like: first)
        let character: JSONValue = ["character_id": first["character_id"] ?? ""]
        try await bench.call("studio.characters.delete", character)
        #expect(try await bench.count("characters") == 2, "the row stays while it has anchors")
        #expect(try await isMissing("studio.characters.get", character))
        #expect(try await isMissing("studio.characters.delete", character))
        let project = try await bench.call("studio.projects.get", ["project": "Woods"])
        #expect(project["character_count"] == 1)
        let found = try await bench.recall(picture: 1)
        #expect(found["matches"]?.arrayValue?.map { $0["name"] } == ["Orla"])
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await finish()
        let left = try await bench.inventory()
        #expect(left["characters"] == 2 && left["anchors"] == 2)
    }

    /// Their vectors stay in the index until their rows are gone.
    @Test func charactersThatAreBeingDeletedTakeNoPlacesOfARecall() async throws {
        var registered: [JSONValue] = []
        for number in 1...12 {
            registered.append(try await bench.register("Mira \(number)", project: "Woods", picture: number))
        }
        try await bench.runJobs()
        let before = try await bench.recall(picture: 1, k: 12)["matches"]?.arrayValue?.map { $0["character_id"] } ?? []
        try #require(before.count == 12)
        for character in before.prefix(9) {
            let first = try #require(registered.first { $0["character_id"] == character })
            // Their pictures are the last that a step removes.
            try await addAnchors(Limits.stepsAtOnce * Limits.stepAnchors + 50, like: first)
            try await bench.call("studio.characters.delete", ["character_id": character ?? ""])
        }
        for k in [1, 3, 5] as [Int64] {
            let found = try await bench.recall(picture: 1, k: k)
            #expect(found["compared"] == 12, "the vectors are still there")
            let characters = found["matches"]?.arrayValue?.map { $0["character_id"] } ?? []
            #expect(characters == Array(before.dropFirst(9).prefix(Int(k))) && found["is_complete"] == true)
        }
        try await finish()
        #expect(try await bench.recall(picture: 1, k: 5)["compared"] == 3)
    }

    @Test func noTransactionTouchesMoreRowsThanAStepMay() async throws {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        let other = try await bench.register("Orla", project: "Woods", picture: 2)
        try await bench.register("Fennel", project: "Woods", picture: 3)
        let pair: JSONValue = [
            "character_id": first["character_id"] ?? "", "other_character_id": other["character_id"] ?? "",
        ]
        try await addAnchors(2_000, like: other)
        // Another store, whose meter has not seen how the rows came.
        let fresh = try await StudioBench(isGrouped: true, in: bench.folder)
        let merged = try await fresh.call("studio.characters.merge", pair)
        #expect(merged["moved_anchor_count"] == 2_001)
        let kept = try await fresh.call("studio.characters.get", ["character_id": other["character_id"] ?? ""])
        #expect(kept["character_id"] == first["character_id"], "its identifier stands for the one that stays")
        try await fresh.call("studio.projects.delete", ["project": "Woods"])
        try await DeletionUpkeep([fresh.studio], logger: .quiet).finish()
        #expect(try await bench.count("anchors") == 0)
        #expect(try await bench.count("projects") == 0)
        #expect(fresh.store.meter.largestTransaction <= 10 * Limits.stepAnchors)
    }
}
