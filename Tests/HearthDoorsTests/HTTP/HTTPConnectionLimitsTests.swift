import HearthCore
import HearthHTTP
import Testing

/// The doors have no numbers of their own.
@Suite struct HTTPConnectionLimitsTests {
    @Test func whatAProductKeepsToStandsInTheOneListOfLimits() {
        let limits = HTTPConnectionLimits.standard
        #expect(limits.requestArrival == Limits.requestArrival)
        #expect([limits.idleConnection, limits.writeStall] == [Limits.idleConnection, Limits.idleConnection])
        #expect(limits.linger == Limits.linger)
        #expect([limits.headerBytes, limits.headerFields] == [Limits.headerBytes, Limits.headerFields])
        #expect(limits.webSocket.messageBytes == Limits.plainBodyBytes)
        #expect(limits.webSocket.bufferedMessages == Limits.webSocketBacklog)
        #expect(limits.webSocket.pingInterval == Limits.webSocketPing)
        #expect(limits.webSocket.pongTimeout == Limits.webSocketPong)
        #expect(limits.webSocket.closeTimeout == Limits.webSocketClose)
    }
}
