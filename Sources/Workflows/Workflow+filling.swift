package import HearthCore
import HearthJSON

/// A graph with a recipe written into it.
package struct FilledWorkflow: Sendable {
    package var graph: WorkflowGraph
    package var reference: AppliedReference
    /// As the server will make it: some nodes take sizes and lengths in steps only.
    package var width: Int
    package var height: Int
    package var frames: Int?
    package var framesPerSecond: Double?

    /// Length of a video in seconds; nil for a picture.
    package var seconds: Double? {
        guard let frames, let framesPerSecond, framesPerSecond > 0 else { return nil }
        return Double(frames) / framesPerSecond
    }
}

extension Workflow {
    /// How much of the start picture is changed for a weight of the reference: 0.95 at 0, 0.55 at 0.8, 0.45 at 1.
    ///
    /// `1 - weight` would be a copy at 0.8, where a character is wanted in another scene.
    package static func denoise(forWeight weight: Double) -> Double { 0.95 - 0.5 * weight }

    /// Which picture of a recipe goes into which slot, as places in ``Recipe/references``.
    /// - Throws: ``HearthError`` `invalid_request` when the workflow needs a picture that the recipe does not have, or
    ///   could use none of those that it has: a reference is never dropped silently.
    package func pictures(of recipe: Recipe) throws(HearthError) -> [WorkflowSlot: Int] {
        func first(_ purpose: RecipeReference.Purpose) -> Int? {
            recipe.references.firstIndex { $0.purpose == purpose }
        }
        let wanted: [(slot: WorkflowSlot, picture: Int?, what: String)] = [
            (.start, first(.start) ?? first(.character), "a picture to start from"),
            (.reference, first(.character) ?? first(.start), "a picture of a character"),
            (.mask, first(.mask), "a mask"),
        ]
        var pictures: [WorkflowSlot: Int] = [:]
        for (slot, picture, what) in wanted where slots[slot] != nil {
            guard let picture else {
                throw HearthError(
                    .invalidRequest, "The \(title) needs \(what).",
                    hint: "Name a character that has one, or choose another workflow.")
            }
            pictures[slot] = picture
        }
        guard pictures[.mask] != nil || first(.mask) == nil, !pictures.isEmpty || recipe.references.isEmpty else {
            throw HearthError(
                .invalidRequest, "The \(title) takes no \(first(.mask) == nil ? "reference picture" : "mask").",
                hint: "Choose a workflow that does, or leave it out.")
        }
        return pictures
    }

    /// Writes a recipe into the graph.
    /// - Parameters:
    ///   - pictures: names at the server of the pictures that ``pictures(of:)`` asks for.
    ///   - nodes: what the server says of the classes of the graph.
    ///   - maskChannel: `alpha` for a mask that is transparent where the picture may be changed, `red` for a white one.
    ///   - prefix: how the names of its files begin.
    package func filled(
        with recipe: Recipe, pictures: [WorkflowSlot: String], maskChannel: String = "red", nodes: ServerNodes,
        prefix: String
    ) -> FilledWorkflow {
        var filled = FilledWorkflow(
            graph: graph, reference: applied(recipe), width: recipe.width, height: recipe.height)
        if kind == .video { filled.framesPerSecond = rate(recipe) }
        for target in models.keys {
            if let model = nodes.model(for: target, of: self) { filled.graph.set(target, to: .string(model)) }
        }
        for (slot, targets) in slots {
            let value = slot == .maskChannel ? .string(maskChannel) : value(for: slot, recipe, pictures, prefix)
            guard let value else { continue }
            for target in targets {
                filled.write(value, to: target, for: slot, nodes)
            }
        }
        return filled
    }

    private func value(
        for slot: WorkflowSlot, _ recipe: Recipe, _ pictures: [WorkflowSlot: String], _ prefix: String
    ) -> JSONValue? {
        let rate = rate(recipe)
        return switch slot {
        case .prompt: .string(recipe.positive)
        case .negative: .string(recipe.negative)
        case .width: .int(Int64(recipe.width))
        case .height: .int(Int64(recipe.height))
        // Servers know no negative seeds.
        case .seed: .int(recipe.seed & Int64.max)
        case .steps: .int(Int64(recipe.steps))
        case .sampler: .string(recipe.sampler)
        case .scheduler: .string(recipe.scheduler)
        case .guidance: .double(recipe.guidance)
        case .denoise: .double(Self.denoise(forWeight: recipe.referenceWeight))
        case .referenceWeight: .double(recipe.referenceWeight)
        case .reference, .start, .mask: pictures[slot].map { .string($0) }
        case .maskChannel: nil
        case .frames: recipe.seconds.map { .int(Int64(($0 * rate).rounded())) }
        case .framesPerSecond: .double(rate)
        case .prefix: .string(prefix)
        }
    }

    /// Frames of a second: the recipe's where the workflow has a slot for them, else those that stand in the graph. A
    /// model that was trained at 16 frames a second moves too fast at 24.
    private func rate(_ recipe: Recipe) -> Double {
        // A graph may say anything; what is no rate of a video is passed over.
        let own = graph.nodes.compactMap { $0.inputs["fps"]?.doubleValue ?? $0.inputs["frame_rate"]?.doubleValue }
            .last { (0.1...240).contains($0) }
        let asked = recipe.framesPerSecond.map { Double($0) }
        return slots[.framesPerSecond] != nil ? asked ?? own ?? 24 : own ?? asked ?? 24
    }

    private func applied(_ recipe: Recipe) -> AppliedReference {
        let weight = recipe.referenceWeight
        guard !recipe.references.isEmpty else {
            return AppliedReference(requestedWeight: weight, mechanism: Mechanism.none.rawValue, effective: nil)
        }
        let effective: Double? =
            switch mechanism {
            case .adapter: weight
            case .denoise: Self.denoise(forWeight: weight)
            case .startFrame, .picture, .none: nil
            }
        return AppliedReference(requestedWeight: weight, mechanism: mechanism.rawValue, effective: effective)
    }
}

extension FilledWorkflow {
    fileprivate mutating func write(
        _ value: JSONValue, to target: WorkflowTarget, for slot: WorkflowSlot, _ nodes: ServerNodes
    ) {
        guard slot != .seed, let number = value.doubleValue, let node = graph[target.node] else {
            return graph.set(target, to: value)
        }
        let fitted = nodes.fitting(number, node.className, target.input)
        switch slot {
        case .width: width = Int(fitted)
        case .height: height = Int(fitted)
        case .frames: frames = Int(fitted)
        case .framesPerSecond: framesPerSecond = fitted
        default: break
        }
        if case .int = value, let whole = Int64(exactly: fitted) {
            graph.set(target, to: .int(whole))
        } else {
            graph.set(target, to: .double(fitted))
        }
    }
}
