import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// What a folder of pictures says about what they show.
@Suite struct LabelledPicturesTests {
    private func folder(_ files: [String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in files {
            let url = URL(fileURLWithPath: folder.file(file))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return folder
    }

    private func owners(_ files: [String]) throws -> [String] {
        let folder = try folder(files)
        // The folder goes with its last reference, so it is held until it has been read.
        defer { withExtendedLifetime(folder) {} }
        return try LabelledPictures(folder: folder.path).views.map(\.owner)
    }

    @Test func aSubfolderIsAnOwner() throws {
        #expect(try owners(["bolt/1.jpg", "bolt/2.PNG", "bolt/notes.txt", "mira/a.webp"]) == ["bolt", "bolt", "mira"])
    }

    @Test func subfoldersOfSubfoldersHaveBothNames() throws {
        #expect(try owners(["woods/bolt/1.jpg", "crew/bolt/1.jpg"]) == ["crew/bolt", "woods/bolt"])
    }

    @Test func foldersBelowThatAreNotRead() throws {
        #expect(throws: HearthError.self) { try owners(["a/b/c/1.jpg"]) }
    }

    @Test(arguments: [
        ("bolt-1", "bolt"), ("bolt2", "bolt"), ("bolt_side", "bolt"), ("bolt cat 03", "bolt cat"), ("bolt", "bolt"),
        ("sketch_dandy_standing", "sketch_dandy"), ("17", "17"), ("-", "-"), ("bolt-cat-12", "bolt-cat"),
    ])
    func picturesInNoSubfolderAreToldApartByTheirNames(stem: String, owner: String) throws {
        #expect(LabelledPictures.owner(of: stem) == owner)
        #expect(try owners(["\(stem).png"]) == [owner])
    }

    @Test func shopPicturesAreKeptApartWhereTheyMeanSomething() throws {
        let folder = try folder(["tea/shop.jpg", "tea/view-1.jpg"])
        let products = try LabelledPictures(folder: folder.path, separatesShop: true)
        #expect(products.views.count == 1 && products.shop.map(\.owner) == ["tea"])
        #expect(try LabelledPictures(folder: folder.path).views.count == 2)
    }

    @Test func aFolderWithoutPicturesIsNamed() throws {
        let folder = try folder(["a/notes.txt"])
        let error = #expect(throws: HearthError.self) { try LabelledPictures(folder: folder.path) }
        #expect(error?.code == .notFound && error?.message.contains(folder.path) == true)
    }

    @Test func aFolderThatIsMissingOrAFileIsSaidToBeThat() throws {
        let folder = try folder(["a.jpg"])
        let missing = #expect(throws: HearthError.self) { try LabelledPictures(folder: folder.file("nothing")) }
        #expect(missing?.message == "There is no folder \(folder.file("nothing")).")
        #expect(missing?.hint?.hasPrefix("Make one sub-folder for each character") == true)
        let file = #expect(throws: HearthError.self) { try LabelledPictures(folder: folder.file("a.jpg")) }
        #expect(file?.message == "\(folder.file("a.jpg")) is a file, and a folder is needed.")
    }

    /// All figures would be 1, whatever the model.
    @Test func oneCharacterAloneCannotBeToldFromAnother() throws {
        func check(_ files: [String]) throws {
            let folder = try folder(files)
            defer { withExtendedLifetime(folder) {} }
            try LabelledPictures(folder: folder.path).requireSeveralOwners("character", in: "photos")
        }
        let error = #expect(throws: HearthError.self) { try check(["bolt/1.jpg", "bolt/2.jpg"]) }
        #expect(
            error?.message == "All of photos shows one character, bolt (2 pictures): there is no other to tell it from."
        )
        #expect(throws: Never.self) { try check(["bolt/1.jpg", "mira/1.jpg"]) }
    }
}
