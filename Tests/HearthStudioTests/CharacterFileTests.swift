import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// A character as one file: out of one project, into another.
@Suite(.timeLimit(.minutes(3))) struct CharacterFileTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    /// Mira with two pictures, remembered, and three versions of a bible.
    private func mira() async throws -> String {
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.call(
            "studio.characters.anchors.register", ["character_id": first["character_id"] ?? "", "role": "side"],
            attachment: bench.picture(2))
        try await bench.runJobs()
        for text in ["Small.", "Tall.", "Middling."] {
            try await bench.call(
                "studio.characters.bible.update",
                [
                    "character_id": first["character_id"] ?? "", "appearance": .string(text),
                    "note": .string("To \(text)"),
                ]
            )
            bench.clock.advance(by: .seconds(1))
        }
        try await bench.call(
            "studio.characters.update", ["character_id": first["character_id"] ?? "", "description": "A fox."])
        return first["character_id"]?.stringValue ?? ""
    }

    private func export(_ id: String, tenant: Tenant = .local) async throws -> Data {
        var export = try await bench.studio.exportCharacter(id, of: tenant)
        var file = Data()
        while let line = try await export.next() { file.append(line) }
        return file
    }

    private func load(
        _ file: Data, project: String? = "Sea", name: String? = nil, tenant: Tenant = .local, pieces: Int = 1_000
    ) async throws -> ImportedCharacter {
        let stream = AsyncThrowingStream<Data, any Error> { continuation in
            for start in stride(from: 0, to: file.count, by: pieces) {
                continuation.yield(file[start..<min(start + pieces, file.count)])
            }
            continuation.finish()
        }
        return try await bench.studio.importCharacter(
            stream, into: CharacterImportTarget(project: project, name: name, handle: nil), of: tenant, keyID: nil)
    }

    private func show(_ imported: ImportedCharacter, tenant: Tenant = .local) async throws -> JSONValue {
        try await bench.call(
            "studio.characters.bible.get", ["character_id": .string(imported.characterID)], tenant: tenant)
    }

    private func lines(_ file: Data) -> [Data] { file.split(separator: 0x0A).map { Data($0) } }

    private func joined(_ lines: [Data]) -> Data { Data(lines.map { $0 + Data([0x0A]) }.joined()) }

    /// A file with one line changed.
    private func changed(_ file: Data, line: Int, _ change: (inout JSONValue) -> Void) throws -> Data {
        var all = lines(file)
        var value = try JSONParser.read(all[line])
        change(&value)
        all[line] = value.encoded()
        return joined(all)
    }

    // MARK: Out and in

    @Test(arguments: [7, 1_000, 1_000_000]) func anImportedCharacterIsTheSame(pieces: Int) async throws {
        let file = try await export(try await mira())
        let imported = try await load(file, tenant: other, pieces: pieces)
        #expect(imported.isNew && imported.addedAnchorCount == 2 && imported.rememberedCount == 2)
        #expect(imported.name == "Mira" && imported.handle == "mira" && imported.bibleIsChanged)
        let bible = try await show(imported, tenant: other)
        #expect(bible["appearance"] == "Middling." && bible["version"] == 3 && bible["description"] == "A fox.")
        #expect((bible["pictures"]?.arrayValue ?? []).map { $0["role"] } == ["primary", "side"])
        let versions = try await bench.call(
            "studio.characters.bible.versions", ["character_id": .string(imported.characterID)], tenant: other)
        #expect(versions["items"]?.arrayValue?.map { $0["note"] } == ["To Middling.", "To Tall.", "To Small."])
        // Its vectors are there before any job has run.
        let found = try await bench.recall(picture: 2, tenant: other)
        #expect(found["matches"]?[0]?["character_id"] == .string(imported.characterID))
        #expect((found["matches"]?[0]?["score"]?.doubleValue ?? 0) > 0.999)
        let search = try await bench.call("studio.characters.search", ["q": "middling"], tenant: other)
        #expect(search["matches"]?.arrayValue?.count == 1)
        #expect(try await bench.sweep() == 0, "the file that was sent is gone")
    }

    @Test func theFileIsWhatItsDescriptionSays() async throws {
        let all = lines(try await export(try await mira()))
        let first = try JSONParser.read(all[0])
        #expect(first["format"] == "hearth-character" && first["format_version"] == 1)
        #expect(first["character"]?["name"] == "Mira" && first["character"]?["project"] == "Woods")
        let versions = try all[1...3].map { try JSONParser.read($0)["bible_version"] }
        #expect(versions.map { $0?["version"] } == [1, 2, 3])
        #expect(versions.last??["bible"]?["appearance"] == "Middling.")
        let anchor = try JSONParser.read(all[4])["anchor"]
        let bytes = try Base64.read(anchor?["picture"]?.stringValue ?? "")
        #expect(bytes == bench.picture(1))
        #expect(anchor?["vector"]?["model"]?["dims"] == 8 && anchor?["vector"]?["model"]?["digest"] != nil)
        #expect(try JSONParser.read(try #require(all.last)) == ["end": ["lines": 6]])
        #expect(all.count == 7)
    }

    @Test func theSameFileAgainAddsNothing() async throws {
        let file = try await export(try await mira())
        let first = try await load(file)
        let before = try await bench.inventory()
        let again = try await load(file)
        #expect(again.characterID == first.characterID && !again.isNew && again.addedAnchorCount == 0)
        #expect(again.knownAnchorCount == 2 && !again.bibleIsChanged)
        #expect(try await bench.inventory() == before)
        let many = try await concurrentMap(Array(0..<4)) { _ in try await load(file, project: "Comet").characterID }
        #expect(Set(many).count == 1)
    }

    @Test func backIntoItsOwnProjectItIsItself() async throws {
        let id = try await mira()
        let file = try await export(id)
        let anchors =
            try await bench.call("studio.anchors.list", ["character_id": .string(id)])["items"]?.arrayValue ?? []
        try await bench.call("studio.anchors.delete", ["anchor_id": anchors[0]["anchor_id"] ?? ""])
        let imported = try await load(file, project: "Woods")
        #expect(imported.characterID == id && !imported.isNew)
        #expect(imported.addedAnchorCount == 1 && imported.knownAnchorCount == 1, "what was lost comes back")
    }

    @Test func aNewerFileBringsTheBibleUpUnlessItWasChangedHere() async throws {
        let id = try await mira()
        let imported = try await load(try await export(id))
        try await bench.call("studio.characters.bible.update", ["character_id": .string(id), "voice": "Low."])
        let newer = try await export(id)
        #expect(try await load(newer).bibleIsChanged)
        let bible = try await show(imported)
        #expect(bible["voice"] == "Low." && bible["change"] == "import" && bible["version"] == 4)
        try await bench.call(
            "studio.characters.bible.update", ["character_id": .string(imported.characterID), "voice": "Mine."])
        try await bench.call("studio.characters.bible.update", ["character_id": .string(id), "voice": "High."])
        #expect(try await !load(try await export(id)).bibleIsChanged)
        #expect(try await show(imported)["voice"] == "Mine.")
    }

    @Test func anImportedOneThatWasMergedIsTheOneThatStays() async throws {
        let file = try await export(try await mira())
        let imported = try await load(file)
        let nova = try await bench.register("Nova", project: "Sea", picture: 8)
        try await bench.merge(["character_id": .string(imported.characterID)], into: nova)
        let again = try await load(file)
        #expect(.string(again.characterID) == nova["character_id"] && !again.isNew && again.knownAnchorCount == 2)
    }

    @Test func aProvisionalOneStaysProvisional() async throws {
        let project = try await bench.call("studio.projects.create", ["name": "Woods"])["project_id"]?.stringValue
        let made = try await bench.studio.makeProvisionalCharacter(
            of: InspectedImage(bench.picture(1)), output: "output", project: project ?? "", tenant: .local)
        let imported = try await load(try await export(made.characterID))
        let shown = try await bench.call("studio.characters.get", ["character_id": .string(imported.characterID)])
        #expect(shown["is_provisional"] == true && shown["handle"] == "unnamed_1")
    }

    @Test func aNameThatIsTakenNeedsAnother() async throws {
        let file = try await export(try await mira())
        try await bench.register("Mira", project: "Sea", picture: 8)
        let error = await #expect(throws: HearthError.self) { try await load(file) }
        #expect(error?.code == .conflict)
        #expect(try await load(file, name: "Mira Two").handle == "mira_2")
    }

    @Test func theVectorOfAnotherModelIsMadeAgain() async throws {
        let id = try await mira()
        let file = try changed(try await export(id), line: 4) { $0["anchor"]?["vector"]?["model"]?["digest"] = "other" }
        let imported = try await load(file)
        #expect(imported.rememberedCount == 1)
        try await bench.runJobs()
        let found = try await bench.call("studio.characters.get", ["character_id": .string(imported.characterID)])
        #expect(found["remembered_count"] == 2)
    }

    @Test(arguments: ["AAAA", "", "!!", String(repeating: "A", count: 44)])
    func whatIsNoVectorIsMadeAgain(values: String) async throws {
        let file = try changed(try await export(try await mira()), line: 4) {
            $0["anchor"]?["vector"]?["values"] = .string(values)
        }
        let imported = try await load(file)
        #expect(imported.rememberedCount == 1 && imported.addedAnchorCount == 2)
    }

    @Test func aFalseVectorDoesNotStay() async throws {
        let id = try await mira()
        let all = lines(try await export(id))
        let vector = try JSONParser.read(all[5])["anchor"]?["vector"]?["values"] ?? .null
        let file = try changed(joined(all), line: 4) { $0["anchor"]?["vector"]?["values"] = vector }
        try await bench.call("studio.characters.delete", ["character_id": .string(id)])
        _ = try await load(file, tenant: other)
        try await bench.runJobs()
        let found = try await bench.recall(picture: 1, tenant: other)["matches"]?[0]
        #expect((found?["score"]?.doubleValue ?? 0) > 0.999, "its job has made the right one")
    }

    // MARK: Hostile files

    @Test func aFileThatIsCutOffLeavesNothing() async throws {
        let file = try await export(try await mira())
        let before = try await bench.inventory()
        for length in [0, 1, 100, file.count / 2, file.count - 30, file.count - 2] {
            let error = await #expect(throws: HearthError.self, "\(length)") {
                try await load(file.prefix(length), project: "New")
            }
            #expect(error?.code == .invalidRequest, "\(length)")
        }
        #expect(try await bench.inventory() == before)
        #expect(try await bench.refusal("studio.projects.get", ["project": "New"])?.code == .notFound)
        #expect(try await bench.sweep() == 0)
    }

    @Test(
        arguments: [
            (0, "format", "zip"), (0, "format_version", 2), (0, "character.name", "a/b"), (0, "character.name", ""),
            (0, "character.character_id", "../../x"), (0, "character.description", "\u{1}"),
            (1, "bible_version.bible.appearance", "\u{7}"), (1, "bible_version.bible.extra", "text"),
            (1, "bible_version.bible.unknown", 1), (1, "bible_version.change", "burn"),
            (1, "bible_version.changed_at", -1),
            (4, "anchor.sha256", "00"), (4, "anchor.picture", "QUJD"), (4, "anchor.picture", "%"),
            (4, "anchor.role", "x"),
            (6, "end.lines", 5), (3, "other", 1),
        ] as [(Int, String, JSONValue)])
    func aFileThatSaysSomethingElseLeavesNothing(line: Int, field: String, value: JSONValue) async throws {
        let keys = field.split(separator: ".").map(String.init)
        let file = try changed(try await export(try await mira()), line: line) { json in
            switch keys.count {
            case 1: json[keys[0]] = value
            case 2: json[keys[0]]?[keys[1]] = value
            default: json[keys[0]]?[keys[1]]?[keys[2]] = value
            }
            if keys == ["other"] { json["bible_version"] = nil }
        }
        let before = try await bench.inventory()
        let error = await #expect(throws: HearthError.self) { try await load(file, project: "New", tenant: other) }
        #expect([.invalidRequest, .invalidImage, .unsupportedMediaType].contains(error?.code))
        #expect(try await bench.inventory() == before)
        #expect(try await bench.sweep() == 0)
    }

    @Test func bytesThatAreNoFileAreRefused() async throws {
        let files: [Data] = [
            Data(), Data("hello".utf8), Data("{}\n".utf8), Data(repeating: 0x5B, count: 100_000),
            Data("PK\u{3}\u{4}".utf8), Data(repeating: 0xFF, count: 1_000), Data("\n\n\n".utf8),
            try await export(try await mira()) + Data("{}\n".utf8),
        ]
        for (index, file) in files.enumerated() {
            let error = await #expect(throws: HearthError.self, "\(index)") { try await load(file, project: "New") }
            #expect(error?.code == .invalidRequest, "\(index)")
        }
        #expect(try await bench.sweep() == 0)
    }

    /// One byte changed anywhere: it is refused, or what it says is what a caller may say.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func noChangedByteBreaksAnything(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let file = try await export(try await mira())
        for round in 0..<40 {
            var bytes = file
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            do {
                _ = try await load(bytes, project: "P\(round)", tenant: other)
            } catch let error as HearthError {
                #expect(error.code != .internalError, "round \(round), seed \(seed): \(error)")
            }
        }
        #expect(try await bench.sweep() == 0)
    }

    @Test func noCharacterOfAnotherTenantIsExported() async throws {
        let id = try await mira()
        let error = await #expect(throws: HearthError.self) { try await export(id, tenant: other) }
        #expect(error?.code == .notFound)
    }

    /// What goes while the file is sent.
    enum Loss: CaseIterable { case anchor, character, project, merge }

    /// The lines that were sent say nothing of what is missing, so there must be no last one.
    @Test(arguments: Loss.allCases) func aFileBreaksOffWhenItsContentGoesMeanwhile(loss: Loss) async throws {
        let id = try await mira()
        let character: JSONValue = ["character_id": .string(id)]
        var export = try await bench.studio.exportCharacter(id, of: .local)
        var file = try #require(await export.next())
        let anchors = try await bench.call("studio.anchors.list", character)["items"]?.arrayValue ?? []
        switch loss {
        case .anchor: try await bench.call("studio.anchors.delete", ["anchor_id": anchors[0]["anchor_id"] ?? ""])
        case .character: try await bench.call("studio.characters.delete", character)
        case .project:
            let project = try await bench.call("studio.characters.get", character)["project_id"] ?? ""
            try await bench.call("studio.projects.delete", ["project": project])
        case .merge:
            let other = try await bench.register("Nia", project: "Woods", picture: 9)
            try await bench.call(
                "studio.characters.merge",
                ["character_id": other["character_id"] ?? "", "other_character_id": .string(id)])
        }
        var failure: (any Error)?
        do {
            while let line = try await export.next() { file.append(line) }
        } catch { failure = error }
        #expect((failure as? HearthError)?.code == .conflict)
        #expect(lines(file).allSatisfy { !$0.starts(with: Data("{\"end\"".utf8)) })
        let refused = await #expect(throws: HearthError.self) { try await load(file, project: "New") }
        #expect(refused?.code == .invalidRequest && refused?.message.contains("cut off") == true)
    }

    /// A picture that comes while the file is sent is not of its moment.
    @Test func whatComesMeanwhileIsNotInTheFile() async throws {
        let id = try await mira()
        var export = try await bench.studio.exportCharacter(id, of: .local)
        var file = try #require(await export.next())
        try await bench.call(
            "studio.characters.anchors.register", ["character_id": .string(id), "role": "side"],
            attachment: bench.picture(3))
        while let line = try await export.next() { file.append(line) }
        #expect(try await load(file).addedAnchorCount == 2)
    }
}
