import HearthCore
import HearthInference

/// Pictures that take long to decode: one thread does nothing else, so that the calls behind them do not wait.
extension ModelHost {
    /// Hands a large picture to the thread that decodes them, or refuses it when too many wait there already.
    /// - Returns: false when the input is none, and nothing was done.
    func handOver(_ entry: InferenceQueue.Entry, of model: String) -> Bool {
        guard case .image(let picture)? = entry.call.question.input,
            let header = try? ImageProbe.inspect(picture.bytes),
            header.work(ofBytes: picture.bytes.count) >= Limits.largePicture
        else { return false }
        let waits = state.withLock { state in
            guard state.largePictures.count < Limits.largePictures else { return false }
            state.largePictures.append((model, entry))
            return true
        }
        if waits {
            largePictureSignal.signal()
        } else {
            end(
                entry, of: model,
                by: HearthError(
                    .overloaded, "\(Limits.largePictures) large pictures already wait to be decoded.",
                    hint: "Send smaller ones, or fewer at once.", retryAfter: 1))
        }
        return true
    }

    /// Decodes large pictures until the host stops.
    func prepareLargePictures() {
        while true {
            let (isOver, next) = state.withLock { state in
                (
                    state.phase == .stopping,
                    state.largePictures.isEmpty ? nil : state.largePictures.removeFirst()
                )
            }
            if isOver { return }
            guard let next else {
                largePictureSignal.wait()
                continue
            }
            prepare(next.entry, for: next.model)
        }
    }
}
