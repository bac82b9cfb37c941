package import HearthCore
import HearthJSON

package import struct Foundation.Data

/// Reads a workflow that a user has exported, and finds its slots.
///
/// A slot is said by the user (`prompt=6.text`, `prompt=My title.text`), or by the title of a node (`hearth:prompt`),
/// or found where nodes of ComfyUI's own usually have it; the first of these that says something counts.
package struct WorkflowFile {
    private let graph: WorkflowGraph
    private let kind: OutputKind

    /// - Parameters:
    ///   - id: how recipes will name it.
    ///   - kind: what it makes; nil: what its output nodes say.
    ///   - slots: as a user writes them: `slot=NODE.INPUT`; nothing behind the sign: the slot is not used.
    /// - Throws: ``HearthError`` `invalid_request`, `body_too_large`.
    package static func read(
        _ bytes: Data, id: String, summary: String?, kind: OutputKind? = nil, slots: [String] = []
    ) throws(HearthError) -> Workflow {
        try checkID(id)
        guard bytes.count <= Limits.workflowBytes else {
            throw HearthError(
                .bodyTooLarge, "The workflow has \(bytes.count) bytes.",
                hint: "At most \(Limits.workflowBytes >> 10) KB.")
        }
        let graph = try WorkflowGraph(try JSONParser.read(bytes))
        let file = WorkflowFile(graph: graph, kind: kind ?? InferredSlots.kind(of: graph))
        let title = summary ?? "Added from a file: \(graph.nodes.count) nodes."
        return try Workflow(
            id: id, summary: title, kind: file.kind, graph: graph, slots: try file.slots(said: slots))
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package static func checkID(_ id: String) throws(HearthError) {
        let isValid =
            (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-_".utf8.contains($0) }
        guard isValid else {
            throw HearthError(
                .invalidRequest, "`\(id.prefix(80))` cannot name a workflow.",
                hint: "1 to 64 lower case letters, digits, `-` and `_`.")
        }
    }

    private func slots(said: [String]) throws(HearthError) -> [WorkflowSlot: [WorkflowTarget]] {
        var slots = InferredSlots(graph, kind).slots
        for (slot, targets) in titled() { slots[slot] = targets }
        var given: [WorkflowSlot: [WorkflowTarget]] = [:]
        for text in said {
            let (slot, target) = try read(text)
            given[slot, default: []] += target.map { [$0] } ?? []
        }
        for (slot, targets) in given { slots[slot] = targets.isEmpty ? nil : targets }
        return slots
    }

    /// `prompt=6.text`; the node by its identifier or its title.
    private func read(_ text: String) throws(HearthError) -> (WorkflowSlot, WorkflowTarget?) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let slot = WorkflowSlot(rawValue: parts[0]) else {
            let nearest = parts.first.flatMap { NearestName.of($0, among: WorkflowSlot.allCases.map(\.rawValue)) }
            throw HearthError(
                .invalidRequest, "`\(text.prefix(80))` names no slot.",
                hint: (nearest.map { "Did you mean \($0)=NODE.INPUT? " } ?? "Write SLOT=NODE.INPUT. ")
                    + "There are: \(WorkflowSlot.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard !parts[1].isEmpty else { return (slot, nil) }
        if let target = WorkflowTarget(parts[1]), graph[target.node] != nil { return (slot, target) }
        guard let dot = parts[1].lastIndex(of: ".") else {
            throw HearthError(
                .invalidRequest, "`\(text.prefix(80))` names a node without an input.",
                hint: "Write SLOT=NODE.INPUT, such as prompt=6.text.")
        }
        let title = parts[1][..<dot]
        let named = graph.nodes.filter { $0.title.map { $0 == title } ?? false }
        guard named.count == 1, let node = named.first else {
            throw HearthError(
                .invalidRequest,
                "\(named.isEmpty ? "No node has" : "\(named.count) nodes have") the identifier or title "
                    + "`\(title.prefix(80))`.",
                hint: "Nodes: "
                    + graph.nodes.prefix(30).map { "\($0.id) (\($0.title ?? $0.className))" }.joined(separator: ", ")
                    + ".")
        }
        return (slot, WorkflowTarget(node: node.id, input: String(parts[1][parts[1].index(after: dot)...])))
    }

    /// Nodes with a title such as `hearth:prompt`.
    private func titled() -> [WorkflowSlot: [WorkflowTarget]] {
        var found: [WorkflowSlot: [WorkflowTarget]] = [:]
        for node in graph.nodes {
            guard let title = node.title?.lowercased(), title.hasPrefix("hearth:"),
                let slot = WorkflowSlot(rawValue: String(title.dropFirst(7))),
                let input = InferredSlots.inputs(of: slot).first(where: {
                    node.inputs[$0] != nil && node.link($0) == nil
                })
            else { continue }
            found[slot, default: []].append(WorkflowTarget(node: node.id, input: input))
        }
        return found
    }
}
