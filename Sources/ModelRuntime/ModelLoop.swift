package import Foundation
package import HearthCore
package import HearthInference
package import HearthModelLibrary

/// A model as busy as it can be: two narrow streams that find their next pass ready, no queue, no caller. For measuring
/// what the way to a model costs when many call.
package final class ModelLoop: Sendable {
    /// What came of a run.
    package struct Outcome: Sendable {
        package let inputs: Int
        package let passes: Int
        package let duration: Duration
    }

    package let precision: String
    private let preparation: InputPreparation
    private let streams: [ModelGraphs]
    private let rules: InferenceQueue.Rules

    /// - Throws: ``HearthError`` `invalid_configuration` when the model cannot be loaded.
    package init(
        _ folder: ModelFolder, runtime: any ModelRuntime, codec: any ImageCodec, configuration: ModelHostConfiguration
    ) throws {
        let free = configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
        let precision = folder.precision(free: free)
        self.precision = precision
        rules = configuration.rules(for: folder)
        let tokenizer = try folder.manifest.text.map { text in
            try Tokenizer(json: Data(contentsOf: URL(fileURLWithPath: folder.path(of: text.tokenizer))))
        }
        preparation = InputPreparation(folder: folder, codec: codec, tokenizer: tokenizer)
        let paddingID = tokenizer?.paddingID ?? 0
        let first = try ModelGraphs(folder, readers: configuration.readers, paddingID: paddingID) { weights in
            try runtime.load(
                ModelLoadRequest(
                    path: folder.path(of: weights), precision: precision, cacheFolder: nil,
                    threads: configuration.threads, streams: 2))
        }
        streams = [first, try ModelGraphs(sharing: first)]
    }

    /// Runs texts, prepared beforehand, in the passes that a host would form when `callers` of them wait at once.
    package func run(_ texts: [EmbeddingInput], callers: Int, seconds: Double) async throws -> Outcome {
        let passes = try passes(of: texts, callers: callers)
        guard !passes.isEmpty else { throw HearthError(.invalidRequest, "There is no text.") }
        for pass in passes { for stream in streams { _ = try stream.run(pass) } }
        return try await run(seconds: seconds) { stream, turn in
            let pass = passes[turn % passes.count]
            _ = try stream.run(pass)
            return pass.count
        }
    }

    /// Decodes a picture and looks at it, again and again, on each stream's own thread.
    package func run(picture: Data, seconds: Double) async throws -> Outcome {
        try await run(seconds: seconds) { stream, _ in
            let content = try self.preparation.content(of: .embed(.image(picture)))
            _ = try stream.run([PreparedInput(content: content, duration: .zero, isAmongTexts: false)])
            return 1
        }
    }

    /// - Parameter body: One pass of a stream; returns its inputs. The number counts the passes of all streams.
    private func run(
        seconds: Double, _ body: @escaping @Sendable (ModelGraphs, Int) throws -> Int
    ) async throws -> Outcome {
        let turns = Locked(0)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let failure = Locked<(any Error)?>(nil)
        let inputs = Locked(0)
        await withDiscardingTaskGroup { group in
            for (number, stream) in streams.enumerated() {
                group.addTask {
                    await onOwnThread(named: "hearth-loop-\(number)") {
                        do {
                            var count = 0
                            while ContinuousClock.now < end {
                                let turn = turns.withLock { turns in
                                    turns += 1
                                    return turns - 1
                                }
                                count += try body(stream, turn)
                            }
                            inputs.withLock { [count] in $0 += count }
                        } catch {
                            failure.withLock { $0 = error }
                        }
                    }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return Outcome(
            inputs: inputs.withLock { $0 }, passes: turns.withLock { $0 }, duration: ContinuousClock.now - start)
    }

    /// Passes over all texts; so many at a time wait in a queue of the host's own kind.
    private func passes(of texts: [EmbeddingInput], callers: Int) throws -> [[PreparedInput]] {
        var passes: [[PreparedInput]] = []
        var rest = try texts.map { text in
            PreparedInput(
                content: try preparation.content(of: .embed(text)), duration: .zero,
                isAmongTexts: true)
        }[...]
        while !rest.isEmpty {
            var queue = BatchQueue<Int, PreparedInput>(
                rules: .init(
                    limit: rules.limit, passSizes: rules.passSizes, decodedAhead: rules.decodedAhead,
                    patience: rules.patience, budget: rules.budget, padding: rules.padding))
            for (id, input) in rest.prefix(max(1, callers)).enumerated() {
                let deadline = ContinuousClock.now + .seconds(60)
                _ = queue.enter(id, id: id, of: .local, priority: .interactive, deadline: deadline)
                _ = queue.nextToDecode(.interactive, now: .now)
                _ = queue.decoded(id, input)
            }
            rest = rest.dropFirst(max(1, callers))
            while !queue.isEmpty { passes.append(queue.take(now: .now, streams: 2).items.map(\.input)) }
        }
        return passes
    }
}
