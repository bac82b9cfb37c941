import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Two characters become one, and two again.
@Suite(.timeLimit(.minutes(3))) struct CharacterMergeTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    private func id(_ registered: JSONValue) -> JSONValue { registered["character_id"] ?? "" }

    private func show(_ registered: JSONValue) async throws -> JSONValue {
        try await bench.call("studio.characters.get", ["character_id": id(registered)])
    }

    private func unmerge(_ registered: JSONValue) async throws -> JSONValue {
        try await bench.call("studio.characters.unmerge", ["character_id": id(registered)])
    }

    private func refusal(_ verb: String, _ input: JSONValue) async throws -> HearthError.Code? {
        try await bench.refusal("studio.characters.\(verb)", input)?.code
    }

    private func write(_ fields: JSONValue, of registered: JSONValue) async throws {
        var input = fields
        input["character_id"] = id(registered)
        try await bench.call("studio.characters.bible.update", input)
    }

    private func names(recalling picture: Int) async throws -> [String] {
        let found = try await bench.recall(picture: picture)
        return (found["matches"]?.arrayValue ?? []).filter { ($0["score"]?.doubleValue ?? 0) > 0.99 }
            .compactMap { $0["name"]?.stringValue }
    }

    private func finish() async throws { try await DeletionUpkeep([bench.studio], logger: .quiet).finish() }

    /// Mira with pictures 1 and 2, Otto with 2 and 3; both remembered.
    private func pair() async throws -> (mira: JSONValue, otto: JSONValue) {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Mira", project: "Woods", picture: 2)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.register("Otto", project: "Woods", picture: 3)
        try await bench.runJobs()
        return (mira, otto)
    }

    // MARK: Merging

    @Test func theMergedOnesIdentifierStandsForTheOneThatStays() async throws {
        let (mira, otto) = try await pair()
        try await write(["voice": "Low."], of: otto)
        try await bench.merge(otto, into: mira)
        #expect(try await show(otto) == show(mira))
        #expect(try await bench.call("studio.characters.bible.get", ["character_id": id(otto)])["voice"] == "Low.")
        let anchors = try await bench.call("studio.anchors.list", ["character_id": id(otto)])
        #expect(anchors["items"]?.arrayValue?.count == 3)
        let added = try await bench.call(
            "studio.characters.anchors.register", ["character_id": id(otto)], attachment: bench.picture(9))
        #expect(added["character_id"] == mira["character_id"])
        let page = try await bench.call("studio.characters.list", [:])
        #expect(page["items"]?.arrayValue?.map { $0["name"] } == ["Mira"])
        // What would destroy the one that stays must name it.
        let refused = try await bench.refusal("studio.characters.delete", ["character_id": id(otto)])
        #expect(refused?.code == .notFound && refused?.details?["character_id"] == mira["character_id"])
        #expect(try await show(mira)["name"] == "Mira")
        let stranger = try await bench.refusal(
            "studio.characters.get", ["character_id": id(otto)], tenant: other)
        #expect(stranger?.code == .notFound && stranger?.details == nil)
    }

    @Test func aMergeIsFollowedThroughSeveral() async throws {
        var all: [JSONValue] = []
        for number in 0..<4 {
            all.append(try await bench.register("C\(number)", project: "Woods", picture: number))
        }
        for number in 1..<4 { try await bench.merge(all[number - 1], into: all[number]) }
        for one in all { #expect(try await show(one)["name"] == "C3") }
        // Taken back in the other order only.
        #expect(try await refusal("unmerge", ["character_id": id(all[0])]) == .notFound)
        for number in [2, 1, 0] {
            #expect(try await unmerge(all[number])["restored"]?["name"] == .string("C\(number)"))
        }
        #expect(try await show(all[0])["anchor_count"] == 1)
    }

    @Test func theSameMergeAgainChangesNothing() async throws {
        let (mira, otto) = try await pair()
        let first = try await bench.merge(otto, into: mira)
        let again = try await bench.merge(otto, into: mira)
        #expect(again["character"] == first["character"] && again["moved_anchor_count"] == 0)
        #expect(again["undo_until"] == first["undo_until"])
        #expect(try await bench.count("character_merges") == 1)
        #expect(
            try await refusal("merge", ["character_id": id(otto), "other_character_id": id(mira)]) == .notFound)
    }

    @Test func ofManyMergesAtOnceEachPictureGoesOverOnce() async throws {
        let (mira, otto) = try await pair()
        let results = try await concurrentMap(Array(0..<8)) { _ in
            try await bench.merge(otto, into: mira)["moved_anchor_count"]?.integerValue ?? 0
        }
        #expect(results.reduce(0, +) == 1)
        #expect(try await show(mira)["anchor_count"] == 3)
    }

    @Test func whatTheOneDoesNotSayTheOthersBibleSays() async throws {
        let (mira, otto) = try await pair()
        try await write(["voice": "High.", "do": ["Coat"], "extra": ["a": 1, "b": 1]], of: mira)
        try await write(
            ["voice": "Low.", "wardrobe": "Boots.", "do": ["Hat", "Coat"], "extra": ["b": 2, "c": 3]], of: otto)
        try await bench.merge(otto, into: mira)
        let bible = try await bench.call("studio.characters.bible.get", ["character_id": id(mira)])
        #expect(bible["voice"] == "High." && bible["wardrobe"] == "Boots." && bible["do"] == ["Coat", "Hat"])
        #expect(bible["extra"]?["a"] == 1 && bible["extra"]?["b"] == 1 && bible["extra"]?["c"] == 3)
        #expect(bible["change"] == "merge" && bible["version"] == 2)
        #expect(try await bench.call("studio.characters.search", ["q": "boots"])["matches"]?.arrayValue?.count == 1)
    }

    // MARK: Undoing

    @Test func anUndoneMergeLeavesBothAsTheyWere() async throws {
        let (mira, otto) = try await pair()
        try await write(["voice": "High."], of: mira)
        try await write(["wardrobe": "Boots."], of: otto)
        try await bench.call("studio.characters.update", ["character_id": id(otto), "description": "A boy."])
        let (before, files) = (try await show(otto), try await bench.files())
        let kept = try await show(mira)
        try await bench.merge(otto, into: mira)
        #expect(try await names(recalling: 3) == ["Mira"])
        #expect(try await names(recalling: 2) == ["Mira"])
        let undone = try await unmerge(otto)
        #expect(undone["moved_anchor_count"] == 1 && undone["bible_is_restored"] == true)
        #expect(undone["character"]?["description"] == nil)
        #expect(try await bench.files() == files, "no file moves")
        _ = try await bench.runJob("studio.anchors.reconcile", input: [:])
        try await bench.runJobs()
        #expect(try await show(otto) == before)
        #expect(try await names(recalling: 3) == ["Otto"])
        #expect(try await names(recalling: 1) == ["Mira"])
        #expect(Set(try await names(recalling: 2)) == ["Mira", "Otto"])
        let bible = try await bench.call("studio.characters.bible.get", ["character_id": id(mira)])
        #expect(bible["wardrobe"] == nil && bible["voice"] == "High." && bible["change"] == "unmerge")
        #expect(try await show(mira)["anchor_count"] == kept["anchor_count"])
        #expect(try await bench.count("character_merges") == 0)
        #expect(try await bench.count("character_merge_items") == 0)
        #expect(try await refusal("unmerge", ["character_id": id(otto)]) == .notFound)
    }

    @Test func whatCameAfterTheMergeStaysWithTheOneThatStayed() async throws {
        let (mira, otto) = try await pair()
        try await write(["wardrobe": "Boots."], of: otto)
        try await bench.merge(otto, into: mira)
        let late = try await bench.register("Mira", project: "Woods", picture: 7)
        try await write(["voice": "New."], of: mira)
        // A picture that went over is deleted meanwhile.
        let anchors = try await bench.call("studio.anchors.list", ["character_id": id(mira)])["items"]?.arrayValue ?? []
        let third = try #require(anchors.first { $0["sha256"] == .string(sha256(3)) })
        try await bench.call("studio.anchors.delete", ["anchor_id": third["anchor_id"] ?? ""])
        let undone = try await unmerge(otto)
        #expect(undone["bible_is_restored"] == false && undone["moved_anchor_count"] == 0)
        #expect(undone["restored"]?["anchor_count"] == 1, "the picture that both had")
        let bible = try await bench.call("studio.characters.bible.get", ["character_id": id(mira)])
        #expect(bible["voice"] == "New." && bible["wardrobe"] == "Boots.")
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": late["anchor_id"] ?? ""])
        #expect(anchor["character_id"] == mira["character_id"])
    }

    private func sha256(_ picture: Int) -> String {
        (try? InspectedImage(bench.picture(picture)))?.sha256.hex ?? ""
    }

    @Test func aNameThatIsTakenMeanwhileIsAConflictAndAHandleIsNumbered() async throws {
        let (mira, otto) = try await pair()
        try await bench.merge(otto, into: mira)
        let young = try await bench.register("Otto", project: "Woods", picture: 8)
        #expect(try await show(young)["handle"] == "otto", "name and handle were free")
        #expect(try await refusal("unmerge", ["character_id": id(otto)]) == .conflict)
        #expect(try await show(otto)["name"] == "Mira", "it is merged still")
        try await bench.call("studio.characters.update", ["character_id": id(young), "name": "Otto II"])
        let restored = try await unmerge(otto)["restored"]
        #expect(restored?["name"] == "Otto" && restored?["handle"] == "otto_2")
    }

    @Test func whenItsTimeIsOverAMergeIsFinal() async throws {
        let (mira, otto) = try await pair()
        try await bench.merge(otto, into: mira)
        #expect(try await bench.files().count == 4)
        try await finish()
        #expect(try await bench.count("characters") == 2, "it can be undone")
        bench.clock.advance(by: Limits.mergeUndo)
        #expect(try await refusal("unmerge", ["character_id": id(otto)]) == .conflict)
        try await finish()
        #expect(try await bench.count("characters") == 1)
        #expect(try await bench.count("anchors") == 3)
        #expect(try await bench.files().count == 3, "the picture that both had is there once")
        #expect(try await show(otto)["name"] == "Mira", "its identifier still leads there")
        #expect(try await names(recalling: 2) == ["Mira"])
        #expect(try await names(recalling: 3) == ["Mira"])
        #expect(try await refusal("unmerge", ["character_id": id(otto)]) == .conflict)
        try await bench.call("studio.characters.delete", ["character_id": id(mira)])
        #expect(try await refusal("get", ["character_id": id(otto)]) == .notFound)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("character_merges") == 0)
    }

    @Test func afterTheEndAChainStillLeadsToTheLastOne() async throws {
        var all: [JSONValue] = []
        for number in 0..<3 {
            all.append(try await bench.register("C\(number)", project: "Woods", picture: number))
        }
        try await bench.merge(all[0], into: all[1])
        bench.clock.advance(by: .seconds(60))
        try await bench.merge(all[1], into: all[2])
        bench.clock.advance(by: Limits.mergeUndo)
        try await finish()
        #expect(try await bench.count("characters") == 1)
        for one in all { #expect(try await show(one)["name"] == "C2") }
    }

    @Test func aMergeThatIsDeletedWithItsKeptOneLeavesNothing() async throws {
        let (mira, otto) = try await pair()
        try await write(["voice": "Low."], of: otto)
        try await bench.merge(otto, into: mira)
        try await bench.call("studio.characters.delete", ["character_id": id(mira)])
        try await finish()
        for table in [
            "characters", "anchors", "bible_versions", "character_merges", "character_merge_items", "character_texts",
            "embeddings",
        ] { #expect(try await bench.count(table) == 0, "\(table)") }
        #expect(try await bench.files().isEmpty)
        #expect(try await refusal("unmerge", ["character_id": id(otto)]) == .notFound)
    }

    @Test func nothingIsUndoneForAnotherTenant() async throws {
        let (mira, otto) = try await pair()
        try await bench.merge(otto, into: mira)
        let error = try await bench.refusal(
            "studio.characters.unmerge", ["character_id": id(otto)], tenant: other)
        #expect(error?.code == .notFound)
        #expect(try await show(otto)["name"] == "Mira")
    }
}
