import Foundation
import HearthCore
package import HearthJSON
package import NIOCore

/// What front and worker say to each other over the worker's unix socket (HTTP/1.1).
///
/// `POST /answer`: a message for each request; the answer has a message for each of them, in their order, that holds
/// the answer or says why there is none. `POST /load`, `POST /unload`: names in the query, the worker's new state as
/// answer. `GET /status`: `EngineStatus` as JSON. `GET /metrics`: its metrics as text. What fails as a whole is
/// Hearth's error shape.
package enum InferenceWire {
    package static let answerPath = "/answer"
    package static let loadPath = "/load"
    package static let unloadPath = "/unload"
    package static let statusPath = "/status"
    package static let metricsPath = "/metrics"

    /// A JSON header and any number of payloads.
    ///
    /// On the wire: `u32` length and bytes of the header, `u32` number of payloads, then `u32` length and bytes of
    /// each; numbers are little-endian.
    package struct Message: Sendable, Equatable {
        package var header: JSONValue
        package var payloads: [ByteBuffer]

        package init(_ header: JSONValue, payloads: [ByteBuffer] = []) {
            self.header = header
            self.payloads = payloads
        }
    }

    /// The bytes of messages in pieces, to be sent one behind the other.
    ///
    /// A payload of ``Limits/copiedPayloadBytes`` or more is a piece of its own and shares its storage: it is not
    /// copied. Smaller ones are gathered, because each piece costs a part of a system call.
    package static func encode(_ messages: [Message]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var gathered = ByteBuffer()
        for message in messages {
            let header = message.header.encoded()
            gathered.writeInteger(UInt32(clamping: header.count), endianness: .little)
            gathered.writeBytes(header)
            gathered.writeInteger(UInt32(clamping: message.payloads.count), endianness: .little)
            for payload in message.payloads {
                gathered.writeInteger(UInt32(clamping: payload.readableBytes), endianness: .little)
                guard payload.readableBytes >= Limits.copiedPayloadBytes else {
                    gathered.writeImmutableBuffer(payload)
                    continue
                }
                pieces += [gathered, payload]
                gathered = ByteBuffer()
            }
        }
        if gathered.readableBytes > 0 { pieces.append(gathered) }
        return pieces
    }

    /// The messages in a body; their payloads are slices of it.
    /// - Throws: ``HearthError`` `invalid_request` when the bytes are no messages.
    package static func decode(_ body: ByteBuffer) throws -> [Message] {
        var messages: [Message] = []
        var rest = body
        func next() throws(HearthError) -> ByteBuffer {
            guard let length = rest.readInteger(endianness: .little, as: UInt32.self),
                let bytes = rest.readSlice(length: Int(length))
            else { throw malformed }
            return bytes
        }
        while rest.readableBytes > 0 {
            let header = try next().json()
            guard let count = rest.readInteger(endianness: .little, as: UInt32.self),
                // Each payload has a length of four bytes: nothing is allocated for a number that cannot be true.
                Int(count) <= rest.readableBytes / 4
            else { throw malformed }
            messages.append(Message(header, payloads: try (0..<count).map { _ in try next() }))
        }
        return messages
    }

    static let malformed = HearthError(.invalidRequest, "The message is malformed, or not whole.")
}

extension ByteBuffer {
    // Both ends are on one machine, and both kinds of machine that Hearth runs on are little-endian.

    /// The readable bytes as JSON.
    /// - Throws: ``HearthError`` `invalid_request`.
    func json() throws -> JSONValue { try withUnsafeReadableBytes { try JSONParser.read($0) } }

    /// The bytes of numbers.
    init<Element: BitwiseCopyable>(numbers: [Element]) {
        self = numbers.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    /// The numbers in the readable bytes; their count is a multiple of the size of one.
    func numbers<Element: BitwiseCopyable>(of type: Element.Type) throws(HearthError) -> [Element] {
        let size = MemoryLayout<Element>.size
        guard readableBytes.isMultiple(of: size) else { throw InferenceWire.malformed }
        return withUnsafeReadableBytes { bytes in
            [Element](unsafeUninitializedCapacity: bytes.count / size) { numbers, count in
                UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
                count = bytes.count / size
            }
        }
    }
}
