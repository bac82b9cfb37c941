import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// `hearth studio eval` and `hearth products eval`, as a user starts them: the real programs and the built-in model.
@Suite(.timeLimit(.minutes(5))) struct EvaluationProgramTests {
    /// A place that the command may not leave anything in: its folder for temporary files, and where data would go.
    private let place: TemporaryFolder

    init() throws {
        place = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: place.file("tmp"), withIntermediateDirectories: true)
    }

    /// What is left in the place.
    private var leftovers: [String] {
        FileManager.default.subpaths(atPath: place.path)?.filter { $0 != "tmp" } ?? []
    }

    private func program(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.server())
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        process.environment = ChildEnvironment.make(adding: [
            "TMPDIR": place.file("tmp"), "HEARTH_DATA": place.file("data"),
        ])
        return process
    }

    /// Runs a command to its end.
    /// - Returns: its exit code, standard output and standard error.
    private func run(_ arguments: [String]) async throws -> (code: Int32, output: String, error: String) {
        let (process, texts) = (try program(arguments), try TemporaryFolder())
        for name in ["output", "error"] { _ = FileManager.default.createFile(atPath: texts.file(name), contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: texts.file("output"))
        process.standardError = FileHandle(forWritingAtPath: texts.file("error"))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try await eventually("the command ends") { !process.isRunning }
        return (
            process.terminationStatus, try String(contentsOfFile: texts.file("output"), encoding: .utf8),
            try String(contentsOfFile: texts.file("error"), encoding: .utf8)
        )
    }

    /// Two characters of the samples with two pictures each, and a file that is no picture.
    private func characters() throws -> TemporaryFolder {
        let (folder, samples) = (try TemporaryFolder(), try ProgramFiles.samples())
        for character in ["bolt-cat", "nova-captain"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(character), withIntermediateDirectories: true)
            for view in ["view-1.jpg", "view-2.jpg"] {
                try FileManager.default.copyItem(
                    atPath: "\(samples)/comet-crew/\(character)/\(view)", toPath: folder.file("\(character)/\(view)"))
            }
        }
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder.file("bolt-cat/broken.png")))
        return folder
    }

    @Test func eachChangeIsMeasuredOnTheUsersPictures() async throws {
        let folder = try characters()
        let ended = try await run(["studio", "eval", folder.path, "--model", "scatter", "--json"])
        try #require(ended.code == 0, "\(ended.error)")
        #expect(ended.error.contains("broken.png is left out"))
        let report = try JSONParser.read(Data(ended.output.utf8))
        let rows = report["models"]?[0]?["changes"]?.arrayValue ?? []
        let opaque = PictureChange.allCases.filter { !$0.needsTransparency }
        #expect(rows.compactMap { $0["change"]?.stringValue } == ["none"] + opaque.map(\.rawValue))
        #expect(rows[0]["pictures"] == 4 && rows[0]["owners"] == 2)
        #expect(rows[0]["top1"]?.doubleValue == 1 && rows[0]["itself"]?.doubleValue == 1)
        #expect(leftovers.isEmpty, "\(leftovers)")
    }

    @Test func modelsAreComparedInATable() async throws {
        let folder = try characters()
        let ended = try await run([
            "products", "eval", folder.path, "--model", "scatter", "--model", "scatter", "--unchanged",
        ])
        try #require(ended.code == 0, "\(ended.error)")
        #expect(ended.output.contains("scatter: 4 pictures of 2 products"))
        #expect(ended.output.contains("as it is"))
        #expect(
            ended.output.split(separator: "\n").contains { $0.contains("change") && $0.contains("scatter  scatter") })
        #expect(leftovers.isEmpty, "\(leftovers)")
    }

    @Test func aModelThatIsNotThereIsNamedWithThoseThatAre() async throws {
        let folder = try characters()
        let ended = try await run(["studio", "eval", folder.path, "--model", "scater"])
        #expect(ended.code == 1)
        #expect(ended.error.contains("Did you mean scatter?"), "\(ended.error)")
    }

    /// Ctrl-C, a service manager, and `kill -9`: the worker ends with the command, and no file is left.
    @Test(arguments: [SIGINT, SIGTERM, SIGKILL]) func anInterruptedEvaluationLeavesNothing(signal: Int32) async throws {
        let process = try program(["studio", "eval", try ProgramFiles.samples(), "--model", "scatter"])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let pid = process.processIdentifier
        // A child stands with the thread that has started it, which may be any.
        func child() -> Int32? {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
            for thread in threads {
                let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/children", encoding: .utf8)
                if let child = text?.split(separator: " ").first.flatMap({ Int32($0) }) { return child }
            }
            return nil
        }
        var worker: Int32?
        try await eventually("the worker is started") {
            worker = child()
            return worker != nil
        }
        kill(pid, signal)
        try await eventually("the command ends") { !process.isRunning }
        let orphan = try #require(worker)
        try await eventually("the worker ends") { kill(orphan, 0) != 0 }
        #expect(leftovers.isEmpty, "\(leftovers)")
    }
}
