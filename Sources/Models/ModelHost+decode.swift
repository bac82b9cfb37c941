import HearthCatalogue
import HearthCore

/// What the decoding threads do.
extension ModelHost {
    /// Decodes pictures until the host stops.
    func decodePictures() {
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
            if let entry = next.entry { decode(entry, for: next.model) }
        }
    }

    private func decode(_ entry: EmbeddingQueue.Entry, for model: String) {
        guard let folder = state.withLock({ $0.slots[model]?.folder }) else { return }
        let clock = ContinuousClock()
        let start = clock.now
        do {
            guard case .image(let bytes) = entry.call.input, let image = folder.manifest.image else {
                throw HearthError(.invalidRequest, "The model \(model) does not see this.")
            }
            let tensor = try codec.decode(bytes, for: image)
            let picture = DecodedPicture(tensor: tensor, duration: clock.now - start)
            let signal = state.withLock { state in
                state.slots[model]?.queue.decoded(entry.id, picture) == true ? state.slots[model]?.signal : nil
            }
            signal?.signal()
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
