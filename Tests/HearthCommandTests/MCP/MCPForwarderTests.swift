import Foundation
import HearthCore
import HearthDoors
import HearthJSON
import HearthTesting
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import HearthCommand

/// Requests whose connection breaks off before, within and behind the answer.
@Suite(.timeLimit(.minutes(3))) struct MCPForwarderTests {
    private static let answer = #"{"jsonrpc":"2.0","id":1,"result":{}}"#
    private static let news = #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.5}}"#

    /// What comes of a request to a server that does one thing after the other.
    private struct Outcome {
        var messages: [String] = []
        var error: HearthError?
        var requests: [JSONValue] = []
    }

    private func send(
        _ repetition: MCPRepetition, to replies: [CuttingServer.Reply]
    ) async throws -> Outcome {
        let server = try await CuttingServer(replies)
        defer { server.stop() }
        let folder = try TemporaryFolder(.memory)
        let settings = try await Settings.resolve(
            flags: [:], environment: ["HEARTH_DATA": folder.path, "HEARTH_URL": server.url])
        let forwarder = try MCPForwarder(settings, ServerFinder(settings, program: "/nowhere"))
        let request = try MCPRequest(
            .number(1), method: "tools/call", params: ["name": "get_job", "_meta": ["progressToken": "t"]],
            agreed: .november2025)
        let messages = Locked<[String]>([])
        var outcome = Outcome()
        do {
            try await forwarder.send(request, repetition) { message in
                messages.withLock { $0.append(String(decoding: message, as: UTF8.self)) }
            }
        } catch let error as HearthError { outcome.error = error }
        outcome.messages = messages.withLock { $0 }
        outcome.requests = server.requests
        return outcome
    }

    @Test func whatReadsIsSentOnceMoreWithoutAskingForProgress() async throws {
        for cut in [CuttingServer.Reply.nothing, .events([Self.news]), .ended([Self.news]), .ended([]), .half] {
            let outcome = try await send(.byItself, to: [cut, .json(Self.answer)])
            #expect(outcome.error == nil && outcome.messages.last == Self.answer, "\(cut)")
            #expect(outcome.requests.count == 2)
            #expect(outcome.requests.first?["params"]?["_meta"]?["progressToken"] == "t")
            #expect(outcome.requests.last?["params"]?["_meta"]?["progressToken"] == nil, "it would not rise")
        }
    }

    @Test func whatReadsIsNotSentAThirdTime() async throws {
        let outcome = try await send(.byItself, to: [.nothing, .nothing, .json(Self.answer)])
        #expect(outcome.error?.code == .storageUnavailable && outcome.requests.count == 2)
        #expect(outcome.messages.isEmpty)
    }

    @Test(arguments: [MCPRepetition.byCaller, .afterLooking])
    func whatWritesIsNotSentAgain(repetition: MCPRepetition) async throws {
        for cut in [CuttingServer.Reply.nothing, .half, .ended([Self.news])] {
            let outcome = try await send(repetition, to: [cut, .json(Self.answer)])
            #expect(outcome.error?.hint == repetition.lost.hint && outcome.requests.count == 1, "\(cut)")
        }
    }

    @Test func aStreamThatBreaksOffBehindItsAnswerHasAnswered() async throws {
        let outcome = try await send(.byItself, to: [.events([Self.news, Self.answer]), .json(Self.answer)])
        #expect(outcome.error == nil && outcome.messages == [Self.news, Self.answer], "one answer, not two")
        #expect(outcome.requests.count == 1)
    }
}

/// A server that answers one request after the other as it is told, and closes each connection.
private final class CuttingServer: Sendable {
    /// What becomes of a request.
    enum Reply: Sendable {
        /// The connection is closed.
        case nothing
        /// A whole answer.
        case json(String)
        /// The beginning of one.
        case half
        /// Events, without the end of their stream.
        case events([String])
        /// Events and the end of their stream, as a server sends that stops in order.
        case ended([String])
    }

    private struct State {
        var replies: [Reply]
        var requests: [JSONValue] = []
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private var body = ByteBuffer()
        private let reply: @Sendable (ByteBuffer) -> Reply

        init(_ reply: @escaping @Sendable (ByteBuffer) -> Reply) { self.reply = reply }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head: break
            case .body(var bytes): body.writeBuffer(&bytes)
            case .end:
                for part in Self.parts(of: reply(body)) { context.write(wrapOutboundOut(part), promise: nil) }
                context.flush()
                context.close(promise: nil)
            }
        }

        private static func parts(of reply: Reply) -> [HTTPServerResponsePart] {
            switch reply {
            case .nothing: []
            case .json(let text):
                begun(text, ["content-type": "application/json", "content-length": "\(text.utf8.count)"]) + [.end(nil)]
            case .half: begun("{", ["content-type": "application/json", "content-length": "99"])
            case .events(let events): stream(of: events)
            case .ended(let events): stream(of: events) + [.end(nil)]
            }
        }

        private static func stream(of events: [String]) -> [HTTPServerResponsePart] {
            begun(
                events.map { "data: \($0)\n\n" }.joined(),
                ["content-type": "text/event-stream", "transfer-encoding": "chunked"])
        }

        private static func begun(_ text: String, _ headers: HTTPHeaders) -> [HTTPServerResponsePart] {
            [
                .head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)),
                .body(.byteBuffer(ByteBuffer(string: text))),
            ]
        }
    }

    private let channel: any Channel
    private let state: Locked<State>

    init(_ replies: [Reply]) async throws {
        let state = Locked(State(replies: replies))
        self.state = state
        let reply: @Sendable (ByteBuffer) -> Reply = { body in
            let request = (try? JSONParser.read(Data(body.readableBytesView))) ?? .null
            return state.withLock { state in
                state.requests.append(request)
                return state.replies.isEmpty ? .nothing : state.replies.removeFirst()
            }
        }
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(Handler(reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    /// Messages that have come.
    var requests: [JSONValue] { state.withLock { $0.requests } }

    func stop() { channel.close(promise: nil) }
}
