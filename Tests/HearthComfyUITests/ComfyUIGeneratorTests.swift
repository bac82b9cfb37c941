import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import HearthWorkflows
import NIOHTTP1
import Testing

@testable import HearthComfyUI

/// Whole runs against a server that replays what the real one was recorded to say.
@Suite(.timeLimit(.minutes(2))) struct ComfyUIGeneratorTests {
    @Test func pictureIsMadeAndDescribed() async throws {
        let server = try await ComfyDouble()
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        let file = try await trial.generate(work)
        #expect(
            file.path == trial.folder.file("output.png") && file.format == "png" && file.width == 64
                && file.height == 64)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)) == server.picture)
        #expect(file.reference.mechanism == "none" && file.details["workflow"] == "txt2img")
        #expect(file.details["models"]?["4.ckpt_name"] == "madeup.safetensors")
        #expect(file.details["comfyui_version"] == "0.3.64")
        #expect(server.queued.isEmpty && server.submissions.count == 1)
        await server.stop()
    }

    @Test func promptCarriesTheRecipeAndTheJobsIdentifier() async throws {
        let server = try await ComfyDouble()
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        try await trial.generate(work)
        let body = try #require(server.submissions.first).json
        #expect(body["prompt_id"]?.stringValue == work.workID && body["client_id"]?.stringValue == work.workID)
        let graph = body["prompt"]
        #expect(graph?["6"]?["inputs"]?["text"] == "a lantern, best" && graph?["7"]?["inputs"]?["text"] == "blurry")
        #expect(graph?["3"]?["inputs"]?["seed"] == 7 && graph?["3"]?["inputs"]?["steps"] == 3)
        #expect(graph?["3"]?["inputs"]?["sampler_name"] == "dpmpp_2m")
        #expect(graph?["5"]?["inputs"]?["width"] == 64)
        #expect(graph?["9"]?["inputs"]?["filename_prefix"]?.stringValue == "hearth/\(work.workID)")
        await server.stop()
    }

    /// Runs a prompt of which only messages tell, from the moment on that it is known to run.
    private func heard(
        _ script: ComfyDouble.Script = ComfyDouble.Script(), previews: Bool = false
    ) async throws -> [GenerationProgress] {
        var script = script
        script.holds = .running
        let server = try await ComfyDouble(script)
        var times = GenerationTrial.times
        times.poll = .seconds(600)
        times.silentPoll = .seconds(600)
        let trial = try GenerationTrial([server.url], times: times)
        let work = trial.work(previews: previews)
        async let file = trial.generate(work)
        try await eventually("it runs") { !trial.reports.withLock { $0.isEmpty } }
        server.play(work.workID)
        #expect(try await file.format == "png")
        #expect(server.submissions.count == 1)
        await server.stop()
        return trial.reports.withLock { $0 }
    }

    @Test func progressRisesThroughTheStagesOfTheRecording() async throws {
        let reports = try await heard(previews: true)
        let overall = reports.map(\.overall)
        #expect(overall == overall.sorted() && overall.last == 1)
        let stages = Set(reports.map(\.stage))
        #expect(stages.isSuperset(of: [.loadingModel, .encoding, .sampling, .decoding, .saving]))
        #expect(reports.contains { $0.step == 3 && $0.steps == 3 })
        #expect(reports.count { $0.preview != nil } == 3)
    }

    @Test func previewsAreKeptFromCallersWhoDoNotAskForThem() async throws {
        #expect(try await heard().allSatisfy { $0.preview == nil })
    }

    // MARK: Races

    /// `execution_success` comes before the history is written.
    @Test(arguments: [1, 7]) func historyThatIsEmptyForAMomentIsReadAgain(reads: Int) async throws {
        var script = ComfyDouble.Script()
        script.emptyHistoryReads = reads
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        #expect(try await trial.generate(trial.work()).format == "png")
        #expect(server.count(.GET, "/history/") > reads)
        await server.stop()
    }

    /// Also: the prompt is done before the socket is open.
    @Test func serverWithoutAWebSocketIsAskedFromTimeToTime() async throws {
        var script = ComfyDouble.Script()
        script.refusesSockets = true
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        #expect(try await trial.generate(trial.work()).format == "png")
        await server.stop()
    }

    @Test(arguments: [0, 5, 20]) func lostSocketIsOpenedAgain(messages: Int) async throws {
        var script = ComfyDouble.Script()
        script.cutsSocketAfter = messages
        #expect(try await heard(script).last?.overall == 1)
    }

    @Test func messagesAreHeardAfterTheSocketWasOpenedAgain() async throws {
        var script = ComfyDouble.Script()
        script.holds = .running
        let server = try await ComfyDouble(script)
        var times = GenerationTrial.times
        // Only messages can end it.
        times.poll = .seconds(600)
        times.silentPoll = .seconds(600)
        let trial = try GenerationTrial([server.url], times: times)
        let work = trial.work()
        async let file = trial.generate(work)
        try await eventually("it runs") { server.submissions.count == 1 && server.isListening(work.workID) }
        await server.cutSockets()
        let before = server.count(.GET, "/history/")
        try await eventually("it looks again") { server.count(.GET, "/history/") > before }
        server.play(work.workID)
        #expect(try await file.format == "png")
        await server.stop()
    }

    @Test func answerToASubmissionThatIsLostDoesNotMakeASecondPrompt() async throws {
        var script = ComfyDouble.Script()
        script.losesSubmission = true
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        #expect(try await trial.generate(trial.work()).format == "png")
        #expect(server.submissions.count == 1)
        await server.stop()
    }

    // MARK: Attempts after a crash

    @Test(arguments: [ComfyDouble.Hold.pending, .running])
    func secondAttemptJoinsWhatTheFirstHasLeft(hold: ComfyDouble.Hold) async throws {
        var script = ComfyDouble.Script()
        script.holds = hold
        let server = try await ComfyDouble(script)
        let work = try GenerationTrial([server.url]).work()
        // As a killed worker leaves it: submitted, and no client listens.
        let left = try ComfyServer(server.url, times: GenerationTrial.times)
        try await left.submit([:], as: work.workID, client: work.workID, wantsPreviews: false)
        let trial = try GenerationTrial([server.url])
        var again = trial.work(id: work.workID)
        again.recipe = work.recipe
        async let file = trial.generate(again)
        try await eventually("it has looked") { server.count(.GET, "/history/") > 1 }
        server.begin(work.workID)
        server.play(work.workID)
        #expect(try await file.format == "png")
        #expect(server.submissions.count == 1)
        await server.stop()
    }

    @Test func secondAttemptTakesWhatIsFinished() async throws {
        let server = try await ComfyDouble()
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        try await trial.generate(work)
        try FileManager.default.removeItem(atPath: trial.folder.file("output.png"))
        #expect(try await trial.generate(work).format == "png")
        #expect(server.submissions.count == 1)
        await server.stop()
    }

    @Test func secondAttemptAfterAFailureIsSubmittedAgain() async throws {
        var script = ComfyDouble.Script()
        script.recording = "node_error"
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        #expect(await trial.failure(work)?.code == "comfyui_node_failed")
        server.change { $0.recording = "txt2img" }
        #expect(try await trial.generate(work).format == "png")
        #expect(server.submissions.count == 2)
        await server.stop()
    }

    @Test func finishedPromptWhoseFilesAreGoneIsMadeAgain() async throws {
        var script = ComfyDouble.Script()
        script.answers["/view"] = .text("", .notFound)
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        #expect(await trial.failure(work)?.kind == .transient)
        server.change { $0.answers = [:] }
        #expect(try await trial.generate(work).format == "png")
        #expect(server.submissions.count == 2)
        await server.stop()
    }

    // MARK: Cancelling

    @Test(arguments: [ComfyDouble.Hold.pending, .running])
    func cancelledWorkLeavesNothingAtTheServer(hold: ComfyDouble.Hold) async throws {
        var script = ComfyDouble.Script()
        script.holds = hold
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        let task = Task { try await trial.generate(work) }
        try await eventually("it is there") { server.queued == [work.workID] && server.isListening(work.workID) }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(server.queued.isEmpty)
        #expect(try trial.files().isEmpty)
        await server.stop()
    }

    /// Older servers stop whatever runs when they are asked to stop anything.
    @Test func othersPromptIsNotInterrupted() async throws {
        var script = ComfyDouble.Script()
        script.holds = .pending
        script.others = 1
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        let task = Task { try await trial.generate(work) }
        try await eventually("it waits") {
            trial.reports.withLock { $0.last?.message } == "1 before it in the server's queue."
        }
        task.cancel()
        _ = await task.result
        #expect(server.count(.POST, "/interrupt") == 0 && server.queued.isEmpty)
        await server.stop()
    }
}
