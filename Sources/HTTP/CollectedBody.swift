import Foundation
package import HearthCore
import HearthJSON
package import Hummingbird
package import NIOCore
import NIOFoundationEssentialsCompat

/// A whole request body in memory; its bytes count against the ``BodyBudget`` for as long as this value lives.
package struct CollectedBody: Sendable {
    package let bytes: ByteBuffer
    /// Keep it for as long as a copy of the bytes is kept.
    package let reservation: BodyReservation

    package init(bytes: ByteBuffer, reservation: BodyReservation) {
        self.bytes = bytes
        self.reservation = reservation
    }

    /// Takes the memory that a body of many numbers needs when it is parsed: up to twelve times what is written.
    /// - Throws: ``HearthError`` `overloaded`.
    package func reserveParsedNumbers() throws(HearthError) {
        let commas = bytes.withUnsafeReadableBytes { bytes in
            var count = 0
            for byte in bytes { count += byte == UInt8(ascii: ",") ? 1 : 0 }
            return count
        }
        try reservation.grow(by: min(commas, Limits.tensorValues) * MemoryLayout<JSONValue>.stride)
    }
}

extension RequestBody {
    /// Reads the whole body of `request`.
    ///
    /// A `Content-Length` over `limit` is refused before a byte is read. Bytes are counted, and memory for them is
    /// taken, as they arrive and not as they are announced, so that a promise of much data holds nothing.
    /// - Parameter holders: Whose shares of the budget it counts in.
    /// - Throws: ``HearthError`` `body_too_large`, `overloaded`, `request_timeout`, `invalid_request` (ended early).
    package static func collect(
        from request: Request, limit: Int, budget: BodyBudget, holders: [BodyHolder] = []
    ) async throws -> CollectedBody {
        let announced = try contentLength(of: request)
        if let announced, announced > limit { throw tooLarge(limit: limit) }
        let reservation = budget.reservation(of: holders)
        var collected = ByteBuffer()
        do {
            for try await chunk in request.body {
                guard chunk.readableBytes <= limit - collected.readableBytes else { throw tooLarge(limit: limit) }
                try reservation.receive(chunk.readableBytes)
                if collected.readableBytes == 0 {
                    // One chunk is the usual case of a small body: it is taken as it is, without a copy.
                    collected = chunk
                    if chunk.readableBytes == announced { break }
                } else {
                    let needed = collected.readableBytes + chunk.readableBytes
                    if collected.readerIndex + needed > collected.capacity {
                        collected.reserveCapacity(capacity(for: needed, announced: announced))
                    }
                    collected.writeImmutableBuffer(chunk)
                    if collected.readableBytes == announced { break }
                }
            }
        } catch let error as HearthError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw endedEarly(cause: error)
        }
        if let announced, collected.readableBytes != announced { throw endedEarly(cause: nil) }
        return CollectedBody(bytes: collected, reservation: reservation)
    }

    /// Memory for bytes that have arrived: four times as much, so that few of them are copied again, and never more
    /// than was announced.
    static func capacity(for needed: Int, announced: Int?) -> Int {
        Swift.max(needed, Swift.min(announced ?? .max, 4 * needed))
    }

    private static func contentLength(of request: Request) throws(HearthError) -> Int? {
        guard let text = request.headers[.contentLength] else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw HearthError(.invalidRequest, "Content-Length is not a number.")
        }
        return length
    }

    private static func tooLarge(limit: Int) -> HearthError {
        HearthError(.bodyTooLarge, "The body is longer than \(limit) bytes.", hint: "At most \(limit) bytes are read.")
    }

    private static func endedEarly(cause: (any Error)?) -> HearthError {
        HearthError(.invalidRequest, "The connection ended before the whole body had arrived.", cause: cause)
    }
}

extension Picture {
    /// A picture in the memory that it was received in; nothing is copied.
    package convenience init(sharing buffer: ByteBuffer) { self.init(Data(sharing: buffer), storage: buffer) }
}

extension Data {
    /// The readable bytes of a buffer in the buffer's own memory, which lives as long as the data does.
    package init(sharing buffer: ByteBuffer) {
        self = buffer.readableBytes == 0 ? Data() : Data(buffer: buffer, byteTransferStrategy: .noCopy)
    }
}
