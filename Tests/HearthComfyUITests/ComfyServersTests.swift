import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import HearthWorkflows
import NIOHTTP1
import Testing

@testable import HearthComfyUI

/// Several servers, and what of a recipe reaches them.
@Suite(.timeLimit(.minutes(2))) struct ComfyServersTests {
    @Test func leastBusyServerGetsThePrompt() async throws {
        var busy = ComfyDouble.Script()
        busy.others = 3
        let (first, second) = (try await ComfyDouble(busy), try await ComfyDouble())
        try await GenerationTrial([first.url, second.url]).generate(
            try GenerationTrial([first.url, second.url]).work())
        #expect(first.submissions.isEmpty && second.submissions.count == 1)
        await first.stop()
        await second.stop()
    }

    @Test func promptsAtOnceAreSpreadOverTheServers() async throws {
        var script = ComfyDouble.Script()
        script.holds = .running
        let servers = [try await ComfyDouble(script), try await ComfyDouble(script), try await ComfyDouble(script)]
        let trial = try GenerationTrial(servers.map(\.url))
        let works = (0..<3).map { _ in trial.work() }
        let tasks = works.map { work in Task { try await trial.generate(work) } }
        try await eventually("all are there") { servers.reduce(0) { $0 + $1.submissions.count } == 3 }
        #expect(servers.map(\.submissions.count) == [1, 1, 1])
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        for server in servers { await server.stop() }
    }

    /// Nobody knows any more which of them has a prompt, and one is away.
    @Test(arguments: [ComfyDouble.Hold.pending, .running])
    func promptsThatNoAttemptIsThereForAreStoppedAtEveryServer(hold: ComfyDouble.Hold) async throws {
        var script = ComfyDouble.Script()
        script.holds = hold
        let (away, here) = (try await ComfyDouble(), try await ComfyDouble(script))
        await away.stop()
        let trial = try GenerationTrial([here.url])
        let (mine, others) = (trial.work(), trial.work())
        // The worker is gone, and the prompts are not.
        let tasks = [mine, others].map { work in Task { try await trial.generate(work) } }
        try await eventually("they are there") { here.submissions.count == 2 }
        let all = try GenerationTrial([away.url, here.url])
        let failure = await #expect(throws: JobFailure.self) {
            try await all.generator.stop([mine.workID, Identifier.make()])
        }
        #expect(failure?.code == "comfyui_away", "it is told again as long as one of them does not answer")
        try await eventually("it is gone") { !here.queued.contains(mine.workID) }
        #expect(here.queued.contains(others.workID))
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        try await GenerationTrial([here.url]).generator.stop([mine.workID])
        await here.stop()
    }

    @Test func serverThatRefusesToStopIsToldAgain() async throws {
        var script = ComfyDouble.Script()
        script.answers["/queue"] = .text("no", .badGateway)
        let server = try await ComfyDouble(script)
        let failure = await #expect(throws: JobFailure.self) {
            try await GenerationTrial([server.url]).generator.stop([Identifier.make()])
        }
        #expect(failure?.kind == .infrastructure)
        await server.stop()
    }

    @Test func serverThatIsAwayIsLeftOut() async throws {
        let (away, here) = (try await ComfyDouble(), try await ComfyDouble())
        await away.stop()
        let trial = try GenerationTrial([away.url, here.url])
        #expect(try await trial.generate(trial.work()).format == "png")
        await here.stop()
    }

    @Test func serverThatLacksANodeIsPassedOver() async throws {
        var lacking = ComfyDouble.Script()
        lacking.missing = ["KSampler"]
        let (first, second) = (try await ComfyDouble(lacking), try await ComfyDouble())
        let trial = try GenerationTrial([first.url, second.url])
        try await trial.generate(trial.work())
        #expect(first.submissions.isEmpty && second.submissions.count == 1)
        await first.stop()
        await second.stop()
    }

    @Test func descriptionSaysAsManyAtOnceAsThereAreServers() throws {
        let one = try ComfyUIDescription.of(servers: ["http://a"])
        #expect(one.lane.capacity == 1 && one.needs == [.service("http://a")])
        let two = try ComfyUIDescription.of(servers: ["http://a", "http://b"])
        #expect(two.lane.capacity == 2 && two.needs.isEmpty)
        let error = #expect(throws: HearthError.self) { _ = try ComfyUIDescription.of(servers: []) }
        #expect(error?.hint?.contains("HEARTH_COMFYUI") == true)
    }

    // MARK: References

    /// The recorded server has no IP-Adapter: the next best workflow runs, and says so.
    @Test func characterWithoutAnAdapterIsTheStartOfThePicture() async throws {
        let server = try await ComfyDouble()
        let trial = try GenerationTrial([server.url])
        let recipe = GenerationTrial.recipe(references: [GenerationTrial.reference()])
        let file = try await trial.generate(trial.work(recipe, references: [server.picture]))
        #expect(file.details["workflow"] == "img2img" && file.reference.mechanism == "denoise")
        #expect(abs((file.reference.effective ?? 0) - 0.55) < 1e-9 && file.reference.requestedWeight == 0.8)
        let skipped = try #require(file.details["skipped_workflows"]?[0]?.stringValue)
        #expect(skipped.contains("ip_adapter") && skipped.contains("IPAdapterAdvanced"))
        let graph = try #require(server.submissions.first).json["prompt"]
        #expect(abs((graph?["3"]?["inputs"]?["denoise"]?.doubleValue ?? 0) - 0.55) < 1e-9)
        let name = try #require(graph?["10"]?["inputs"]?["image"]?.stringValue)
        #expect(name.hasPrefix("hearth/") && name.hasSuffix(".png [temp]"))
        #expect(server.count(.POST, "/upload/image") == 1)
        await server.stop()
    }

    @Test func partOfAPictureIsChangedUnderItsMask() async throws {
        let server = try await ComfyDouble()
        let trial = try GenerationTrial([server.url])
        let recipe = GenerationTrial.recipe(
            references: [GenerationTrial.reference(.start), GenerationTrial.reference(.mask)])
        let file = try await trial.generate(trial.work(recipe, references: [server.picture, server.picture]))
        #expect(file.details["workflow"] == "inpaint")
        let mask = try #require(server.submissions.first).json["prompt"]?["13"]?["inputs"]
        #expect(mask?["channel"] == "red", "the recorded picture has no transparency")
        #expect(server.count(.POST, "/upload/image") == 2)
        await server.stop()
    }

    @Test func referenceIsNeverDropped() async throws {
        let trial = try GenerationTrial(["http://127.0.0.1:9"])
        let recipe = GenerationTrial.recipe(references: [GenerationTrial.reference()], workflow: "txt2img")
        let failure = try #require(await trial.failure(trial.work(recipe, references: [Data()])))
        #expect(failure.kind == .permanent && failure.message.contains("takes no reference picture"))
    }

    @Test func workflowOfTheOtherKindIsRefused() async throws {
        let trial = try GenerationTrial(["http://127.0.0.1:9"])
        let failure = try #require(await trial.failure(trial.work(GenerationTrial.recipe(.video, workflow: "txt2img"))))
        #expect(failure.kind == .permanent && failure.message.contains("makes an image"))
    }

    @Test func unknownWorkflowIsNamed() async throws {
        let trial = try GenerationTrial(["http://127.0.0.1:9"])
        let failure = try #require(await trial.failure(trial.work(GenerationTrial.recipe(workflow: "mine"))))
        #expect(failure.code == "not_found" && failure.message.contains("`mine`"))
    }

    /// What ships fits the nodes of the real server, but for those of extensions.
    @Test func builtInWorkflowsNameInputsThatTheServerHas() throws {
        for workflow in try BuiltInWorkflows.all.get() {
            var nodes = ServerNodes()
            for name in workflow.graph.classNames {
                nodes.add(name, try PythonText.read(Data(Recording.nodes(name).utf8)))
            }
            for node in workflow.graph.nodes where nodes.has(node.className) {
                for input in node.inputs.keys {
                    #expect(nodes[node.className, input] != nil, "\(workflow.id): \(node.className).\(input)")
                }
            }
        }
    }
}
