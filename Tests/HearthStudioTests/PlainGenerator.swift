import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthStudio
import HearthTesting

/// A generator whose outputs are the recipe's own words, so that equal recipes make equal files.
struct PlainGenerator: Generator {
    static let description = GeneratorDescription(
        id: "plain", summary: "Writes the prompt.", kinds: [.image, .video], needs: [], sides: 16...2_048, sideStep: 8,
        seconds: 1...10, isReproducible: true, timeout: .seconds(60))

    /// What it has been asked.
    let asked = Locked<[GenerationWork]>([])
    /// Runs before a file is made.
    let before = Locked<@Sendable (GenerationWork) async throws -> Void>({ _ in })
    /// What videos are; nil: the pictures of all outputs.
    let video = Locked<Data?>(nil)
    /// What it was told to stop, call by call.
    let stopped = Locked<[[String]]>([])
    /// Why it cannot stop anything.
    let stopFailure = Locked<JobFailure?>(nil)

    var description: GeneratorDescription { Self.description }

    func stop(_ works: [String]) async throws {
        stopped.withLock { $0.append(works) }
        if let failure = stopFailure.withLock({ $0 }) { throw failure }
    }

    func generate(_ work: GenerationWork) async throws -> GeneratedFile {
        asked.withLock { $0.append(work) }
        try await before.withLock { $0 }(work)
        work.progress(GenerationProgress(stage: .composing, overall: 0.5, step: 1, steps: 2))
        if work.recipe.kind == .video, let video = video.withLock({ $0 }) {
            try video.write(to: URL(fileURLWithPath: "\(work.folder)/out.mp4"))
            return GeneratedFile(
                path: "\(work.folder)/out.mp4", format: "mp4", width: 16, height: 16, seconds: 1,
                reference: AppliedReference(requestedWeight: 0.8, mechanism: "start_frame", effective: nil))
        }
        let path = "\(work.folder)/out.gif"
        try Self.picture(seed: work.recipe.seed, prompt: work.recipe.prompt).write(to: URL(fileURLWithPath: path))
        return GeneratedFile(
            path: path, format: "gif", width: 1, height: 1,
            reference: AppliedReference(
                requestedWeight: work.recipe.referenceWeight,
                mechanism: work.references.isEmpty ? "none" : "layout_share", effective: 0.4),
            details: ["note": "plain"])
    }

    /// A GIF of one pixel that depends on the seed and the prompt.
    static func picture(seed: Int64, prompt: String) -> Data {
        let sum = prompt.utf8.reduce(UInt8(7)) { $0 &* 31 &+ $1 }
        return Data("GIF89a".utf8)
            + Data([
                1, 0, 1, 0, 0x80, 0, 0, UInt8(truncatingIfNeeded: seed), UInt8(truncatingIfNeeded: seed >> 8), sum, 0,
                0, 0,
                0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
            ])
    }
}

/// Folders, and what a test says in place of programs.
struct FolderRunner: ProgramRunner {
    typealias Program = @Sendable (_ call: ProgramCall, _ folder: String) throws -> ProgramResult

    let root: TemporaryFolder
    var program: Program = Self.none

    static let none: Program = { _, _ in throw HearthError(.internalError, "There are no programs here.") }

    func withFolder<Output: Sendable>(_ body: (_ folder: String) async throws -> Output) async throws -> Output {
        let folder = root.file("jobs-\(Identifier.make())")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    func run(_ call: ProgramCall, in folder: String) async throws -> ProgramResult {
        try program(call, folder)
    }
}

/// A generator that the front knows and no worker has.
enum BrokenGenerator {
    static let description = GeneratorDescription(
        id: "away", summary: "Is not there.", kinds: [.video], needs: [.program("hearth-no-such-program")],
        sides: 64...512,
        sideStep: 64, seconds: 2...4, isReproducible: false, timeout: .seconds(60))
}
