import Foundation
import HearthCore
package import HearthModelLibrary

/// How a ``ModelHost`` loads and serves.
package struct ModelHostConfiguration: Sendable {
    /// The numbers that passes are computed with.
    package enum Precision: String, Sendable, CaseIterable {
        /// What the machine runs best.
        case auto
        case f32
        case bf16
    }

    /// The model that answers when a request names none; nil means ``builtInEmbedder``, or else the first usable one.
    package var defaultEmbedder: String?
    /// The model that looks at products; nil means that of anchors.
    package var productEmbedder: String?
    /// The model that is first among those for texts, so that it embeds them when a request names none.
    package var textEmbedder: String?
    /// Models to load at the start, in this order after the default embedder; nil means all. Others load when called.
    package var preload: [String]?
    /// What the graphs compute with.
    package var precision = Precision.auto
    /// Which models leave memory when they are not used.
    package var policy = ResidencyPolicy()
    /// The group of models that this process serves; nil: those that are always in memory.
    package var group: String?
    /// Folder for compiled graphs; nil turns that cache off.
    package var cacheFolder: String?
    /// Threads of one pass; nil leaves it to the runtime.
    package var threads: Int?
    /// Loads at the same time: a second one only where that leaves a processor to the doors.
    package var parallelLoads = ProcessInfo.processInfo.activeProcessorCount > 2 ? 2 : 1
    /// Threads that decode pictures.
    package var decodeThreads = 2
    /// Calls waiting for one model.
    package var queueLimit = Limits.inferenceQueue
    /// Texts of one pass, at most ``Limits/inferenceBatch``.
    package var batchLimit = 8
    /// Pictures of one pass. On a CPU larger ones gain nothing, keep lone calls waiting, and hold ten times the memory
    /// (docs/benchmarks.md): two streams with one picture each are faster.
    package var pictureLimit = 1

    /// What may read the outputs of graphs for pictures, by its name in `model.json`.
    package var readers = PictureReaders.standard
    /// What time it is, where calls are looked through for those that are late; tests set it forward.
    package var now: @Sendable () -> ContinuousClock.Instant = { .now }

    /// The embedder that is part of Hearth.
    package static let builtInEmbedder = "scatter"

    package init(defaultEmbedder: String? = nil) { self.defaultEmbedder = defaultEmbedder }

    /// How calls of a model become passes.
    func rules(for folder: ModelFolder?) -> InferenceQueue.Rules {
        let readsTexts = folder?.manifest.text != nil
        // Pictures of different sizes cannot share a pass.
        let pictureLimit = folder?.manifest.face?.multiple == nil ? pictureLimit : 1
        return InferenceQueue.Rules(
            limit: queueLimit, passSizes: readsTexts ? passSizes(upTo: batchLimit) : passSizes(upTo: pictureLimit),
            // Texts are small: many of them may wait, and find others of their length.
            decodedAhead: folder?.manifest.kind.sees == [.text] ? Limits.preparedTexts : 2 * batchLimit, patience: 8,
            budget: readsTexts ? Limits.inferenceTokens : pictureLimit, padding: Limits.inferencePadding)
    }

    /// 1, 2, 4, … up to a limit: a runtime prepares itself for each size once.
    private func passSizes(upTo limit: Int) -> [Int] {
        let largest = min(limit, Limits.inferenceBatch)
        return Array(sequence(first: 1) { $0 * 2 <= largest ? $0 * 2 : nil })
    }
}
