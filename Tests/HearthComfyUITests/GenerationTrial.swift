import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import HearthWorkflows

@testable import HearthComfyUI

/// A generator, its servers, and the folder of one piece of work.
struct GenerationTrial {
    let generator: ComfyUIGenerator
    let folder: TemporaryFolder
    let reports = Locked<[GenerationProgress]>([])

    /// Waits of milliseconds, so that a test which is about waiting is soon over.
    static let times: ComfyTimes = {
        var times = ComfyTimes()
        times.connect = .seconds(5)
        times.read = .seconds(10)
        times.poll = .milliseconds(5)
        times.silentPoll = .milliseconds(5)
        times.historyPause = .milliseconds(1)
        times.reconnect = Backoff(first: .milliseconds(1), longest: .milliseconds(5))
        return times
    }()

    init(
        _ servers: [String], times: ComfyTimes = Self.times, workflows: any WorkflowSource = BuiltInWorkflowSource()
    ) throws {
        generator = try ComfyUIGenerator(servers: servers, workflows: workflows, times: times)
        folder = try TemporaryFolder(.memory)
    }

    func work(
        _ recipe: Recipe = Self.recipe(), id: String = Identifier.make(), references: [Data] = [],
        previews: Bool = false
    ) -> GenerationWork {
        GenerationWork(
            recipe: recipe, references: references, folder: folder.path, workID: id, wantsPreviews: previews
        ) { report in reports.withLock { $0.append(report) } }
    }

    /// - Throws: the failure that the job would get.
    @discardableResult
    func generate(_ work: GenerationWork) async throws -> GeneratedFile { try await generator.generate(work) }

    /// How the job would fail; nil when it does not.
    func failure(_ work: GenerationWork? = nil) async -> JobFailure? {
        do {
            _ = try await generator.generate(work ?? self.work())
            return nil
        } catch {
            return JobFailure(error)
        }
    }

    /// Names of the files that were left.
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    static func recipe(
        _ kind: OutputKind = .image, references: [RecipeReference] = [], weight: Double = 0.8, workflow: String? = nil,
        sampler: String = "dpmpp_2m", width: Int = 64, height: Int = 64
    ) -> Recipe {
        Recipe(
            generator: "comfyui", kind: kind, prompt: "a lantern", stylePreset: "none", positive: "a lantern, best",
            negative: "blurry", width: width, height: height, seconds: kind == .video ? 2 : nil,
            framesPerSecond: kind == .video ? 16 : nil, seed: 7, steps: 3, sampler: sampler, scheduler: "karras",
            guidance: 7, referenceWeight: weight, references: references, workflow: workflow)
    }

    static func reference(_ purpose: RecipeReference.Purpose = .character) -> RecipeReference {
        RecipeReference(purpose: purpose, sha256: String(repeating: "0", count: 64))
    }
}
