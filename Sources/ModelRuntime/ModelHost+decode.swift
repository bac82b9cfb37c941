import HearthCore
import HearthInference
import HearthModelLibrary

/// What the preparing threads do: pictures become tensors, texts become token ids.
extension ModelHost {
    /// Prepares inputs until the host stops.
    func prepareInputs() {
        while true {
            let now = configuration.now()
            let (isOver, next) = state.withLock { state in
                (state.phase == .stopping, state.nextToDecode(now: now))
            }
            if isOver { return }
            guard let next else {
                decodeSignal.wait()
                continue
            }
            expire(next.expired, of: next.model)
            if let entry = next.entry { prepare(entry, for: next.model) }
        }
    }

    private func prepare(_ entry: InferenceQueue.Entry, for model: String) {
        let (found, tokenizer) = state.withLock { ($0.slots[model]?.folder, $0.slots[model]?.tokenizer) }
        guard let folder = found else { return }
        do {
            let input = try prepared(entry.call.question, folder: folder, tokenizer: tokenizer)
            let wakes = state.withLock { state -> [ThreadSignal] in
                guard state.slots[model]?.queue.decoded(entry.id, input) == true else { return [] }
                return state.lanesToWake(of: model)
            }
            for signal in wakes { signal.signal() }
        } catch {
            let (isWaiting, signal) = state.withLock { state in
                (state.slots[model]?.queue.remove(entry.id) != nil, state.slots[model]?.signal)
            }
            if isWaiting { entry.call.continuation.resume(throwing: error) }
            // A model that drains waits for its queue to become empty.
            signal?.signal()
        }
    }

    /// What a question is to a model's graph, on the caller's thread.
    func prepared(
        _ question: InferenceQuestion, folder: ModelFolder, tokenizer: Tokenizer?
    ) throws -> PreparedInput {
        let start = ContinuousClock.now
        let content = try InputPreparation(folder: folder, codec: codec, tokenizer: tokenizer).content(of: question)
        return PreparedInput(content: content, duration: .now - start, isAmongTexts: tokenizer != nil)
    }
}

extension HostState {
    /// The threads that an input which needs nothing but a pass is for; opens the second lane where inputs queue up.
    mutating func lanesToWake(of model: String) -> [ThreadSignal] {
        guard let slot = slots[model] else { return [] }
        guard slot.lanes.isBusy else { return [slot.signal] }
        if slot.queue.decodedCount > 1 { openSecondLane(model) }
        return [slot.signal, slot.secondSignal]
    }
}
