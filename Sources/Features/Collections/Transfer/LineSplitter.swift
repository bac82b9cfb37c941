package import HearthCore

package import struct Foundation.Data

/// Lines of a text that arrives in pieces. A line that is too long is an error of its own; the next is read as usual.
package struct LineSplitter: Sendable {
    private var pending = Data()
    /// Bytes at the start of `pending` that have no line's end in them.
    private var searched = 0
    private var isSkipping = false
    private let limit: Int

    /// - Parameter limit: bytes of a line.
    package init(limit: Int = Limits.recordLineBytes) { self.limit = limit }

    /// Adds the next bytes.
    package mutating func append(_ bytes: Data) { pending.append(bytes) }

    /// The next line without its end, LF or CRLF; nil when more bytes are needed.
    package mutating func next() -> Result<Data, HearthError>? {
        while true {
            let start = pending.startIndex
            guard let end = pending[(start + searched)...].firstIndex(of: 0x0A) else {
                searched = pending.count
                guard searched > limit else { return nil }
                pending = Data()
                searched = 0
                if isSkipping { return nil }
                isSkipping = true
                return .failure(tooLong)
            }
            let line = pending[start..<end]
            pending = pending[(end + 1)...]
            searched = 0
            if isSkipping {
                isSkipping = false
                continue
            }
            return line.count > limit ? .failure(tooLong) : .success(Self.trimmed(line))
        }
    }

    /// What follows the last line's end; nil when nothing does.
    package mutating func last() -> Result<Data, HearthError>? {
        defer { pending = Data() }
        guard !pending.isEmpty, !isSkipping else { return nil }
        return .success(Self.trimmed(pending))
    }

    private static func trimmed(_ line: Data) -> Data { line.last == 0x0D ? line.dropLast() : line }

    private var tooLong: HearthError {
        HearthError(.bodyTooLarge, "The line is longer than \(limit) bytes.", hint: "At most \(limit) bytes a line.")
    }
}
