import Crypto
import HTTPTypes
import HearthCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

import struct Foundation.Data

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
    static func responseHeaders(for request: HTTPRequest, extra: HTTPFields) throws -> HTTPHeaders {
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
        var headers = HTTPHeaders(extra)
        headers.add(name: "Upgrade", value: "websocket")
        headers.add(name: "Connection", value: "upgrade")
        headers.add(name: "Sec-WebSocket-Accept", value: answer(to: key))
        return headers
    }

    /// What proves to the client that its key was read by someone who speaks WebSocket.
    static func answer(to key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
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
