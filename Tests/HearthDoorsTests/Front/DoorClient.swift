import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded

@testable import HearthDoors

/// Requests to doors as the front serves them, with admission and error shapes, but without a socket.
struct DoorClient: Sendable {
    /// What came back.
    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: Data
        var text: String { String(decoding: body, as: UTF8.self) }
        /// Null when the body is no JSON.
        var json: JSONValue { (try? JSONParser.read(body)) ?? .null }
        var code: String? { json["error"]?["code"]?.stringValue }
    }

    /// Collects a response's body.
    private struct Collector: ResponseBodyWriter {
        let collected: Locked<Data>

        mutating func write(_ buffer: ByteBuffer) async throws {
            collected.withLock { $0 += Data(buffer.readableBytesView) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    let routing: DoorRouting
    private let responder: any HTTPResponder<BasicRequestContext>
    private let logger: Logger
    private let principals = Locked<[String: Principal]>([:])

    init(
        _ doors: [any Door], budget: BodyBudget = BodyBudget(), deflater: (any ContentDeflater)? = nil,
        allowsOrigin: @escaping CrossOrigin.Rule = { _ in false }, logger: Logger = DoorServer.quiet
    ) throws {
        self.logger = logger
        let principals = principals
        let admission = Admission(metrics: MetricsRegistry()) { head, _ in
            let name = head.headerFields[.authorization] ?? ""
            return Caller(principals.withLock { $0[name] } ?? .local)
        }
        routing = try DoorRouting(
            doors, admission: admission, budget: budget, deflater: deflater, allowsOrigin: allowsOrigin)
        responder = routing.router().buildResponder()
    }

    /// - Parameter pieces: the body as it arrives; nil: in one piece.
    func send(
        _ method: HTTPRequest.Method, _ path: String, body: Data = Data(), type: String? = "application/json",
        headers: HTTPFields = [:], pieces: Int? = nil, as principal: Principal = .local
    ) async throws -> Answer {
        var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
        head.headerFields = headers
        head.headerFields[.contentType] = type
        let name = "\(principal.tenant.rawValue) \(principal.permission)"
        head.headerFields[.authorization] = name
        principals.withLock { $0[name] = principal }
        let request = Request(head: head, body: Self.body(body, pieces: pieces))
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        let response = try await responder.respond(to: request, context: context)
        let collected = Locked(Data())
        try await response.body.write(Collector(collected: collected))
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: collected.withLock { $0 })
    }

    private static func body(_ bytes: Data, pieces: Int?) -> RequestBody {
        guard let pieces else { return RequestBody(buffer: ByteBuffer(bytes: bytes)) }
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let from = bytes.startIndex + start
            continuation.yield(ByteBuffer(bytes: bytes[from..<min(from + pieces, bytes.endIndex)]))
        }
        continuation.finish()
        return RequestBody(asyncSequence: stream)
    }
}
