import CZlib
import HearthCore

/// One `z_stream`, which belongs to the holder of the object.
final class ZlibDeflateStream: DeflateStream {
    /// zlib remembers where its stream is: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(_ coding: ContentCoding) throws(HearthError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard hearth_deflate_init(stream, coding == .gzip ? 1 : 0) == Z_OK else {
            throw HearthError(.internalError, "zlib has no memory.")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func pack(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(HearthError) -> [UInt8] {
        // zlib takes lengths of 32 bits; callers send pieces far below.
        precondition(bytes.count <= Int(Int32.max))
        // zlib reads through a pointer that it declares as one to write to.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        var packed: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(bytes.count / 2 + 64, 64 << 10))
        var status = Z_OK
        repeat {
            let written = piece.withUnsafeMutableBufferPointer { piece in
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = UInt32(piece.count)
                status = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                return piece.count - Int(stream.pointee.avail_out)
            }
            packed.append(contentsOf: piece[..<written])
            // A full piece may hide more.
        } while status == Z_OK && stream.pointee.avail_out == 0 || isLast && status == Z_OK
        // Z_BUF_ERROR says that there was nothing to do.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw HearthError(.internalError, "zlib could not pack an answer (\(status)).")
        }
        return packed
    }
}
