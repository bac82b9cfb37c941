import Foundation
package import HearthCatalogue
import HearthCore

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
    /// Models to load at the start, in this order after the default embedder; nil means all. Others load when called.
    package var preload: [String]?
    package var precision = Precision.auto
    /// Which models leave memory when nobody wants them.
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
    /// Inputs of one pass, at most ``Limits/inferenceBatch``. On a CPU larger passes gain nothing and keep lone calls
    /// waiting.
    package var batchLimit = 8

    /// The embedder that is part of Hearth.
    package static let builtInEmbedder = "scatter"

    package init(defaultEmbedder: String? = nil) { self.defaultEmbedder = defaultEmbedder }

    /// How calls of a model become passes.
    func rules(for folder: ModelFolder?) -> InferenceQueue.Rules {
        let readsTexts = folder?.manifest.text != nil
        return InferenceQueue.Rules(
            limit: queueLimit, passSizes: passSizes,
            // Texts are small: many of them may wait, and find others of their length.
            decodedAhead: readsTexts ? Limits.preparedTexts : 2 * batchLimit, patience: 8,
            budget: Limits.inferenceTokens, padding: Limits.inferencePadding)
    }

    /// 1, 2, 4, … up to the limit: a runtime prepares itself for each size once.
    var passSizes: [Int] {
        let largest = min(batchLimit, Limits.inferenceBatch)
        return Array(sequence(first: 1) { $0 * 2 <= largest ? $0 * 2 : nil })
    }
}
