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
