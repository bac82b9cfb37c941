import HTTPTypes
import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import HearthDoors

/// HTTP and WebSockets come in by the same admission.
@Suite struct AdmissionTests {
    private struct TestDoor: Door {
        let answer: @Sendable (DoorCall) async throws -> Void

        var routes: [DoorRoute] {
            func route(_ path: String, _ access: DoorRoute.Access) -> DoorRoute {
                DoorRoute(
                    .get, path, access: access, refusesUnknownQuery: false,
                    describe: OpenAPIEntry(path, "", answer: nil)
                ) { call in
                    try await answer(call)
                    return Response(status: .ok)
                }
            }
            return [
                route("/open", .everyone), route("/read", .credential(.read)), route("/write", .credential(.write)),
                route("/optional", .optionalCredential),
                DoorRoute(
                    socket: "/socket/{name}",
                    describe: OpenAPIEntry(
                        "socket", "", parameters: [OpenAPIEntry.queryCount("since", "")], answer: nil)
                ) { call in
                    try await answer(call)
                    guard try call.parameter("name") == "a b" else { throw HearthError(.notFound, "No such name.") }
                    return .accept { _ in }
                },
            ]
        }
    }

    /// A request with it comes by a key of lower rank.
    private static let reader = HTTPField.Name("X-Test-Reader")
    private let callers = Locked<[String]>([])

    private func routing(
        limit: Int = 10, _ answer: @escaping @Sendable (DoorCall) async throws -> Void = { _ in }
    ) throws -> DoorRouting {
        let policy = AccessPolicy(settingsKey: Secret("secret"))
        let admission = Admission(metrics: MetricsRegistry(), limit: limit) { head, isOptional in
            var caller = try await policy.caller(of: head, isOptional: isOptional)
            guard AdmissionTests.reader.map({ head.headerFields.contains($0) }) == true else { return caller }
            caller.principal = Principal(tenant: caller.principal.tenant, permission: .read)
            return caller
        }
        let door = TestDoor { [callers] call in
            callers.withLock { $0.append("\(call.tenant.rawValue) \(call.principal.permission)") }
            try await answer(call)
        }
        return try DoorRouting([door], admission: admission, budget: BodyBudget())
    }

    private func head(_ path: String, key: String?, origin: String? = nil, reader: Bool = false) -> HTTPRequest {
        var head = HTTPRequest(method: .get, scheme: "http", authority: "test", path: path)
        head.headerFields[.authorization] = key.map { "Bearer \($0)" }
        head.headerFields[.origin] = origin
        if reader, let name = Self.reader { head.headerFields[name] = "true" }
        return head
    }

    private func status(_ head: HTTPRequest, _ routing: DoorRouting) async throws -> Int {
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        return try await routing.router().buildResponder().respond(to: request, context: context).status.code
    }

    /// 101 when it is accepted.
    private func socketStatus(_ head: HTTPRequest, _ routing: DoorRouting) async -> Int {
        switch await routing.decide(head, logger: DoorServer.quiet) {
        case .accept: 101
        case .refuse(let error, let status, _): status?.code ?? ErrorTable.status(for: error.code).code
        case .notWebSocket: 0
        }
    }

    @Test func aRouteSaysWhoMayCall() async throws {
        let routing = try routing()
        #expect(try await status(head("/open", key: nil), routing) == 200)
        #expect(try await status(head("/open", key: "guess"), routing) == 200)
        #expect(try await status(head("/read", key: nil), routing) == 401)
        #expect(try await status(head("/read", key: "guess"), routing) == 401)
        #expect(try await status(head("/read", key: "secret"), routing) == 200)
        #expect(try await status(head("/write", key: "secret"), routing) == 200)
        #expect(try await status(head("/write", key: "secret", reader: true), routing) == 403)
        #expect(try await status(head("/read", key: "secret", reader: true), routing) == 200)
        #expect(try await status(head("/read", key: "secret", origin: "https://evil.example"), routing) == 403)
    }

    @Test(arguments: ["/optional", "/optional/", "//optional", "/optional?a=b"])
    func anOptionalCredentialReads(path: String) async throws {
        let routing = try routing()
        #expect(try await status(head(path, key: nil), routing) == 200)
        #expect(callers.withLock { $0 } == ["local read"])
        #expect(try await status(head(path, key: "guess"), routing) == 401)
    }

    @Test func noOtherPathIsReachedWithoutACredential() async throws {
        let routing = try routing()
        for path in ["/optional/../read", "/OPTIONAL", "/optionalx", "/x/optional", "/read/optional", "/%2Foptional"] {
            let answer = try await status(head(path, key: nil), routing)
            #expect([401, 404].contains(answer), "\(path): \(answer)")
        }
        #expect(callers.withLock { $0.isEmpty })
    }

    @Test func whoIsEveryoneOwnsNothing() async throws {
        #expect(try await status(head("/open", key: "secret"), routing()) == 200)
        #expect(callers.withLock { $0 } == [" read"])
    }

    @Test func aWebSocketNeedsTheSameCredential() async throws {
        let routing = try routing()
        #expect(await socketStatus(head("/socket/a%20b", key: "secret"), routing) == 101)
        #expect(await socketStatus(head("/socket/a%20b?since=3", key: "secret"), routing) == 101)
        #expect(await socketStatus(head("/socket/a%20b", key: nil), routing) == 401)
        #expect(await socketStatus(head("/socket/a%20b", key: "guess"), routing) == 401)
        #expect(await socketStatus(head("/socket/a", key: "secret", origin: "https://evil.example"), routing) == 403)
        #expect(await socketStatus(head("/socket/c", key: "secret"), routing) == 404)
        #expect(await socketStatus(head("/read", key: "secret"), routing) == 0, "an ordinary route")
    }

    @Test func aSocketsPathToldWithoutAnUpgradeSaysSo() async throws {
        #expect(try await status(head("/socket/a%20b", key: "secret"), routing()) == 426)
    }

    /// Six hundred clients that send a byte a second must not turn everyone else away.
    @Test func aRequestWhoseBodyIsAwaitedTakesNoPlace() async throws {
        struct BodyDoor: Door {
            var routes: [DoorRoute] {
                [
                    DoorRoute(.post, "/take", body: .json(), describe: OpenAPIEntry("take", "", answer: nil)) { call in
                        let body = try await call.collectBody()
                        return Response(status: .ok, headers: [.contentLength: "\(body.bytes.readableBytes)"])
                    }
                ]
            }
        }
        let admission = Admission(metrics: MetricsRegistry(), limit: 1) { _, _ in Caller(.local) }
        let responder = try DoorRouting([BodyDoor()], admission: admission, budget: BodyBudget()).router()
            .buildResponder()
        func send(_ body: RequestBody) async throws -> Int {
            var head = HTTPRequest(method: .post, scheme: "http", authority: "test", path: "/take")
            head.headerFields[.contentLength] = "2"
            let context = BasicRequestContext(
                source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
            return try await responder.respond(to: Request(head: head, body: body), context: context).status.code
        }
        // Each has sent one byte, and sends the other when the test says so.
        let gate = TestGate()
        @Sendable func slow() -> RequestBody {
            let rest = Locked(["{", "}"])
            return RequestBody(
                asyncSequence: AsyncThrowingStream<ByteBuffer, any Error> {
                    let next = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    if next == "}" { try await gate.pass() }
                    return next.map { ByteBuffer(string: $0) }
                })
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for count in 1...3 {
                group.addTask { try await send(slow()) }
                try await eventually("its body is awaited") { gate.arrivals == count }
            }
            #expect(try await send(RequestBody(buffer: ByteBuffer(string: "{}"))) == 200)
            gate.open()
            for try await status in group { #expect(status == 200, "who was admitted stays admitted") }
        }
    }

    @Test func requestsAndWebSocketsShareTheLimit() async throws {
        let (holding, hold) = AsyncStream.makeStream(of: Void.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let routing = try routing(limit: 1) { call in
            guard call.request.uri.path == "/read" else { return }
            start.yield()
            for await _ in holding {}
        }
        async let first = status(head("/read", key: "secret"), routing)
        var iterator = started.makeAsyncIterator()
        _ = await iterator.next()
        #expect(try await status(head("/write", key: "secret"), routing) == 429)
        #expect(await socketStatus(head("/socket/a%20b", key: "secret"), routing) == 429)
        #expect(try await status(head("/open", key: nil), routing) == 200, "whether it is alive is always told")
        hold.finish()
        #expect(try await first == 200)
        #expect(await socketStatus(head("/socket/a%20b", key: "secret"), routing) == 101, "a place is free again")
    }
}
