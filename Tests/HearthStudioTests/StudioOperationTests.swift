import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import Testing

@testable import HearthStudio

/// Projects and characters, by their operations.
@Suite(.timeLimit(.minutes(3))) struct StudioOperationTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    private func id(_ value: JSONValue, _ key: String) throws -> JSONValue { try #require(value[key]) }

    private func code(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async -> HearthError.Code? {
        let error = await #expect(throws: HearthError.self, sourceLocation: sourceLocation) {
            try await bench.call(name, input, attachment: attachment)
        }
        return error?.code
    }

    // MARK: Projects

    @Test func aProjectIsFoundByItsIdAndByItsNameInAnyCase() async throws {
        let made = try await bench.call("studio.projects.create", ["name": "Lantern Woods"])
        for key in [try id(made, "project_id"), "Lantern Woods", "LANTERN WOODS", "lantern woods"] as [JSONValue] {
            let found = try await bench.call("studio.projects.get", ["project": key])
            #expect(found["project_id"] == made["project_id"] && found["name"] == "Lantern Woods")
        }
    }

    @Test func ofAProjectThatDoesNotExistTheOneThatWasMeantIsNamed() async throws {
        try await bench.call("studio.projects.create", ["name": "Comets"])
        func hint(_ project: String) async -> String? {
            await #expect(throws: HearthError.self) {
                try await bench.call("studio.characters.list", ["project": .string(project)])
            }?.hint
        }
        #expect(await hint("commets") == "Did you mean `Comets`?")
        #expect(await hint("Woods") == nil)
    }

    @Test func aNameThatIsTakenIsAConflict() async throws {
        try await bench.call("studio.projects.create", ["name": "Woods"])
        try await bench.call("studio.projects.create", ["name": "Sea"])
        #expect(await code("studio.projects.create", ["name": "wOODS"]) == .conflict)
        #expect(await code("studio.projects.rename", ["project": "Sea", "name": "WOODS"]) == .conflict)
        #expect(try await bench.count("projects") == 2)
        #expect(try await bench.call("studio.projects.get", ["project": "Sea"])["name"] == "Sea")
    }

    @Test func aRenamedProjectKeepsWhatItHas() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        let renamed = try await bench.call("studio.projects.rename", ["project": "woods", "name": "Forest"])
        #expect(renamed["name"] == "Forest")
        #expect(await code("studio.projects.get", ["project": "Woods"]) == .notFound)
        let characters = try await bench.call("studio.characters.list", ["project": "Forest"])
        #expect(characters["items"]?.arrayValue?.map { $0["name"] } == ["Mira"])
        // The same once more, and its own name in another case, are no conflict with itself.
        try await bench.call("studio.projects.rename", ["project": "Forest", "name": "Forest"])
        #expect(
            try await bench.call("studio.projects.rename", ["project": "Forest", "name": "FOREST"])["name"] == "FOREST")
    }

    @Test(arguments: ["studio.projects.get", "studio.projects.delete", "studio.characters.list", "studio.recall"])
    func aProjectThatIsMissingIsNotFound(operation: String) async throws {
        let picture = operation == "studio.recall" ? bench.picture(1) : nil
        for project in ["nowhere", Identifier.make()] {
            #expect(await code(operation, ["project": .string(project)], attachment: picture) == .notFound)
        }
    }

    @Test func whatIsDeletedIsGoneAndASecondTimeNotFound() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        let kept = try await bench.register("Otto", project: "Sea", picture: 2)
        let deletion = try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(deletion["anchor_count"] == 1)
        #expect(await code("studio.projects.delete", ["project": "Woods"]) == .notFound)
        #expect(try await bench.files().count == 1)
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": try id(kept, "anchor_id")])
        #expect(anchor["project_id"] == kept["project_id"])
    }

    // MARK: Characters

    @Test func aCharacterNeedsItsProject() async throws {
        #expect(await code("studio.characters.create", ["name": "Mira", "project": "Woods"]) == .notFound)
        #expect(await code("studio.characters.create", ["name": "Mira"]) == .notFound)
        try await bench.call("studio.projects.create", ["name": "default"])
        let made = try await bench.call("studio.characters.create", ["name": " Mira ", "description": "A fox."])
        let found = try await bench.call("studio.characters.get", ["character_id": try id(made, "character_id")])
        #expect(found["name"] == "Mira" && found["description"] == "A fox.")
    }

    @Test func aNameIsTakenWithinItsProjectOnly() async throws {
        for project in ["Woods", "Sea"] as [JSONValue] {
            try await bench.call("studio.projects.create", ["name": project])
            try await bench.call("studio.characters.create", ["name": "Mira", "project": project])
        }
        #expect(await code("studio.characters.create", ["name": "MIRA", "project": "Sea"]) == .conflict)
        #expect(try await bench.call("studio.characters.list", [:])["items"]?.arrayValue?.count == 2)
        let ofSea = try await bench.call("studio.characters.list", ["project": "sea"])
        #expect(ofSea["items"]?.arrayValue?.count == 1)
    }

    @Test func aCharacterIsRenamedAndDescribed() async throws {
        let mira = try id(try await bench.register("Mira", project: "Woods", picture: 1), "character_id")
        try await bench.register("Otto", project: "Woods", picture: 2)
        let update = "studio.characters.update"
        let described = try await bench.call(update, ["character_id": mira, "description": "A fox."])
        #expect(described["name"] == "Mira" && described["description"] == "A fox.")
        let renamed = try await bench.call(update, ["character_id": mira, "name": "Mira II"])
        #expect(renamed["name"] == "Mira II" && renamed["description"] == "A fox.")
        #expect(await code(update, ["character_id": mira, "name": "OTTO"]) == .conflict)
        #expect(await code(update, ["character_id": mira]) == .invalidRequest)
        #expect(await code(update, ["character_id": mira, "name": "a/b"]) == .invalidRequest)
        #expect(await code(update, ["character_id": .string(Identifier.make()), "name": "New"]) == .notFound)
        // What is found by the new name is the same character.
        let again = try await bench.register("mira ii", project: "Woods", picture: 3)
        #expect(again["character_id"] == mira)
    }

    @Test func aDeletedCharacterTakesItsPicturesAndJobs() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Mira", project: "Woods", picture: 2)
        let deletion = try await bench.call("studio.characters.delete", ["character_id": try id(mira, "character_id")])
        #expect(deletion["anchor_count"] == 2)
        #expect(try await bench.job(mira).status == .cancelled)
        #expect(try await bench.files().isEmpty)
        for operation in ["studio.characters.get", "studio.characters.delete", "studio.anchors.list"] {
            #expect(await code(operation, ["character_id": try id(mira, "character_id")]) == .notFound, "\(operation)")
        }
        // The project stays, and the name is free again.
        #expect(try await bench.register("Mira", project: "Woods", picture: 1)["character_id"] != mira["character_id"])
    }

    // MARK: Pages

    /// Every entry once, newest first, in pages of a size; then nothing.
    @Test(arguments: [1, 2, 5, 200])
    func listsComeInPages(limit: Int) async throws {
        var mira: JSONValue = .null
        for number in 0..<5 {
            try await bench.register("C\(number)", project: "P\(number)", picture: number)
            mira = try id(try await bench.register("Mira", project: "Woods", picture: 100 + number), "character_id")
        }
        let lists: [(operation: String, input: JSONValue, key: String, count: Int)] = [
            ("studio.projects.list", [:], "project_id", 6), ("studio.characters.list", [:], "character_id", 6),
            ("studio.anchors.list", ["character_id": mira], "anchor_id", 5),
        ]
        for list in lists {
            var (input, seen, pages) = (list.input, [String](), 0)
            input["limit"] = .int(Int64(limit))
            repeat {
                let page = try await bench.call(list.operation, input)
                let items = try #require(page["items"]?.arrayValue)
                #expect(items.count <= limit && (!items.isEmpty || pages == 0), "\(list.operation)")
                seen += items.compactMap { $0[list.key]?.stringValue }
                input["cursor"] = page["next_cursor"] ?? .null
                pages += 1
            } while input["cursor"]?.stringValue != nil && pages < 20
            #expect(seen.count == list.count && Set(seen).count == seen.count, "\(list.operation)")
            #expect(seen == seen.sorted(by: >), "\(list.operation)")
        }
    }

    @Test(arguments: ["studio.projects.list", "studio.characters.list", "studio.anchors.list"])
    func aPageThatNobodyHasGivenIsRefused(operation: String) async throws {
        let mira = try id(try await bench.register("Mira", project: "Woods", picture: 1), "character_id")
        let most = Int64(Limits.pageSize)
        func page(_ fields: JSONValue) -> JSONValue {
            var input = fields
            if operation == "studio.anchors.list" { input["character_id"] = mira }
            return input
        }
        #expect(try await bench.call(operation, page(["limit": .int(most)]))["items"]?.arrayValue?.count == 1)
        for fields in [
            ["cursor": "x"], ["cursor": ""], ["cursor": 1], ["limit": 0], ["limit": -1], ["limit": .int(most + 1)],
            ["limit": "many"], ["limit": 1.5],
        ] as [JSONValue] {
            #expect(await code(operation, page(fields)) == .invalidRequest, "\(operation) \(fields)")
        }
    }

    @Test func aPageHasItsUsualSizeWhenNoneIsNamed() async throws {
        for number in 0...Limits.defaultPageSize {
            try await bench.call("studio.projects.create", ["name": .string("P\(number)")])
        }
        let first = try await bench.call("studio.projects.list", [:])
        #expect(first["items"]?.arrayValue?.count == Limits.defaultPageSize)
        let second = try await bench.call("studio.projects.list", ["cursor": first["next_cursor"] ?? .null])
        #expect(second["items"]?.arrayValue?.map { $0["name"] } == ["P0"] && second["next_cursor"] == nil)
    }

    @Test func pagesGoOnWhereTheyWereWhateverComesAndGoesMeanwhile() async throws {
        var made: [JSONValue] = []
        for number in 0..<6 {
            made.append(try await bench.call("studio.projects.create", ["name": .string("P\(number)")]))
        }
        let first = try await bench.call("studio.projects.list", ["limit": 2])
        #expect(first["items"]?.arrayValue?.map { $0["name"] } == ["P5", "P4"])
        try await bench.call("studio.projects.create", ["name": "late"])
        // The entry that the cursor names goes, too.
        for gone in [4, 2] {
            try await bench.call("studio.projects.delete", ["project": try id(made[gone], "project_id")])
        }
        let second = try await bench.call(
            "studio.projects.list", ["limit": 2, "cursor": first["next_cursor"] ?? .null])
        #expect(second["items"]?.arrayValue?.map { $0["name"] } == ["P3", "P1"])
    }

    /// A cursor says only how far a list was read: that of another list is taken for the same point in time.
    @Test func aCursorOfAnotherListShowsNothingThatIsNotInThisOne() async throws {
        let mira = try id(try await bench.register("Mira", project: "Woods", picture: 1), "character_id")
        try await bench.register("Otto", project: "Sea", picture: 2)
        try await bench.register("Otto", project: "Sea", picture: 3)
        let projects = try await bench.call("studio.projects.list", ["limit": 1])
        let cursor = try #require(projects["next_cursor"])
        let anchors = try await bench.call("studio.anchors.list", ["character_id": mira, "cursor": cursor])
        #expect(anchors["items"]?.arrayValue?.allSatisfy { $0["character_id"] == mira } == true)
        let characters = try await bench.call("studio.characters.list", ["project": "Woods", "cursor": cursor])
        #expect(characters["items"]?.arrayValue?.allSatisfy { $0["name"] == "Mira" } == true)
        let after = try await bench.call(
            "studio.characters.list", ["cursor": .string("00000000-0000-0000-0000-000000000000")])
        #expect(after["items"]?.arrayValue == [] && after["next_cursor"] == nil)
    }
}
