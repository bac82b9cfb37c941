import NIOCore
import NIOWebSocket

/// A WebSocket client's frames by hand over ``RawClient``: right or wrong, as a test wants them.
struct WebSocketClient: Sendable {
    let raw: RawClient

    /// The example of RFC 6455, section 1.3, and the answer it names.
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    static func request(_ path: String, key: String = key, version: String = "13") -> String {
        "GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
            + "Sec-WebSocket-Version: \(version)\r\nSec-WebSocket-Key: \(key)\r\n\r\n"
    }

    /// A frame as the server sent it.
    struct Frame: Equatable {
        var opcode: UInt8
        var isFinal = true
        var payload: ByteBuffer

        var text: String { String(buffer: payload) }

        /// A close frame's code; 0 when it has none.
        var closeCode: UInt16 { payload.getInteger(at: payload.readerIndex) ?? 0 }
        var closeReason: String { String(decoding: payload.readableBytesView.dropFirst(2), as: UTF8.self) }
    }

    /// Connects and upgrades; the frames follow.
    @concurrent static func connect(
        to address: DoorServer.Address, path: String = "/ws", _ body: @Sendable (WebSocketClient) async throws -> Void
    ) async throws {
        try await RawClient.connect(to: address) { raw in
            await raw.send(request(path))
            let response = await raw.read(through: "\r\n\r\n")
            guard response.hasPrefix("HTTP/1.1 101") else { throw Refused(response: response) }
            try await body(WebSocketClient(raw: raw))
        }
    }

    struct Refused: Error { let response: String }

    /// The bytes of a frame; a client masks, unless a test wants it wrong.
    static func bytes(
        _ opcode: UInt8, _ payload: ByteBuffer, isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger((isFinal ? 0x80 : 0) | reserved | opcode)
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.readableBytes {
        case ...125: frame.writeInteger(mask | UInt8(payload.readableBytes))
        case ...0xFFFF:
            frame.writeInteger(mask | 126)
            frame.writeInteger(UInt16(payload.readableBytes))
        default:
            frame.writeInteger(mask | 127)
            frame.writeInteger(UInt64(payload.readableBytes))
        }
        guard isMasked else {
            frame.writeImmutableBuffer(payload)
            return frame
        }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        frame.writeBytes(key)
        frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ key[$0 % 4] })
        return frame
    }

    func send(_ opcode: UInt8, _ text: String, isFinal: Bool = true) async {
        await raw.send(Self.bytes(opcode, ByteBuffer(string: text), isFinal: isFinal))
    }

    func sendClose(_ code: UInt16, _ reason: String = "") async {
        var payload = ByteBuffer()
        payload.writeInteger(code)
        payload.writeString(reason)
        await raw.send(Self.bytes(8, payload))
    }

    /// The next frame; nil at the end of the connection. Server frames are never masked.
    func receive() async -> Frame? {
        guard var head = await raw.read(2), let first = head.readInteger(as: UInt8.self),
            let second = head.readInteger(as: UInt8.self), second & 0x80 == 0
        else { return nil }
        var length = Int(second)
        if length == 126 {
            guard var bytes = await raw.read(2), let long = bytes.readInteger(as: UInt16.self) else { return nil }
            length = Int(long)
        } else if length == 127 {
            guard var bytes = await raw.read(8), let long = bytes.readInteger(as: UInt64.self) else { return nil }
            length = Int(long)
        }
        guard let payload = await raw.read(length) else { return nil }
        return Frame(opcode: first & 0x0F, isFinal: first & 0x80 != 0, payload: payload)
    }
}
