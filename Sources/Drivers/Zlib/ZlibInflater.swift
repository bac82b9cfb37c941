import CZlib
package import Foundation
package import HearthCore

/// Deflate by zlib.
package struct ZlibInflater: Inflater {
    package init() {}

    /// Unpacks raw deflate data to exactly `count` bytes.
    /// - Throws: ``HearthError`` `invalid_request` when it is damaged or has another length, `internal_error`.
    package func inflate(_ packed: Data, to count: Int) throws(HearthError) -> Data {
        var stream = z_stream()
        guard hearth_inflate_init_raw(&stream) == Z_OK else {
            throw HearthError(.internalError, "zlib has no memory.")
        }
        defer { inflateEnd(&stream) }
        // One byte more than announced: what would overflow shows itself without being kept.
        var output = [UInt8](repeating: 0, count: count + 1)
        var input = [UInt8](packed)
        let (status, written) = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                let status = CZlib.inflate(&stream, Z_FINISH)
                return (status, output.count - Int(stream.avail_out))
            }
        }
        guard status == Z_STREAM_END, written == count else {
            throw HearthError(
                .invalidRequest, "A packed file is damaged, or longer or shorter than it says.",
                hint: "Pack it again, with stored or deflated entries.")
        }
        return Data(output[..<count])
    }
}
