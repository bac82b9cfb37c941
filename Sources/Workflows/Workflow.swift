package import HearthCore
package import HearthJSON

/// A graph that makes one picture or one video, and the places into which a recipe is written.
package struct Workflow: Sendable, Equatable {
    /// As recipes name it: `txt2img`.
    package var id: String
    /// One line for people.
    package var summary: String
    package var kind: OutputKind
    package var graph: WorkflowGraph
    /// Where each value of a recipe goes; a slot that is absent is not used by the workflow.
    package var slots: [WorkflowSlot: [WorkflowTarget]]
    /// Inputs whose value is one of the server's models, with patterns (`*wan*i2v*`), the best first.
    package var models: [WorkflowTarget: [String]]
    /// Whether it comes with Hearth.
    package var isBuiltIn: Bool

    /// - Throws: ``HearthError`` `invalid_request` when a slot is missing that the kind needs, or leads nowhere.
    package init(
        id: String, summary: String, kind: OutputKind, graph: WorkflowGraph,
        slots: [WorkflowSlot: [WorkflowTarget]], models: [WorkflowTarget: [String]] = [:], isBuiltIn: Bool = false
    ) throws(HearthError) {
        self.id = id
        self.summary = summary
        self.kind = kind
        self.graph = graph
        self.slots = slots
        self.models = models
        self.isBuiltIn = isBuiltIn
        try check()
    }

    /// How a workflow uses a picture of a character.
    package enum Mechanism: String, Sendable {
        /// The weight of an adapter, of the reference alone.
        case adapter = "ip_adapter"
        /// Less is changed of the picture that it starts from.
        case denoise
        /// The picture is the first frame as it is.
        case startFrame = "start_frame"
        /// The picture is used, and nothing says how much.
        case picture = "picture_input"
        /// It takes no picture.
        case none
    }

    /// How it uses pictures, by the slots that it has.
    package var mechanism: Mechanism {
        if slots[.reference] != nil { return slots[.referenceWeight] != nil ? .adapter : .picture }
        guard slots[.start] != nil else { return .none }
        if slots[.denoise] != nil { return .denoise }
        return kind == .video ? .startFrame : .picture
    }

    /// Names it in messages.
    package var title: String { "workflow \(id)" }

    private func check() throws(HearthError) {
        guard slots[.prompt] != nil || slots.keys.contains(where: \.isPicture) else {
            throw HearthError(
                .invalidRequest, "The \(title) has no slot `prompt`, so nothing of a request would reach it.",
                hint: "Say where the prompt goes: prompt=NODE.INPUT, such as prompt=6.text.")
        }
        for (slot, targets) in slots {
            guard (1...Limits.workflowTargets).contains(targets.count) else {
                throw HearthError(
                    .invalidRequest, "The slot `\(slot.rawValue)` has \(targets.count) places.",
                    hint: "1 to \(Limits.workflowTargets) are allowed.")
            }
            for target in targets { try check(target, of: "slot `\(slot.rawValue)`") }
        }
        for target in models.keys { try check(target, of: "choice of a model") }
    }

    private func check(_ target: WorkflowTarget, of what: String) throws(HearthError) {
        guard let node = graph[target.node] else {
            throw HearthError(
                .invalidRequest, "The \(what) leads to node \(target.node), which the workflow does not have.",
                hint: "It has: \(graph.nodes.prefix(30).map { "\($0.id) (\($0.className))" }.joined(separator: ", ")).")
        }
        guard node.inputs[target.input] != nil, node.link(target.input) == nil else {
            let values = node.inputs.members.filter { WorkflowGraph.link($0.value) == nil }.map(\.key)
            throw HearthError(
                .invalidRequest,
                "The \(what) leads to `\(target.input)` of node \(node.id) (\(node.className)), which is no value.",
                hint: values.isEmpty ? "This node has no values." : "It has: \(values.joined(separator: ", ")).")
        }
    }
}

extension Workflow {
    /// Reads a workflow as ``json`` writes it.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(_ json: JSONValue, isBuiltIn: Bool = false) throws(HearthError) {
        guard let id = json["id"]?.stringValue, let summary = json["summary"]?.stringValue,
            let kind = json["kind"]?.stringValue.flatMap(OutputKind.init), let graph = json["graph"]
        else { throw HearthError(.invalidRequest, "This is no workflow as Hearth keeps it.") }
        var slots: [WorkflowSlot: [WorkflowTarget]] = [:]
        for member in json["slots"]?.objectValue?.members ?? [] {
            guard let slot = WorkflowSlot(rawValue: member.key) else { continue }
            slots[slot] = (member.value.arrayValue ?? []).compactMap(\.stringValue).compactMap { WorkflowTarget($0) }
        }
        var models: [WorkflowTarget: [String]] = [:]
        for member in json["models"]?.objectValue?.members ?? [] {
            guard let target = WorkflowTarget(member.key) else { continue }
            models[target] = (member.value.arrayValue ?? []).compactMap(\.stringValue)
        }
        try self.init(
            id: id, summary: summary, kind: kind, graph: try WorkflowGraph(graph), slots: slots, models: models,
            isBuiltIn: isBuiltIn)
    }

    /// As it is stored.
    package var json: JSONValue {
        var slots = JSONObject()
        for slot in WorkflowSlot.allCases {
            guard let targets = self.slots[slot] else { continue }
            slots[slot.rawValue] = .array(targets.map { .string($0.text) })
        }
        var models = JSONObject()
        for (target, patterns) in self.models.sorted(by: { $0.key.text < $1.key.text }) {
            models[target.text] = .array(patterns.map { .string($0) })
        }
        return [
            "id": .string(id), "summary": .string(summary), "kind": .string(kind.rawValue), "slots": .object(slots),
            "models": .object(models), "graph": graph.json,
        ]
    }

    /// Tells it from another one of the same name: of all that it says.
    package var digest: Digest256 { Digest256(of: json.encoded()) }
}
