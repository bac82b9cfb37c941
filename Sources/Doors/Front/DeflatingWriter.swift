import HTTPTypes
import HearthCore
import Hummingbird
import NIOCore

/// Compresses what is written through it in small pieces, so that other work on the thread does not wait long.
struct DeflatingWriter: ResponseBodyWriter {
    private var base: any ResponseBodyWriter
    private let stream: any DeflateStream

    init(_ base: any ResponseBodyWriter, by stream: any DeflateStream) {
        self.base = base
        self.stream = stream
    }

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Limits.compressionPiece)),
            piece.readableBytes > 0
        {
            let packed = try pack(piece, isLast: false)
            if packed.readableBytes > 0 { try await base.write(packed) }
            if rest.readableBytes > 0 { await Task.yield() }
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.write(pack(ByteBuffer(), isLast: true))
        try await base.finish(trailingHeaders)
    }

    private func pack(_ piece: ByteBuffer, isLast: Bool) throws -> ByteBuffer {
        let packed = try piece.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try stream.pack(bytes, isLast: isLast) }
        }.get()
        return ByteBuffer(bytes: packed)
    }
}
