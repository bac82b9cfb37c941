import HTTPTypes
import HearthCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// The opening handshake of RFC 6455, section 4.2.
enum WebSocketHandshake {
    /// Whether `request` asks for a WebSocket.
    static func isAsked(by request: HTTPRequest) -> Bool {
        guard let upgrade = request.headerFields[.upgrade] else { return false }
        return request.method == .get && lists(upgrade, "websocket")
            && lists(request.headerFields[.connection] ?? "", "upgrade")
    }

    /// All headers of the `101` response to `request`, `extra` among them.
    /// - Throws: ``HearthError`` `upgrade_required` for another version, `invalid_request` for a bad key.
    static func responseHeaders(
        for request: HTTPRequest, extra: HTTPFields, channel: any Channel
    ) async throws -> HTTPHeaders {
        guard request.headerFields[.secWebSocketVersion] == "13" else {
            throw HearthError(
                .upgradeRequired, "This WebSocket version is not spoken here.",
                hint: "Send Sec-WebSocket-Version: 13.")
        }
        guard ["0", nil].contains(request.headerFields[.contentLength]),
            !request.headerFields.contains(.transferEncoding)
        else {
            throw HearthError(.invalidRequest, "A request for a WebSocket has no body.")
        }
        let keys = request.headerFields[values: .secWebSocketKey]
        guard let key = keys.first, keys.count == 1, isKey(key) else {
            throw HearthError(
                .invalidRequest, "Sec-WebSocket-Key is not a key.", hint: "Send 16 random bytes in base64.")
        }
        // NIO's upgrader hashes the key; the rest of its work is done by the door itself.
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders(extra)) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"])
        return try await upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders()
        ).get()
    }

    /// 16 bytes in base64 are 22 characters and two equals signs.
    private static func isKey(_ key: String) -> Bool {
        let bytes = key.utf8
        return bytes.count == 24 && bytes.suffix(2).elementsEqual("==".utf8)
            && bytes.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }

    /// Whether the comma-separated list has `token`, in any case.
    private static func lists(_ list: String, _ token: String) -> Bool {
        list.split(separator: ",").contains { item in
            item.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == token
        }
    }
}
