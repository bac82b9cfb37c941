import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import HearthWorkflows
import NIOHTTP1
import Testing

@testable import HearthComfyUI

/// What goes wrong at a server, and whether the job waits, tries again or fails for it.
@Suite(.timeLimit(.minutes(2))) struct ComfyFailureTests {
    private func failure(_ script: ComfyDouble.Script, _ recipe: Recipe = GenerationTrial.recipe()) async throws
        -> JobFailure
    {
        let server = try await ComfyDouble(script)
        let trial = try GenerationTrial([server.url])
        let failure = await trial.failure(trial.work(recipe))
        #expect(try trial.files().isEmpty)
        await server.stop()
        return try #require(failure)
    }

    private func script(_ change: (inout ComfyDouble.Script) -> Void) -> ComfyDouble.Script {
        var script = ComfyDouble.Script()
        change(&script)
        return script
    }

    // MARK: The workflow or the recipe is wrong

    @Test func refusedValueNamesTheNode() throws {
        let text = ComfyRefusal(try Recording.refusal("refused")).text
        #expect(text.contains("Node 3 (KSampler)") && text.contains("`sampler_name` cannot be \"dpmpp_9\""))
        #expect(text.contains("The server has no such choice."), "it has more than 20, and lists none")
    }

    @Test(arguments: [
        [["euler", "heun"], [:]] as JSONValue, ["COMBO", ["options": ["euler", "heun"]]],
    ]) func allowedValuesAreNamedWhereTheServerListsThem(configuration: JSONValue) {
        let refusal: JSONValue = [
            "node_errors": [
                "3": [
                    "class_type": "KSampler",
                    "errors": [
                        [
                            "type": "value_not_in_list",
                            "extra_info": [
                                "input_name": "sampler_name", "received_value": "dpmpp_9",
                                "input_config": configuration,
                            ],
                        ]
                    ],
                ]
            ]
        ]
        #expect(ComfyRefusal(refusal).text.contains("Allowed are euler, heun."))
    }

    @Test func refusedWorkflowFailsForGood() async throws {
        let failure = try await failure(script { $0.refusal = try? Recording.refusal("refused") })
        #expect(failure.kind == .permanent && failure.code == "comfyui_refused")
        #expect(failure.message.contains("Node 3 (KSampler)"))
    }

    @Test func failedNodeIsNamedWithItsReason() async throws {
        let failure = try await failure(script { $0.recording = "node_error" })
        #expect(failure.kind == .permanent && failure.code == "comfyui_node_failed")
        #expect(failure.message.contains("Node 4 (CheckpointLoaderSimple)"))
        #expect(failure.message.contains("header too large"))
    }

    @Test func lackOfMemoryMayPass() {
        let failure = ComfyNodeFailure([
            "node_id": "3", "node_type": "KSampler", "exception_type": "torch.OutOfMemoryError",
            "exception_message": "Allocation on device",
        ])
        #expect(failure.isOutOfMemory)
    }

    @Test func interruptionAtTheServerEndsTheJob() async throws {
        let failure = try await failure(script { $0.recording = "interrupted" })
        #expect(failure.kind == .permanent && failure.code == "comfyui_interrupted")
    }

    @Test func workflowWithoutItsNodesSaysWhichAreMissing() async throws {
        let failure = try await failure(script { $0.missing = ["KSampler", "VAEDecode"] })
        #expect(failure.kind == .permanent && failure.code == "workflow_unavailable")
        #expect(failure.message.contains("txt2img") && failure.message.contains("KSampler, VAEDecode"))
    }

    @Test func videoWithoutModelsSaysWhichAreWanted() async throws {
        var recipe = GenerationTrial.recipe(.video, references: [GenerationTrial.reference()])
        recipe.workflow = nil
        let failure = try await failure(script { _ in }, recipe)
        #expect(failure.code == "workflow_unavailable" && failure.message.contains("*wan*_i2v*"))
        #expect(failure.message.contains("nor svd"))
    }

    // MARK: The server is away, slow, full, or another one

    @Test func serverThatIsAwayCostsNoAttempt() async throws {
        let server = try await ComfyDouble()
        await server.stop()
        let failure = try await GenerationTrial([server.url]).failure()
        #expect(failure?.kind == .infrastructure && failure?.code == "comfyui_away")
        #expect(failure?.message.contains(server.url) == true)
    }

    @Test func slowServerCostsNoAttempt() async throws {
        let server = try await ComfyDouble(script { $0.answers["/queue"] = .silent })
        var times = GenerationTrial.times
        times.read = .milliseconds(50)
        let failure = try await GenerationTrial([server.url], times: times).failure()
        #expect(failure?.kind == .infrastructure && failure?.code == "comfyui_away")
        await server.stop()
    }

    @Test(arguments: [
        "<html>hello</html>", "[", "{\"exec_info\":{}}", "{\"exec_info\":{\"queue_remaining\":-1}}", "null",
    ]) func garbageCostsNoAttempt(text: String) async throws {
        let failure = try await failure(script { $0.answers["/prompt"] = .text(text) })
        #expect(failure.kind == .infrastructure && failure.code == "comfyui_unexpected")
    }

    @Test(arguments: [401, 403, 404, 500, 502])
    func statusOfAnotherServerCostsNoAttempt(status: Int) async throws {
        let failure = try await failure(
            script { $0.answers["/prompt"] = .text("no", .init(statusCode: status)) })
        #expect(failure.kind == .infrastructure && failure.message.contains("\(status)"))
    }

    @Test func messagesThatAreNoneEndTheAttempt() async throws {
        let server = try await ComfyDouble(script { $0.holds = .running })
        let trial = try GenerationTrial([server.url])
        let work = trial.work()
        async let failure = trial.failure(work)
        try await eventually("it listens") { server.isListening(work.workID) && !server.queued.isEmpty }
        for _ in 0...Limits.comfyUIGarbage { server.say("hello", to: work.workID) }
        #expect(await failure?.kind == .infrastructure)
        await server.stop()
    }

    @Test func fullQueueIsLeftAlone() async throws {
        let failure = try await failure(script { $0.others = Limits.comfyUIQueue })
        #expect(failure.kind == .infrastructure && failure.code == "comfyui_full")
    }

    // MARK: The server is started again

    @Test func promptThatWasForgottenWhileItWaitedCostsNoAttempt() async throws {
        #expect(try await forgotten(.pending).kind == .infrastructure)
    }

    /// It may be what has brought the server down.
    @Test func promptThatWasForgottenWhileItRanCostsAnAttempt() async throws {
        #expect(try await forgotten(.running).kind == .transient)
    }

    private func forgotten(_ hold: ComfyDouble.Hold) async throws -> JobFailure {
        let server = try await ComfyDouble(script { $0.holds = hold })
        let trial = try GenerationTrial([server.url])
        async let failure = trial.failure()
        try await eventually("it is known") { !trial.reports.withLock { $0.isEmpty } }
        server.forgetEverything()
        let found = try #require(await failure)
        #expect(found.code == "comfyui_lost")
        await server.stop()
        return found
    }

    @Test func serverThatIsAwayForTooLongEndsTheAttempt() async throws {
        let server = try await ComfyDouble(script { $0.holds = .running })
        var times = GenerationTrial.times
        times.absence = .milliseconds(50)
        let trial = try GenerationTrial([server.url], times: times)
        async let failure = trial.failure()
        try await eventually("it is known") { !trial.reports.withLock { $0.isEmpty } }
        await server.stop()
        let found = try #require(await failure)
        #expect(found.kind == .infrastructure && found.code == "comfyui_away")
    }

    // MARK: Files

    @Test func fileThatIsNoPictureIsRefused() async throws {
        let failure = try await failure(script { $0.answers["/view"] = .text("hello") })
        #expect(failure.kind == .permanent && failure.code == "invalid_image")
    }

    @Test func fileBeyondTheLimitIsNotRead() async throws {
        var answer = ComfyDouble.Answer.text("x")
        answer.length = Limits.comfyUIPictureBytes + 1
        let failure = try await failure(script { [answer] in $0.answers["/view"] = answer })
        #expect(failure.kind == .permanent && failure.code == "comfyui_output_too_large")
    }

    @Test func fileThatBreaksOffIsAskedForAgain() async throws {
        var answer = ComfyDouble.Answer(body: try Recording.picture())
        answer.cutAfter = 100
        let failure = try await failure(script { [answer] in $0.answers["/view"] = answer })
        #expect(failure.kind == .infrastructure && failure.code == "comfyui_away")
    }

    @Test func workflowWithoutAnOutputSaysWhatItNeeds() async throws {
        let history = try #require(ComfyHistory(["a": ["outputs": [:], "status": ["status_str": "success"]]], of: "a"))
        #expect(history.end == .finished([]))
        let server = try ComfyServer("http://127.0.0.1:9", times: GenerationTrial.times)
        let work = try GenerationTrial([server.url]).work()
        let error = await #expect(throws: JobFailure.self) {
            _ = try await ComfyOutput(server: server, work: work).fetch([])
        }
        #expect(error?.code == "comfyui_output_missing" && error?.message.contains("SaveImage") == true)
    }

    // MARK: Settings

    @Test(arguments: [
        "ftp://a", "a", "", "http://", "http://user:word@a", "http://a/?b", "http://a/#b",
    ]) func addressThatIsNoneIsRefused(text: String) {
        let error = #expect(throws: HearthError.self) {
            _ = try ComfyUIGenerator(servers: [text], workflows: BuiltInWorkflowSource())
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
