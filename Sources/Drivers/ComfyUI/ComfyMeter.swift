import HearthCore

import struct Foundation.Data

/// Makes one number of the progress of many nodes.
///
/// A node that samples counts as much as twenty others; the number never falls.
struct ComfyMeter: Sendable {
    private let weights: [String: Double]
    private let stages: [String: GenerationProgress.Stage]
    private let total: Double
    /// 0…1 by node.
    private var done: [String: Double] = [:]
    private var node: String?
    private var step: (value: Int, maximum: Int)?
    private var highest = 0.0
    /// The last picture of what is being made.
    var preview: Data?

    /// - Parameter classes: of the nodes, by their identifiers.
    init(classes: [String: String]) {
        stages = classes.mapValues(Self.stage)
        weights = stages.mapValues { $0 == .sampling ? 20 : 1 }
        total = max(1, weights.values.reduce(0, +))
    }

    /// A message of the prompt that the meter is for.
    mutating func take(_ message: ComfyMessage) {
        switch message {
        case .cached(_, let nodes):
            for node in nodes { done[node] = 1 }
        case .executing(_, let node?): begin(node)
        case .nodes(_, let states):
            for state in states { take(state) }
        case .progress(_, let node, let value, let maximum) where maximum > 0:
            if let node { begin(node) }
            setStep(value, maximum)
        case .executed(_, let node): done[node] = 1
        default: break
        }
        highest = max(highest, min(1, share))
    }

    private mutating func take(_ state: ComfyNodeState) {
        let share = state.maximum > 0 ? min(1, max(0, state.value / state.maximum)) : 0
        done[state.id] = state.isFinished ? 1 : share
        guard !state.isFinished else { return }
        begin(state.id)
        if state.maximum > 1 { setStep(state.value, state.maximum) }
    }

    private mutating func begin(_ next: String) {
        guard node != next else { return }
        node = next
        step = nil
    }

    private mutating func setStep(_ value: Double, _ maximum: Double) {
        guard maximum <= 1e6, value >= 0, value <= maximum else { return }
        step = (Int(value), Int(maximum))
        if let node { done[node] = max(done[node] ?? 0, value / maximum) }
    }

    /// Nodes that are not of the graph count nothing: a server may make nodes of its own.
    private var share: Double { done.reduce(0) { $0 + (weights[$1.key] ?? 0) * $1.value } / total }

    var progress: GenerationProgress {
        GenerationProgress(
            stage: node.flatMap { stages[$0] } ?? .loadingModel, overall: highest,
            current: node.flatMap { done[$0] }, step: step?.value, steps: step?.maximum, preview: preview)
    }

    private static func stage(_ name: String) -> GenerationProgress.Stage {
        if name.contains("Sampler") { return .sampling }
        if name.contains("Loader") || name.hasPrefix("Load") { return .loadingModel }
        if name.hasPrefix("VAEDecode") { return .decoding }
        if name.hasPrefix("Save") || name.hasPrefix("Preview") || name.contains("VideoCombine") { return .saving }
        return name.contains("Encode") ? .encoding : .composing
    }
}
