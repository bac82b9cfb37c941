import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// Bibles: what is known of a character, and all that was ever known.
@Suite(.timeLimit(.minutes(3))) struct BibleTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    private func make(_ fields: JSONValue = [:]) async throws -> JSONValue {
        try await bench.call("studio.projects.create", ["name": "Woods"])
        var input = fields
        (input["name"], input["project"]) = ("Mira", "Woods")
        return try await bench.call("studio.characters.create", input)["character_id"] ?? ""
    }

    private func call(_ verb: String, _ character: JSONValue, _ fields: JSONValue = [:]) async throws -> JSONValue {
        var input = fields
        input["character_id"] = character
        return try await bench.call("studio.characters.bible.\(verb)", input, key: "key-1")
    }

    private func refusal(_ verb: String, _ character: JSONValue, _ fields: JSONValue) async throws -> HearthError? {
        var input = fields
        input["character_id"] = character
        return try await bench.refusal("studio.characters.bible.\(verb)", input)
    }

    // MARK: Versions

    @Test func theOldSystemsFieldsMakeACharacterWithABible() async throws {
        let project = try await bench.call("studio.projects.create", ["name": "Neon", "style": "cyberpunk"])
        let made = try await bench.call(
            "studio.characters.create",
            [
                "project_id": project["project_id"] ?? "", "name": "Akira", "appearance": "Red jacket.",
                "personality": "Loud.", "backstory": "Grew up in Neo Harbour.", "style": "Thick lines.",
            ])
        #expect(made["bible_version"] == 1 && made["handle"] == "akira")
        let bible = try await call("get", made["character_id"] ?? "")
        #expect(bible["appearance"] == "Red jacket." && bible["backstory"] == "Grew up in Neo Harbour.")
        #expect(bible["personality"] == "Loud." && bible["style"] == "Thick lines." && bible["change"] == "create")
        #expect(bible["name"] == "Akira" && bible["version"] == 1)
        let twice = try await bench.refusal(
            "studio.characters.create", ["name": "Kaneda", "project": "Neon", "project_id": "Neon"])
        #expect(twice?.code == .invalidRequest)
    }

    @Test func aCharacterWithoutOneHasAnEmptyBible() async throws {
        let mira = try await make()
        let bible = try await call("get", mira)
        #expect(bible["version"] == 0 && bible["appearance"] == nil && bible["changed_at"] == nil)
        #expect(try await call("versions", mira)["items"] == [])
        #expect(try await call("diff", mira)["changes"] == [])
    }

    @Test func eachChangeIsAVersionWithWhoWhenAndWhy() async throws {
        let mira = try await make(["appearance": "Small."])
        bench.clock.advance(by: .seconds(60))
        let changed = try await call(
            "update", mira,
            [
                "appearance": "Tall.", "relationships": [["with": "@otto", "relation": "brother"]],
                "do": ["Yellow coat"], "dont": ["No hat", "No shoes"], "note": "Second season.",
                "extra": ["height_cm": 172, "likes": ["tea"]],
            ])
        #expect(changed["version"] == 2 && changed["changed_by"] == "key-1" && changed["note"] == "Second season.")
        #expect(changed["changed_at"] == .int(bench.clock.now()))
        #expect(changed["dont"]?[1] == "No shoes" && changed["extra"]?["likes"]?[0] == "tea")
        let versions = try await call("versions", mira)["items"]?.arrayValue ?? []
        #expect(versions.map { $0["version"] } == [2, 1] && versions.map { $0["change"] } == ["update", "create"])
        #expect(try await call("get", mira, ["version": 1])["appearance"] == "Small.")
        #expect(try await call("get", mira)["appearance"] == "Tall.")
    }

    @Test func whatChangesNothingMakesNoVersion() async throws {
        let mira = try await make(["appearance": "Small.", "extra": ["a": 1]])
        let same = try await call("update", mira, ["appearance": "Small.", "extra": ["a": 1, "b": nil]])
        #expect(same["version"] == 1)
        #expect(try await bench.count("bible_versions") == 1)
        #expect(try await refusal("update", mira, ["note": "Only a note."])?.code == .invalidRequest)
    }

    @Test func emptyFieldsAreRemovedAndExtraIsMerged() async throws {
        let mira = try await make(["voice": "Low.", "do": ["a"], "extra": ["a": 1, "b": ["c": 2, "d": 3]]])
        let changed = try await call("update", mira, ["voice": "", "do": [], "extra": ["a": nil, "b": ["c": 5]]])
        #expect(changed["voice"] == nil && changed["do"] == nil)
        #expect(changed["extra"] == ["b": ["c": 5, "d": 3]])
        #expect(try await call("update", mira, ["extra": ["b": nil]])["extra"] == nil)
    }

    @Test func aDifferenceNamesWhatChanged() async throws {
        let mira = try await make(["appearance": "Small.", "do": ["a", "b"], "extra": ["x": ["y": 1, "z": 2]]])
        _ = try await call("update", mira, ["appearance": "Tall.", "do": ["b", "c"], "extra": ["x": ["y": 7]]])
        _ = try await call("update", mira, ["voice": "Low."])
        let all = try await call("diff", mira, ["from": 1])
        #expect(all["from"] == 1 && all["to"] == 3)
        #expect(
            all["changes"] == [
                ["field": "appearance", "kind": "changed", "before": "Small.", "after": "Tall."],
                ["field": "voice", "kind": "added", "after": "Low."],
                ["field": "do", "kind": "removed", "before": "a"], ["field": "do", "kind": "added", "after": "c"],
                ["field": "extra.x.y", "kind": "changed", "before": 1, "after": 7],
            ])
        let last = try await call("diff", mira)
        #expect(last["from"] == 2 && last["changes"]?.arrayValue?.map { $0["field"] } == ["voice"])
        let back = try await call("diff", mira, ["from": 3, "to": 2])
        #expect(back["changes"]?[0]?["kind"] == "removed")
        #expect(try await refusal("diff", mira, ["from": 9])?.code == .notFound)
    }

    @Test func anOlderVersionComesBackAsANewOne() async throws {
        let mira = try await make(["appearance": "Small."])
        _ = try await call("update", mira, ["appearance": "Tall.", "voice": "Low."])
        let restored = try await call("restore", mira, ["restore_version": 1, "note": "As it was."])
        #expect(restored["version"] == 3 && restored["appearance"] == "Small." && restored["voice"] == nil)
        let newest = try await call("versions", mira)["items"]?[0]
        #expect(newest?["change"] == "restore" && newest?["restored_version"] == 1)
        #expect(try await call("diff", mira, ["from": 1, "to": 3])["changes"] == [])
        #expect(try await call("get", mira, ["version": 2])["voice"] == "Low.", "nothing is lost")
        #expect(try await refusal("restore", mira, ["restore_version": 4])?.code == .notFound)
    }

    // MARK: Many at once

    @Test func aChangeOfAnOlderVersionIsRefusedAndSaysWhatIsCurrent() async throws {
        let mira = try await make(["appearance": "Small."])
        _ = try await call("update", mira, ["appearance": "Tall.", "version": 1])
        let error = try #require(await refusal("update", mira, ["voice": "Low.", "version": 1]))
        #expect(error.code == .conflict && error.message.contains("version 2 is current, not 1"))
        #expect(error.details?["current"]?["appearance"] == "Tall." && error.details?["current"]?["version"] == 2)
        #expect(try await refusal("restore", mira, ["restore_version": 1, "version": 1])?.code == .conflict)
        #expect(try await call("get", mira)["version"] == 2)
    }

    @Test func ofManyChangesOfOneVersionOneIsMade() async throws {
        let mira = try await make(["appearance": "Small."])
        let results = try await concurrentMap(Array(0..<12)) { number in
            try await refusal("update", mira, ["voice": .string("Voice \(number)"), "version": 1])?.code
        }
        #expect(results.filter { $0 == nil }.count == 1 && results.filter { $0 == .conflict }.count == 11)
        // Without a version all of them are made, one after the other.
        _ = try await concurrentMap(Array(0..<12)) { number in
            try await call("update", mira, ["voice": .string("Again \(number)")])
        }
        #expect(try await call("get", mira)["version"] == 14)
    }

    @Test func theOldestVersionsMakeRoom() async throws {
        let mira = try await make(["appearance": "Small."])
        let id = mira.stringValue ?? ""
        try await bench.store.write { db in
            try db.execute("UPDATE characters SET bible_version = \(Limits.bibleVersions) WHERE id = \(id)")
            try db.execute("UPDATE bible_versions SET version = \(Limits.bibleVersions) WHERE character_id = \(id)")
            try db.execute(
                """
                INSERT INTO bible_versions (id, character_id, version, change_kind, changed_at, content, bytes)
                VALUES (\(Identifier.make()), \(id), 1, 'create', 0, '{}', 2)
                """)
        }
        let error = try #require(await refusal("get", mira, ["version": 7]))
        #expect(error.code == .notFound && error.hint?.contains("1 to \(Limits.bibleVersions)") == true)
        #expect(try await call("update", mira, ["voice": "Low."])["version"] == .int(Int64(Limits.bibleVersions + 1)))
        #expect(try await refusal("get", mira, ["version": 1])?.code == .notFound)
        #expect(try await bench.count("bible_versions") == 2)
    }

    // MARK: Bad input

    @Test(
        arguments: [
            ["appearance": .string(String(repeating: "x", count: 20_001))], ["appearance": "bell\u{7}"],
            ["do": [""]], ["do": .array(Array(repeating: "x", count: 101))],
            ["dont": [.string(String(repeating: "x", count: 501))]],
            ["relationships": [["with": "", "relation": "x"]]], ["relationships": [["with": "x"]]],
            ["extra": "text"], ["extra": [1]], ["apearance": "Small."], ["voice": 7],
            ["note": .string(String(repeating: "x", count: 501)), "voice": "x"], ["version": -1, "voice": "x"],
        ] as [JSONValue])
    func whatIsNoBibleIsRefusedAndLeavesNothing(change: JSONValue) async throws {
        let mira = try await make()
        #expect(try await refusal("update", mira, change)?.code == .invalidRequest)
        #expect(try await bench.count("bible_versions") == 0)
    }

    @Test func theFreePartIsBounded() async throws {
        let mira = try await make(["extra": ["a": .string(String(repeating: "x", count: 40_000))]])
        let large = JSONValue.string(String(repeating: "y", count: 40_000))
        #expect(try await refusal("update", mira, ["extra": ["b": large]])?.code == .bodyTooLarge)
        var deep: JSONValue = 1
        for _ in 0..<30 { deep = ["a": deep] }
        #expect(try await refusal("update", mira, ["extra": deep])?.code == .invalidRequest)
        #expect(try await call("get", mira)["version"] == 1)
    }

    @Test func noBibleOfAnotherTenantIsFound() async throws {
        let mira = try await make(["appearance": "Small."])
        _ = try await call("update", mira, ["voice": "Low."])
        for (verb, fields) in [
            ("get", [:]), ("versions", [:]), ("diff", [:]), ("update", ["voice": "Mine."]),
            ("restore", ["restore_version": 1]),
        ] as [(String, JSONValue)] {
            var input = fields
            input["character_id"] = mira
            let error = try await bench.refusal("studio.characters.bible.\(verb)", input, tenant: other)
            #expect(error?.code == .notFound, "\(verb)")
        }
        #expect(try await call("get", mira)["version"] == 2)
    }

    @Test func aDeletedCharacterTakesItsBible() async throws {
        let mira = try await make(["appearance": "Small."])
        _ = try await call("update", mira, ["voice": "Low."])
        try await bench.call("studio.characters.delete", ["character_id": mira])
        #expect(try await bench.count("bible_versions") == 0)
        #expect(try await bench.count("character_texts") == 0)
        #expect(try await refusal("get", mira, [:])?.code == .notFound)
    }

    @Test func versionsCountAsWhatTheTenantHas() async throws {
        let before = try await bench.store.read { db in try StudioTable.usage(of: .local, in: db) }
        let mira = try await make(["appearance": .string(String(repeating: "x", count: 1_000))])
        _ = try await call("update", mira, ["voice": "Low."])
        let after = try await bench.store.read { db in try StudioTable.usage(of: .local, in: db) }
        #expect(after.storedBytes - before.storedBytes > 2_000 && after.records - before.records == 2)
    }

    // MARK: The page

    @Test func aPageShowsAllAndNothingInItIsMarkup() async throws {
        let evil = "<script>alert(1)</script>\" onload='x' & <img src=http://evil.example/x>"
        let mira = try await make([
            "appearance": .string(evil), "do": [.string(evil)], "dont": ["<b>"], "description": .string(evil),
            "relationships": [["with": .string(evil), "relation": .string(evil)]],
            "extra": ["<k>": .string(evil), "n": ["deep": [1, 2]]],
        ])
        _ = try await bench.call("studio.characters.update", ["character_id": mira, "name": "<Mira>"])
        let page = try BiblePage(try await call("get", mira)).html.markup
        #expect(page.hasPrefix("<!doctype html>") && page.contains("&lt;Mira&gt;") && page.contains("@mira"))
        #expect(!page.contains("<script") && !page.contains("<img src=http") && !page.contains("<b>"))
        #expect(!page.contains("onload='"), "quotes are escaped")
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp;"))
        for title in ["Appearance", "Relationships", "<h2>Do</h2>", "Don’t", "More"] { #expect(page.contains(title)) }
        #expect(page.contains("@media print"))
        // Nothing is loaded from elsewhere: no address but of its own files.
        let addresses = page.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.1) }
        #expect(addresses.allSatisfy { $0.hasPrefix("/files/") } && !page.contains("url(") && !page.contains("@import"))
    }

    @Test func aPageShowsPicturesAndParagraphs() async throws {
        let registered = try await bench.register("Mira", project: "Woods", picture: 1)
        let mira = registered["character_id"] ?? ""
        _ = try await call("update", mira, ["backstory": "One.\nStill one.\n\nTwo.\r\n\r\nThree."])
        let page = try BiblePage(try await call("get", mira)).html.markup
        #expect(page.contains("<img src=\"/files/\(registered["anchor_id"]?.stringValue ?? "")\""))
        #expect(page.matches(of: /<p dir="auto">/).count == 3)
        #expect(page.contains("Version 1") && !page.contains("Nothing is written"))
        let empty = try await bench.call("studio.characters.create", ["name": "Otto", "project": "Woods"])
        let bare = try BiblePage(try await call("get", empty["character_id"] ?? "")).html.markup
        #expect(bare.contains("Nothing is written yet") && bare.contains("No version yet"))
    }
}
