import HearthCore
import HearthJSON

/// Finds the slots of a graph by the classes of its nodes and their links.
struct InferredSlots {
    private let graph: WorkflowGraph
    private(set) var slots: [WorkflowSlot: [WorkflowTarget]] = [:]

    init(_ graph: WorkflowGraph, _ kind: OutputKind) {
        self.graph = graph
        findSampler()
        findSizes(kind)
        findPictures(kind)
        add(.prefix, graph.nodes.filter(isOutput), ["filename_prefix"])
    }

    /// What the output nodes of a graph make.
    static func kind(of graph: WorkflowGraph) -> OutputKind {
        graph.nodes.contains { node in videoOutputs.contains { node.className.hasPrefix($0) } } ? .video : .image
    }

    /// Names of the inputs that a slot is usually found in, the likeliest first.
    static func inputs(of slot: WorkflowSlot) -> [String] {
        switch slot {
        case .prompt, .negative: ["text", "prompt", "string", "value"]
        case .width: ["width", "value"]
        case .height: ["height", "value"]
        case .seed: ["seed", "noise_seed", "value"]
        case .steps: ["steps", "value"]
        case .sampler: ["sampler_name", "value"]
        case .scheduler: ["scheduler", "value"]
        case .guidance: ["cfg", "guidance", "value"]
        case .denoise: ["denoise", "value"]
        case .referenceWeight: ["weight", "strength", "value"]
        case .reference, .start, .mask: ["image", "value"]
        case .maskChannel: ["channel"]
        case .frames: ["length", "video_frames", "frames", "batch_size", "value"]
        case .framesPerSecond: ["fps", "frame_rate", "value"]
        case .prefix: ["filename_prefix", "value"]
        }
    }

    private static let videoOutputs = [
        "SaveVideo", "SaveWEBM", "SaveAnimatedWEBP", "SaveAnimatedPNG", "VHS_VideoCombine",
    ]

    // MARK: Sampler and texts

    private mutating func findSampler() {
        guard let sampler = graph.nodes.first(where: { $0.className.hasPrefix("KSampler") }) else { return }
        for slot in [WorkflowSlot.seed, .steps, .sampler, .scheduler, .guidance] {
            add(slot, [sampler], Self.inputs(of: slot))
        }
        let (positive, negative) = (text(behind: sampler, "positive"), text(behind: sampler, "negative"))
        if let positive { slots[.prompt] = [positive] }
        // One text for both is the prompt.
        if let negative, negative != positive { slots[.negative] = [negative] }
    }

    /// The text that a conditioning of a node is made from.
    private func text(behind node: WorkflowGraph.Node, _ input: String) -> WorkflowTarget? {
        var seen: Set<String> = []
        var (next, way) = (node.link(input), input)
        while let id = next, seen.insert(id).inserted, let node = graph[id] {
            if node.inputs["text"] != nil, node.link("text") == nil {
                return WorkflowTarget(node: id, input: "text")
            }
            // A node that passes both on has them under the same names; others have one conditioning.
            let inputs = [way, "conditioning", "conditioning_1", "text"]
            guard let link = inputs.first(where: { node.link($0) != nil }) else { return nil }
            if link == "text" { way = "text" }
            next = node.link(link)
        }
        return nil
    }

    // MARK: Sizes, lengths and pictures

    private mutating func findSizes(_ kind: OutputKind) {
        let sources = graph.nodes.filter { node in
            node.className.hasPrefix("Empty") && node.className.contains("Latent")
                || ["WanImageToVideo", "SVD_img2vid_Conditioning"].contains(node.className)
        }
        add(.width, sources, ["width"])
        add(.height, sources, ["height"])
        guard kind == .video else { return }
        let animates = graph.nodes.contains { $0.className.hasPrefix("ADE_") }
        add(.frames, sources, ["length", "video_frames"] + (animates ? ["batch_size"] : []))
    }

    private mutating func findPictures(_ kind: OutputKind) {
        let masks = graph.nodes.filter { $0.className == "LoadImageMask" }
        add(.mask, masks, ["image"])
        add(.maskChannel, masks, ["channel"])
        var pictures = graph.nodes.filter { $0.className == "LoadImage" }
        let adapters = graph.nodes.filter { $0.className.hasPrefix("IPAdapter") && $0.link("image") != nil }
        for adapter in adapters {
            guard let picture = picture(behind: adapter, "image") else { continue }
            add(.reference, [picture], ["image"])
            add(.referenceWeight, [adapter], ["weight"])
            pictures.removeAll { $0.id == picture.id }
        }
        add(.start, Array(pictures.prefix(1)), ["image"])
        guard kind == .image, slots[.start] != nil else { return }
        add(.denoise, graph.nodes.filter { $0.className == "KSampler" }, ["denoise"])
    }

    /// The picture that an input is made from.
    private func picture(behind node: WorkflowGraph.Node, _ input: String) -> WorkflowGraph.Node? {
        var seen: Set<String> = []
        var next = node.link(input)
        while let id = next, seen.insert(id).inserted, let node = graph[id] {
            if node.className == "LoadImage" { return node }
            next = ["image", "images", "pixels"].compactMap { node.link($0) }.first
        }
        return nil
    }

    private func isOutput(_ node: WorkflowGraph.Node) -> Bool {
        node.className.hasPrefix("Save") || node.className == "PreviewImage" || node.className == "VHS_VideoCombine"
    }

    /// Adds the first of the inputs that each node has as a value.
    private mutating func add(_ slot: WorkflowSlot, _ nodes: [WorkflowGraph.Node], _ inputs: [String]) {
        for node in nodes.prefix(Limits.workflowTargets) {
            guard let input = inputs.first(where: { node.inputs[$0] != nil && node.link($0) == nil }) else { continue }
            slots[slot, default: []].append(WorkflowTarget(node: node.id, input: input))
        }
    }
}
