import HearthCore

import struct Foundation.Data

/// The pieces of an import, as they were sent; one of them is in memory.
actor PieceSource: ByteSource {
    /// A file of the store and where its bytes stand in the whole.
    struct Piece: Sendable {
        let start: Int
        let bytes: Int
        let path: String
    }

    nonisolated let count: Int
    private let pieces: [Piece]
    private let blobs: any BlobStore
    private var held: (path: String, bytes: Data)?

    /// - Parameter pieces: without gaps, in their order.
    init(_ pieces: [Piece], blobs: any BlobStore) {
        self.pieces = pieces
        self.blobs = blobs
        count = pieces.last.map { $0.start + $0.bytes } ?? 0
    }

    func bytes(_ range: Range<Int>) async throws -> Data {
        var bytes = Data()
        for piece in pieces where piece.start < range.upperBound && piece.start + piece.bytes > range.lowerBound {
            let content = try await content(of: piece)
            let lower = max(range.lowerBound - piece.start, 0)
            let upper = min(range.upperBound - piece.start, content.count)
            bytes += content[content.startIndex + lower..<content.startIndex + max(lower, upper)]
        }
        return bytes
    }

    private func content(of piece: Piece) async throws -> Data {
        if let held, held.path == piece.path { return held.bytes }
        let bytes = try await blobs.read(piece.path)
        held = (piece.path, bytes)
        return bytes
    }
}

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
