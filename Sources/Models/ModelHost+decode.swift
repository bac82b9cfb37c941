import HearthCore

/// What the preparing threads do: pictures become tensors, texts become token ids.
extension ModelHost {
    /// Prepares inputs until the host stops.
    func prepareInputs() {
        while true {
            let (isOver, next) = state.withLock { state in
                (state.phase == .stopping, state.nextToDecode(now: .now))
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
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let preparation = InputPreparation(folder: folder, codec: codec, tokenizer: tokenizer)
            let content = try preparation.content(of: entry.call.question)
            let input = PreparedInput(
                content: content, duration: clock.now - start, isAmongTexts: tokenizer != nil)
            let wakes = state.withLock { state -> [ThreadSignal] in
                guard state.slots[model]?.queue.decoded(entry.id, input) == true else { return [] }
                guard let slot = state.slots[model] else { return [] }
                guard slot.lanes.isBusy else { return [slot.signal] }
                if slot.queue.decodedCount > 1 { state.openSecondLane(model) }
                return [slot.signal, slot.secondSignal]
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
}
