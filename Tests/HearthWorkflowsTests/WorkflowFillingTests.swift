import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthWorkflows

/// How a recipe is written into a graph.
@Suite struct WorkflowFillingTests {
    private func recipe(
        _ purposes: [RecipeReference.Purpose], _ kind: OutputKind = .image, weight: Double = 0.8,
        seconds: Double? = nil
    ) -> Recipe {
        Recipe(
            generator: "comfyui", kind: kind, prompt: "a", stylePreset: "none", positive: "a", negative: "b",
            width: 830, height: 480, seconds: seconds, framesPerSecond: seconds.map { _ in 16 }, seed: -1, steps: 15,
            sampler: "euler", scheduler: "karras", guidance: 7, referenceWeight: weight,
            references: purposes.map { RecipeReference(purpose: $0, sha256: "0") })
    }

    private func nodes(_ classes: [String: JSONValue]) -> ServerNodes {
        var nodes = ServerNodes()
        for (name, inputs) in classes { nodes.add(name, .object([name: ["input": ["required": inputs]]])) }
        return nodes
    }

    @Test(arguments: [(0.0, 0.95), (0.8, 0.55), (1.0, 0.45)])
    func weightBecomesDenoiseByTheCurve(weight: Double, denoise: Double) throws {
        let workflow = try BuiltInWorkflows.require("img2img")
        let filled = workflow.filled(
            with: recipe([.character], weight: weight), pictures: [.start: "a.png"], nodes: ServerNodes(), prefix: "p")
        #expect(abs((filled.reference.effective ?? 0) - denoise) < 1e-12)
        #expect(abs((filled.graph["3"]?.inputs["denoise"]?.doubleValue ?? 0) - denoise) < 1e-12)
        #expect(filled.reference.mechanism == "denoise" && filled.reference.requestedWeight == weight)
    }

    @Test func weightIsThatOfTheAdapter() throws {
        let filled = try BuiltInWorkflows.require("ip_adapter").filled(
            with: recipe([.character], weight: 0.3), pictures: [.reference: "a.png"], nodes: ServerNodes(), prefix: "p")
        #expect(filled.graph["12"]?.inputs["weight"] == 0.3 && filled.reference.effective == 0.3)
        #expect(filled.reference.mechanism == "ip_adapter")
    }

    @Test func firstFrameHasNoNumber() throws {
        let filled = try BuiltInWorkflows.require("svd").filled(
            with: recipe([.character], .video, seconds: 1), pictures: [.start: "a.png"], nodes: ServerNodes(),
            prefix: "p")
        #expect(filled.reference.mechanism == "start_frame" && filled.reference.effective == nil)
    }

    /// Graphs come from tenants, and descriptions of nodes from other servers.
    @Test func numbersThatNoIntegerHoldsEndNothing() throws {
        var workflow = try BuiltInWorkflows.require("wan_image_to_video")
        for node in workflow.graph.nodes {
            workflow.graph.set(WorkflowTarget(node: node.id, input: "fps"), to: .double(1e300))
        }
        let odd: JSONValue = ["INT", ["min": .double(1e300), "max": .double(1e300)]]
        for nodes in [nodes([:]), nodes(["WanImageToVideo": ["width": odd, "height": odd, "length": odd]])] {
            let filled = workflow.filled(
                with: recipe([.start], .video, seconds: 5), pictures: [.start: "a.png"], nodes: nodes, prefix: "p")
            #expect(filled.frames != nil)
        }
    }

    /// Wan makes 4n + 1 frames, at sides that are multiples of 16.
    @Test func sizesAndLengthsFitTheNode() throws {
        let nodes = nodes([
            "WanImageToVideo": [
                "width": ["INT", ["min": 16, "max": 16384, "step": 16]],
                "height": ["INT", ["min": 16, "max": 16384, "step": 16]],
                "length": ["INT", ["min": 1, "max": 16384, "step": 4]],
            ]
        ])
        let filled = try BuiltInWorkflows.require("wan_image_to_video").filled(
            with: recipe([.start], .video, seconds: 5), pictures: [.start: "a.png"], nodes: nodes, prefix: "p")
        #expect(filled.width == 832 && filled.height == 480 && filled.frames == 81)
        #expect(abs((filled.seconds ?? 0) - 81.0 / 16) < 1e-9)
    }

    @Test func seedIsNeverNegative() throws {
        let filled = try BuiltInWorkflows.require("txt2img").filled(
            with: recipe([]), pictures: [:], nodes: ServerNodes(), prefix: "p")
        #expect(filled.graph["3"]?.inputs["seed"] == .int(.max))
        #expect(filled.reference.mechanism == "none")
    }

    @Test func modelIsTheFirstThatIsLikeTheFirstPattern() throws {
        let workflow = try BuiltInWorkflows.require("wan_image_to_video")
        let nodes = nodes([
            "UNETLoader": [
                "unet_name": [["flux.safetensors", "Wan2.2_ti2v_5B.safetensors", "wan2.1_I2V_14B.safetensors"]]
            ],
            "CLIPLoader": ["clip_name": ["COMBO", ["options": ["umt5_xxl.safetensors"]]]],
            "VAELoader": ["vae_name": [["ae.safetensors"]]],
        ])
        func model(_ target: String) throws -> String? {
            nodes.model(for: try #require(WorkflowTarget(target)), of: workflow)
        }
        #expect(try model("4.unet_name") == "wan2.1_I2V_14B.safetensors")
        #expect(try model("13.clip_name") == "umt5_xxl.safetensors")
        #expect(try model("14.vae_name") == nil)
    }

    @Test func whatIsMissingIsSaid() throws {
        let workflow = try BuiltInWorkflows.require("txt2img")
        #expect(ServerNodes().problems(of: workflow).first?.contains("CLIPTextEncode, CheckpointLoaderSimple") == true)
        var all = ServerNodes()
        for name in workflow.graph.classNames {
            all.add(name, .object([name: ["input": ["required": ["ckpt_name": [[]]]]]]))
        }
        #expect(all.problems(of: workflow) == ["it has no model like * for CheckpointLoaderSimple (`ckpt_name`)"])
    }

    @Test(arguments: [
        ("a.b", "*", true), ("a.b", "a*", true), ("a.b", "*b", true), ("a.b", "*c*", false), ("aXbXc", "a*b*c", true),
        ("ab", "ab", true), ("ab", "a", false), ("aa", "a*a*a", false), ("", "*", true),
    ]) func patternIsMatched(text: String, pattern: String, matches: Bool) {
        #expect(ServerNodes.matches(text, pattern) == matches)
    }

    // MARK: Pictures

    @Test func pictureThatAWorkflowNeedsIsAskedFor() throws {
        let workflow = try BuiltInWorkflows.require("img2img")
        let error = #expect(throws: HearthError.self) { try workflow.pictures(of: recipe([])) }
        #expect(error?.message.contains("needs a picture to start from") == true)
    }

    @Test func pictureThatAWorkflowCannotUseIsRefused() throws {
        let plain = try BuiltInWorkflows.require("txt2img")
        #expect(throws: HearthError.self) { try plain.pictures(of: recipe([.character])) }
        let start = try BuiltInWorkflows.require("img2img")
        #expect(throws: HearthError.self) { try start.pictures(of: recipe([.start, .mask])) }
        #expect(try start.pictures(of: recipe([.character, .start])) == [.start: 1])
    }

    @Test func workflowsWithoutANameAreChosenByThePictures() {
        #expect(BuiltInWorkflows.candidates(for: recipe([])) == ["txt2img"])
        #expect(BuiltInWorkflows.candidates(for: recipe([.character])) == ["ip_adapter", "img2img"])
        #expect(BuiltInWorkflows.candidates(for: recipe([.start])) == ["img2img"])
        #expect(BuiltInWorkflows.candidates(for: recipe([.start, .mask])) == ["inpaint"])
        #expect(BuiltInWorkflows.candidates(for: recipe([.character], .video)) == ["wan_image_to_video", "svd"])
        #expect(BuiltInWorkflows.candidates(for: recipe([], .video)) == ["animatediff"])
    }

    @Test func everyBuiltInWorkflowIsWhole() throws {
        let all = try BuiltInWorkflows.all.get()
        #expect(Set(all.map(\.id)).count == 7)
        for workflow in all {
            #expect(workflow.isBuiltIn && workflow.slots[.seed] != nil && workflow.slots[.prefix] != nil)
            #expect(workflow.kind == .video || workflow.slots[.prompt] != nil)
        }
    }
}
