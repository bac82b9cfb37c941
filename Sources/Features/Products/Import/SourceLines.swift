import HearthCore

/// The lines of a source, which is read in windows of a bounded size.
struct SourceLines {
    private let source: any ByteSource
    private let window: Int
    private var reader: LineReader
    /// Offset of the next window.
    private var fetched: Int

    /// - Parameters:
    ///   - position: where a line begins.
    ///   - limit: bytes of a line.
    init(_ source: any ByteSource, from position: Int = 0, limit: Int, window: Int = 1 << 20) {
        self.source = source
        self.window = window
        reader = LineReader(from: position, limit: limit)
        fetched = position
    }

    /// The next line; nil at the end. A last line without a line break counts, an empty one does not.
    /// - Throws: what the source throws, and `CancellationError`.
    mutating func next() async throws -> LineReader.Line? {
        while true {
            if let line = reader.next() { return line }
            guard fetched < source.count else { return reader.last() }
            try Task.checkCancellation()
            let end = min(fetched + window, source.count)
            reader.append(try await source.bytes(fetched..<end))
            fetched = end
        }
    }
}
