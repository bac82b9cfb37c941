import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// Files that users name and that are not what they should be.
@Suite(.timeLimit(.minutes(2))) struct FileErrorTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    @Test func everyCommandNamesTheFileThatIsMissing() async throws {
        let commands = [
            ["recall", "no.jpg"], ["register", "no.jpg"], ["products", "scan", "no.jpg"],
            ["products", "import", "no.csv"], ["collections", "import", "notes", "no.jsonl"],
            ["models", "add", "no.onnx"], ["call", "x", "{}", "--file", "image=no.jpg"],
            ["import", "chroma", "no-folder"], ["demo", "--images", "no-folder"], ["products", "eval", "no-folder"],
            ["serve", "--config", "no.json"],
        ]
        for command in commands {
            let run = try await HearthRun(command, in: folder)
            #expect(run.code == 1, "\(command)")
            #expect(run.errors.contains("no.") || run.errors.contains("no-folder"), "\(command): \(run.text)")
            RefusedSetupTests.expectPlainWords(run)
        }
        let run = try await HearthRun(["recall", "no.jpg"], in: folder)
        #expect(run.errors.contains("There is no file no.jpg."), "\(run.text)")
        #expect(run.errors.contains("It was looked for in \(folder.path)."), "\(run.text)")
    }

    @Test func aFolderInPlaceOfAFileIsSaidToBeOne() throws {
        let error = #expect(throws: HearthError.self) { try NamedFile.read(folder.path) }
        #expect(error?.message == "\(folder.path) is a folder, and a file is needed.")
    }

    /// What is missing is noticed before the server is asked for an import.
    @Test func anImportOfAMissingFileLeavesNoImport() async throws {
        let folder = folder
        try await AssembledFront.run(in: folder) { front in
            let run = try await HearthRun(["products", "import", "no.csv"], in: folder)
            #expect(run.code == 1 && run.errors.contains("There is no file no.csv."), "\(run.text)")
            let imports = try await front.send("GET", "/products/imports", key: nil)
            #expect(imports.json["items"]?.arrayValue?.isEmpty == true, "\(imports.text)")
        }
    }

    @Test func errorsOfTheSystemAreShownByFileAndReason() throws {
        let error = try #require(
            #expect(throws: (any Error).self) {
                try FileManager.default.contentsOfDirectory(atPath: folder.file("nothing"))
            })
        let shown = try #require(SystemError.shown(error))
        #expect(shown.message == "\(folder.file("nothing")): no such file or directory.")
        #expect(SystemError.shown(HearthError(.conflict, "x")) == nil)
    }
}
