import HearthCore
import HearthJSON

import struct Foundation.Data

/// Lets through as many pictures of unfinished work as a log of events can hold: small ones, not too often and not too
/// many.
final class PreviewThinning: Sendable {
    private struct State {
        var count = 0
        var last: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// - Returns: a `data:` URL of the picture; nil when it is left out.
    func kept(_ picture: Data?) -> String? {
        guard let picture, picture.count <= Limits.previewBytes, let type = Self.mediaType(picture) else { return nil }
        let time = now()
        let isKept = state.withLock { state in
            let isSoon = state.last.map { time - $0 < Limits.previewInterval } ?? false
            guard !isSoon, state.count < Limits.previewsOfJob else { return false }
            state.count += 1
            state.last = time
            return true
        }
        return isKept ? "data:\(type);base64,\(picture.base64EncodedString())" : nil
    }

    private static func mediaType(_ picture: Data) -> String? {
        if picture.starts(with: [0xFF, 0xD8]) { return "image/jpeg" }
        return picture.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? "image/png" : nil
    }
}
