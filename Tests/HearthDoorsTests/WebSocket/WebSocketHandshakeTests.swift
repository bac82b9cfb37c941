import HTTPTypes
import HearthCore
import HearthHTTP
import Testing

/// Upgrade requests that do not become WebSockets.
@Suite(.timeLimit(.minutes(3)))
struct WebSocketHandshakeTests {
    private static func answer(to request: String) async throws -> RawResponse? {
        let (responses, response) = AsyncStream<RawResponse>.makeStream()
        try await DoorServer.run(shouldUpgrade: { head in
            switch head.path {
            case "/ws": .accept { _ in }
            case "/refused": .refuse(HearthError(.unauthorized, "Who are you?"))
            default: .notWebSocket
            }
        }) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(request)
                response.yield(await client.readResponse())
            }
        }
        var iterator = responses.makeAsyncIterator()
        return await iterator.next()
    }

    @Test func aRefusalIsAnOrdinaryErrorResponse() async throws {
        let response = try await Self.answer(to: WebSocketClient.request("/refused"))
        #expect(response?.status == 401)
        #expect(response?.errorCode == "unauthorized")
    }

    @Test func whatIsNoWebSocketIsAnsweredByTheRoutes() async throws {
        #expect(try await Self.answer(to: WebSocketClient.request("/hello"))?.body == "hello")
        #expect(try await Self.answer(to: WebSocketClient.request("/nowhere"))?.errorCode == "not_found")
    }

    @Test func anotherVersionIsToldWhichIsSpoken() async throws {
        let response = try await Self.answer(to: WebSocketClient.request("/ws", version: "8"))
        #expect(response?.status == 426)
        #expect(response?.errorCode == "upgrade_required")
        #expect(response?.header("sec-websocket-version") == "13")
    }

    @Test(arguments: ["", "short==", "dGhlIHNhbXBsZSBub25jZQ=a", "dGhlIHNhbXBsZSBub25jZ !=="])
    func aKeyThatIsNoneIsRefused(key: String) async throws {
        let response = try await Self.answer(to: WebSocketClient.request("/ws", key: key))
        #expect(response?.status == 400)
        #expect(response?.errorCode == "invalid_request")
    }

    @Test func anUpgradeWithABodyIsNotOne() async throws {
        let request =
            WebSocketClient.request("/ws").replacing("Host: test", with: "Host: test\r\nContent-Length: 3") + "abc"
        let response = try await Self.answer(to: request)
        #expect(response?.status == 400)
    }
}
