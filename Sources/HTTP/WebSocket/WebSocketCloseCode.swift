/// Why a WebSocket ends (RFC 6455, section 7.4).
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt16) { rawValue = value }

    package static let normal: WebSocketCloseCode = 1000
    package static let goingAway: WebSocketCloseCode = 1001
    package static let protocolError: WebSocketCloseCode = 1002
    package static let unsupportedData: WebSocketCloseCode = 1003
    /// Said of a close frame without a code; never sent.
    package static let noCode: WebSocketCloseCode = 1005
    /// Said of a connection that ended without a closing handshake; never sent.
    package static let abnormal: WebSocketCloseCode = 1006
    package static let invalidText: WebSocketCloseCode = 1007
    package static let policyViolation: WebSocketCloseCode = 1008
    package static let messageTooBig: WebSocketCloseCode = 1009
    package static let internalError: WebSocketCloseCode = 1011
    package static let tryAgainLater: WebSocketCloseCode = 1013

    /// Whether a close frame may carry it (RFC 6455, section 7.4.2, and the IANA registry).
    package var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
