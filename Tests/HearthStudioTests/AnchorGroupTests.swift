import Foundation
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// Registrations that share one write to disk and one transaction.
@Suite(.timeLimit(.minutes(3))) struct AnchorGroupTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench(isGrouped: true) }

    private func path(_ registered: JSONValue) async throws -> String {
        let anchor = try await bench.call("studio.anchors.get", ["anchor_id": registered["anchor_id"] ?? ""])
        return try #require(anchor["path"]?.stringValue)
    }

    @Test func twoCallersMakeOneProjectAndOneCharacter() async throws {
        let bench = bench
        let results = try await bench.store.inOneGroup(2) { number in
            try await bench.register("Mira", project: "Woods", picture: number)
        }
        let registered = try results.map { try $0.get() }
        #expect(registered.allSatisfy { $0["is_new"] == true })
        #expect(registered[0]["character_id"] == registered[1]["character_id"])
        #expect(registered[0]["project_id"] == registered[1]["project_id"])
        #expect(try await bench.count("projects") == 1)
        #expect(try await bench.count("characters") == 1)
        #expect(try await bench.count("jobs") == 2)
        let paths = try await [path(registered[0]), path(registered[1])]
        #expect(try await bench.files() == paths.sorted())
        for (number, path) in paths.enumerated() {
            #expect(try await bench.blobs.read(path) == bench.picture(number))
        }
    }

    @Test func theSamePictureFromManyCallersIsOneAnchorAndOneFile() async throws {
        let bench = bench
        let results = try await bench.store.inOneGroup(8) { _ in
            try await bench.register("Mira", project: "Woods", picture: 1)
        }
        let registered = try results.map { try $0.get() }
        #expect(registered.count { $0["is_new"] == true } == 1)
        #expect(registered.allSatisfy { $0["anchor_id"] == registered[0]["anchor_id"] })
        #expect(try await bench.count("anchors") == 1)
        #expect(try await bench.count("jobs") == 1)
        #expect(try await bench.files() == [path(registered[0])])
        #expect(try await bench.register("Mira", project: "Woods", picture: 1)["is_new"] == false)
        #expect(try await bench.files().count == 1)
    }

    @Test func aCharacterThatIsDeletedInTheSameGroupTakesNoFileWithIt() async throws {
        let bench = bench
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        let id = first["character_id"] ?? ""
        let results = try await bench.store.inOneGroup(9) { number in
            if number == 4 { return try await bench.call("studio.characters.delete", ["character_id": id]) }
            return try await bench.call(
                "studio.characters.anchors.register", ["character_id": id], attachment: bench.picture(number + 10))
        }
        #expect(results.contains { (try? $0.get()) != nil })
        #expect(try await bench.count("anchors") == 0)
        #expect(try await bench.files().isEmpty)
    }

    @Test func picturesOfManyCharactersAreRemembered() async throws {
        let bench = bench
        let results = try await bench.store.inOneGroup(12) { number in
            try await bench.register("Character \(number)", project: "Woods", picture: number)
        }
        for result in results { _ = try result.get() }
        try await bench.runJobs()
        #expect(try await bench.recall(picture: 7)["matches"]?[0]?["name"] == "Character 7")
    }

    /// What is looked up quickly is what the tables of Unicode say.
    @Test func plainNamesAreKeyedAsAllOthers() throws {
        for scalar in (UInt8(0x20)..<0x7F).map({ Character(UnicodeScalar($0)) }) where scalar != "/" && scalar != "\\" {
            let name = try StudioName("a\(scalar)B", field: "name")
            #expect(name.key == name.text.folding(options: .caseInsensitive, locale: nil))
            #expect(name.text == "a\(scalar)B")
        }
        #expect(try StudioName(" Mira ", field: "name").text == "Mira")
        for refused in ["", " ", ".a", "a/b", "a\\b", "a\u{7F}", String(repeating: "a", count: Limits.nameLength + 1)] {
            #expect(throws: HearthError.self) { try StudioName(refused, field: "name") }
        }
    }
}
