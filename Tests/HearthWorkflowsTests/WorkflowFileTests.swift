import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthWorkflows

/// Workflows that users export and add.
@Suite struct WorkflowFileTests {
    private func read(
        _ graph: JSONValue, id: String = "mine", kind: OutputKind? = nil, slots: [String] = []
    ) throws -> Workflow {
        try WorkflowFile.read(graph.encoded(), id: id, summary: nil, kind: kind, slots: slots)
    }

    private func builtIn(_ id: String) throws -> JSONValue { try BuiltInWorkflows.require(id).graph.json }

    private func refusal(_ body: () throws -> Workflow) -> HearthError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? HearthError
        }
    }

    // MARK: Files

    @Test func formatOfTheEditorIsRefusedWithTheWayToExport() {
        let file: JSONValue = [
            "last_node_id": 9, "nodes": [["id": 3, "type": "KSampler"]], "links": [], "version": 0.4,
        ]
        let error = refusal { try read(file) }
        #expect(error?.code == .invalidRequest && error?.hint?.contains("Export (API)") == true)
    }

    @Test(arguments: [
        "[]", "{}", "1", #"{"3":{}}"#, #"{"3":{"class_type":""}}"#, #"{"3":{"class_type":"A","inputs":[]}}"#,
    ])
    func otherJSONIsNoWorkflow(text: String) throws {
        let error = refusal { try WorkflowFile.read(Data(text.utf8), id: "a", summary: nil) }
        #expect(error?.code == .invalidRequest && error?.hint != nil)
    }

    @Test func linkToAMissingNodeNamesBoth() {
        let error = refusal { try read(["3": ["class_type": "KSampler", "inputs": ["model": ["4", 0]]]]) }
        #expect(error?.message == "Node 3 (KSampler): `model` comes from node 4, which is missing.")
    }

    @Test func bodyOfASubmissionIsReadAsWell() throws {
        let workflow = try read(["prompt": try builtIn("txt2img"), "client_id": "a"])
        #expect(workflow.graph.nodes.count == 7)
    }

    @Test func tooManyNodesAreRefused() {
        var graph = JSONObject()
        for number in 0...Limits.workflowNodes { graph["\(number)"] = ["class_type": "Note", "inputs": [:]] }
        #expect(refusal { try read(.object(graph)) }?.hint?.contains("\(Limits.workflowNodes)") == true)
    }

    @Test(arguments: ["", "My Workflow", "a/b", "ä", String(repeating: "a", count: 65)])
    func nameThatIsNoneIsRefused(id: String) throws {
        let graph = try builtIn("txt2img")
        #expect(refusal { try read(graph, id: id) }?.hint?.contains("lower case") == true)
    }

    @Test func workflowIsTheSameAfterItWasKept() throws {
        for workflow in try BuiltInWorkflows.all.get() {
            let kept = try Workflow(try JSONParser.parse(workflow.json.encoded()), isBuiltIn: true)
            #expect(kept == workflow && kept.digest == workflow.digest)
        }
    }

    // MARK: Slots

    /// What is found by looking at an exported file is what its maker has written by hand.
    @Test(arguments: ["txt2img", "img2img", "inpaint", "ip_adapter", "animatediff"])
    func slotsOfUsualGraphsAreFound(id: String) throws {
        let known = try BuiltInWorkflows.require(id)
        let found = try read(known.graph.json)
        #expect(found.kind == known.kind && found.mechanism == known.mechanism)
        for slot in WorkflowSlot.allCases where ![.width, .height].contains(slot) {
            #expect(found.slots[slot] == known.slots[slot], "\(id): \(slot)")
        }
    }

    @Test func slotsOfAVideoFromAPictureAreFound() throws {
        let slots = try read(try builtIn("wan_image_to_video")).slots
        #expect(slots[.prompt]?.map(\.text) == ["6.text"] && slots[.negative]?.map(\.text) == ["7.text"])
        #expect(slots[.start]?.map(\.text) == ["10.image"] && slots[.frames]?.map(\.text) == ["11.length"])
        #expect(slots[.framesPerSecond] == nil && slots[.denoise] == nil)
    }

    @Test func slotIsSaidByNodeOrTitle() throws {
        var graph = try builtIn("txt2img")
        graph["7"]?["_meta"] = ["title": "What to avoid. All"]
        let workflow = try read(graph, slots: ["prompt=7.text", "negative=What to avoid. All.text", "seed="])
        #expect(workflow.slots[.prompt] == [WorkflowTarget(node: "7", input: "text")])
        #expect(workflow.slots[.negative] == [WorkflowTarget(node: "7", input: "text")])
        #expect(workflow.slots[.seed] == nil)
    }

    @Test func slotIsSaidByTheTitleOfItsNode() throws {
        var graph = try builtIn("txt2img")
        graph["20"] = ["class_type": "PrimitiveInt", "inputs": ["value": 3], "_meta": ["title": "Hearth:Seed"]]
        #expect(try read(graph).slots[.seed] == [WorkflowTarget(node: "20", input: "value")])
    }

    @Test(arguments: [
        ("promt=6.text", "prompt"), ("prompt", "prompt=NODE.INPUT"), ("prompt=99.text", "6 (CLIPTextEncode)"),
        ("prompt=6", "prompt=6.text"), ("prompt=6.words", "text"), ("prompt=6.clip", "text"),
    ]) func slotThatLeadsNowhereSaysWhatThereIs(slot: String, hint: String) throws {
        let graph = try builtIn("txt2img")
        let error = refusal { try read(graph, slots: [slot]) }
        #expect(error?.code == .invalidRequest && error?.hint?.contains(hint) == true)
    }

    @Test func workflowThatNothingReachesIsRefused() {
        let error = refusal { try read(["1": ["class_type": "SaveImage", "inputs": ["filename_prefix": "a"]]]) }
        #expect(error?.message.contains("`prompt`") == true)
    }
}
