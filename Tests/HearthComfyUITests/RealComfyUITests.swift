import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import HearthWorkflows
import Testing

@testable import HearthComfyUI

/// The real server, where there is one.
private let serverURL = ProcessInfo.processInfo.environment["COMFYUI_URL"]

/// The same against a real server, which `Tools/comfyui_test.py` starts; without one there is nothing to test.
@Suite(
    .enabled(if: serverURL != nil, "COMFYUI_URL names no server; see Tools/comfyui_test.py."), .serialized,
    .timeLimit(.minutes(30)))
struct RealComfyUITests {
    private func trial() throws -> GenerationTrial {
        var times = ComfyTimes()
        times.silentPoll = .milliseconds(200)
        return try GenerationTrial([try #require(serverURL)], times: times)
    }

    private func remaining() async throws -> Int {
        try await ComfyServer(try #require(serverURL), times: ComfyTimes()).remaining()
    }

    @Test func pictureIsMadeFromAPrompt() async throws {
        let trial = try trial()
        let file = try await trial.generate(trial.work(previews: true))
        #expect(file.format == "png" && file.width == 64 && file.height == 64)
        let reports = trial.reports.withLock { $0 }
        #expect(reports.contains { $0.step == 3 && $0.steps == 3 } && reports.contains { $0.preview != nil })
        #expect(file.details["comfyui_version"] != nil)
    }

    @Test func pictureIsMadeFromACharacter() async throws {
        let trial = try trial()
        let recipe = GenerationTrial.recipe(references: [GenerationTrial.reference()])
        let file = try await trial.generate(trial.work(recipe, references: [try Recording.picture()]))
        #expect(file.details["workflow"] == "img2img" && file.reference.mechanism == "denoise")
    }

    @Test func partOfAPictureIsChanged() async throws {
        let trial = try trial()
        let recipe = GenerationTrial.recipe(
            references: [GenerationTrial.reference(.start), GenerationTrial.reference(.mask)])
        let picture = try Recording.picture()
        let file = try await trial.generate(trial.work(recipe, references: [picture, picture]))
        #expect(file.details["workflow"] == "inpaint")
    }

    @Test func cancelledPromptIsGone() async throws {
        let trial = try trial()
        var recipe = GenerationTrial.recipe()
        recipe.steps = 1_000
        recipe.seed = 8
        let work = trial.work(recipe)
        let task = Task { try await trial.generate(work) }
        try await eventually("it samples", within: .seconds(300)) {
            trial.reports.withLock { $0.contains { $0.stage == .sampling } }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        try await eventually("the queue is empty") { try await remaining() == 0 }
        #expect(try trial.files().isEmpty)
    }

    @Test func secondAttemptFindsTheFirst() async throws {
        let trial = try trial()
        var recipe = GenerationTrial.recipe()
        recipe.seed = 9
        let work = trial.work(recipe)
        let first = try await trial.generate(work)
        try FileManager.default.removeItem(atPath: first.path)
        let reports = trial.reports.withLock { $0.count }
        try await trial.generate(work)
        // What is finished is fetched, not made again.
        #expect(trial.reports.withLock { $0.count } <= reports + 2)
    }

    @Test func unknownSamplerIsNamed() async throws {
        let trial = try trial()
        let failure = try #require(await trial.failure(trial.work(GenerationTrial.recipe(sampler: "dpmpp_9"))))
        #expect(failure.code == "comfyui_refused" && failure.message.contains("`sampler_name`"))
    }

    @Test func videoSaysWhatIsMissing() async throws {
        let trial = try trial()
        let failure = try #require(await trial.failure(trial.work(GenerationTrial.recipe(.video))))
        #expect(failure.code == "workflow_unavailable" && failure.message.contains("ADE_AnimateDiffLoaderGen1"))
    }
}
