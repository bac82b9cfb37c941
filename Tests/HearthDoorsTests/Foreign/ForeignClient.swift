import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded

@testable import HearthDoors

/// Requests to the foreign door as a client sends them, without a socket.
struct ForeignClient {
    /// What came back.
    struct Answer {
        var status: Int
        var headers: HTTPFields
        var text: String
        /// Null when the body is no JSON.
        var json: JSONValue
    }

    /// Collects a response's body.
    private struct Collector: ResponseBodyWriter {
        let collected: Locked<ByteBuffer>

        mutating func write(_ buffer: ByteBuffer) async throws {
            collected.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    /// A picture three pixels wide and two high, in base64.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAFUlEQVR42mM8wcXFwMDAwMDAxAADABByAOCYMRP0AAAAAElFTkSuQmCC"

    let budget = BodyBudget(limit: 1 << 25)
    let clock = ManualClock()
    let engine: ScriptedEngine
    var principal = Principal.local

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", type: String = "application/json",
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await send(method, path, Array(body.utf8), type: type, headers: headers)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], type: String, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let door = ForeignDoor(service: EmbeddingService(engine: engine), budget: budget, clock: clock)
        let router = Router(context: DoorContext.self)
        router.add(
            middleware: ErrorMiddleware(
                allowedMethods: door.allowedMethods, shape: { door.errorShape(at: $0) ?? .hearth }))
        door.add(to: router)
        var logger = DoorServer.quiet
        logger[metadataKey: "hb.request.id"] = "r"  // the server sets it
        var context = DoorContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        context.principal = principal
        var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
        head.headerFields = headers
        head.headerFields[.contentType] = type
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let response = try await router.buildResponder().respond(to: request, context: context)
        let collected = Locked(ByteBuffer())
        try await response.body.write(Collector(collected: collected))
        let text = collected.withLock { String(buffer: $0) }
        return Answer(
            status: Int(response.status.code), headers: response.headers, text: text,
            json: (try? JSONParser.read(Data(text.utf8))) ?? .null)
    }
}
