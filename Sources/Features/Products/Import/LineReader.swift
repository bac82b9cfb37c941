import HearthCore

import struct Foundation.Data

/// Reads a source line by line, in windows of a bounded size.
struct LineReader {
    /// A line without its end.
    struct Line: Sendable, Equatable {
        /// Nil when the line is longer than the limit: then it was passed over.
        let bytes: Data?
        /// Offset of the line that follows.
        let next: Int
    }

    static let newline = UInt8(ascii: "\n")

    private let source: any ByteSource
    private let limit: Int
    private let window: Int
    /// Offset of the next line.
    private(set) var position: Int
    private var buffer = Data()
    /// Bytes of the buffer that were given out already: they are cut off a window at a time, not line by line.
    private var given = 0

    /// - Parameters:
    ///   - position: where a line begins.
    ///   - limit: bytes of a line.
    init(_ source: any ByteSource, from position: Int = 0, limit: Int, window: Int = 1 << 20) {
        self.source = source
        self.position = position
        self.limit = limit
        self.window = window
    }

    /// The next line; nil at the end. A last line without a line break counts, an empty one does not.
    mutating func next() async throws -> Line? {
        var searched = 0
        var isTooLong = false
        while true {
            let rest = buffer[(buffer.startIndex + given)...]
            if let end = rest.dropFirst(searched).firstIndex(of: Self.newline) {
                let count = end - rest.startIndex
                let line = Line(
                    bytes: isTooLong || count > limit ? nil : Self.trimmed(rest.prefix(count)),
                    next: position + count + 1)
                take(count + 1)
                return line
            }
            searched = rest.count
            if rest.count > limit {
                // What is too long is not kept: only its end is looked for.
                isTooLong = true
                take(rest.count)
                searched = 0
            }
            buffer = Data(buffer.dropFirst(given))
            given = 0
            let start = position + buffer.count
            guard start < source.count else {
                guard !buffer.isEmpty || isTooLong else { return nil }
                let line = Line(bytes: isTooLong ? nil : Self.trimmed(buffer), next: source.count)
                take(buffer.count)
                return line
            }
            try Task.checkCancellation()
            buffer += try await source.bytes(start..<min(start + window, source.count))
        }
    }

    private mutating func take(_ count: Int) {
        position += count
        given += count
    }

    /// Without the carriage return that some put before the line feed.
    private static func trimmed(_ line: Data) -> Data {
        line.last == UInt8(ascii: "\r") ? Data(line.dropLast()) : Data(line)
    }
}
