import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// What a demonstration says of the pictures that it is given.
@Suite struct DemoCastTests {
    private func cast(_ pictures: [String]) throws -> DemoCast {
        let folder = try TemporaryFolder(.memory)
        for picture in pictures {
            let url = URL(fileURLWithPath: folder.file("cast/\(picture)"))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return try DemoCast(folder: folder.file("cast"))
    }

    @Test func oneCharacterIsOneCharacter() throws {
        #expect(try cast(["mira/1.jpg"]).text == "1 character in 1 project")
        #expect(try cast(["a/mira/1.jpg", "b/bolt/1.jpg", "b/bolt/2.jpg"]).text == "2 characters in 2 projects")
    }

    /// A folder of photos without sub-folders.
    @Test func picturesInNoSubfolderAreToldApartByTheirNames() throws {
        let flat = try cast(["bolt-1.jpg", "bolt-2.jpg", "mira.png", "notes.txt"])
        #expect(flat.members.map(\.name) == ["bolt", "mira"])
        #expect(flat.members.map(\.queries.count) == [1, 1])
        #expect(flat.text == "2 characters in 1 project")
        #expect(flat.note?.contains("bolt (2 pictures), mira (1 picture).") == true)
        #expect(try cast(["bolt/1.jpg"]).note == nil)
    }

    @Test func aFolderThatHasNoneIsToldHowToLook() throws {
        for pictures in [["notes.txt"], ["a/b/c/1.jpg"]] {
            let error = #expect(throws: HearthError.self) { try cast(pictures) }
            #expect(error?.hint?.contains("one sub-folder for each character") == true)
            #expect(error?.hint?.contains("bolt-1.jpg and bolt-2.jpg show bolt") == true)
        }
        let file = try TemporaryFolder(.memory)
        try Data().write(to: URL(fileURLWithPath: file.file("a.jpg")))
        let error = #expect(throws: HearthError.self) { try DemoCast(folder: file.file("a.jpg")) }
        #expect(error?.message.hasSuffix("is a file, and a folder is needed.") == true)
    }

    /// An installed Hearth has no Makefile beside it.
    @Test func whatIsSaidAtTheEndCanBeTyped() throws {
        #expect(DemoCommand.next(isCheckout: true).contains("`make run`"))
        #expect(DemoCommand.next(isCheckout: false).contains("`hearth serve --best-models`"))
        #expect(!DemoCommand.next(isCheckout: false).contains("make"))
        let folder = try TemporaryFolder(.memory)
        #expect(!ProgramFiles.isCheckout(modelFolders: folder.file("ModelFolders")))
        for name in ["Makefile", "Package.swift"] { try Data().write(to: URL(fileURLWithPath: folder.file(name))) }
        #expect(ProgramFiles.isCheckout(modelFolders: folder.file("ModelFolders")))
    }

    @Test func figuresSayWhatTheyAreAndDoNotContradictThemselves() {
        func rows(_ recalls: [DemoRun.Recall], strangers: [Bool]) -> [String: String] {
            let summary = DemoSummary(
                startTime: .zero, memory: 0, whileLoading: [], idle: [], learning: .zero, recalls: recalls,
                strangers: strangers, products: DemoProducts.Figures(), studio: DemoStudio.Figures())
            return Dictionary(uniqueKeysWithValues: summary.rows.map { ($0.name, $0.value) })
        }
        let right = DemoRun.Recall(isFound: true, isKnown: true, time: .zero)
        let unsure = DemoRun.Recall(isFound: true, isKnown: false, time: .zero)
        // `hearth demo --images FOLDER` with one project.
        let one = rows([right, unsure], strangers: [])
        #expect(one["… and the server is sure of it"] == "1 of 2")
        #expect(one["strangers who are answered \"unknown\""] == "not tried: there is one project only")
        let silent = rows([DemoRun.Recall(isFound: true, isKnown: nil, time: .zero)], strangers: [])
        #expect(silent.values.count { $0 == "not said: the model names no threshold" } == 2)
        let wrong = DemoRun.Recall(isFound: false, isKnown: true, time: .zero)
        #expect([right, unsure, wrong].map(\.verdict) == ["✓ right", "~ right, not sure", "✗ wrong"])
        #expect(DemoStrangers.line([true, true, false]).hasSuffix("which is right; 1 was taken for another one."))
    }

    @Test func whoHasOnePictureOnlyIsNamed() throws {
        let members = try cast(["bolt/1.jpg", "bolt/2.jpg", "mira/1.jpg"]).members
        #expect(members.map(\.hasOnePicture) == [false, true])
        #expect(DemoCast.caveat(of: members)?.hasPrefix("mira has one picture only") == true)
        #expect(DemoCast.caveat(of: [members[0]]) == nil)
        #expect(DemoCast.caveat(of: [members[1], members[1]])?.hasPrefix("mira, mira have one picture only") == true)
    }
}
