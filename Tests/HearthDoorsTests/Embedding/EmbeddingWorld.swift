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
import Testing

@testable import HearthDoors

/// The embedding doors over a scripted engine, without a socket.
struct EmbeddingWorld: Sendable {
    /// An answer as its client reads it.
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let body: Data
        let json: JSONValue

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The smallest PNG: one pixel.
    static let pixelText =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    static let pixel = Data(base64Encoded: pixelText) ?? Data()

    static let textModel: ModelStatus = {
        var model = ModelStatus.ready("all-minilm-l6-v2", .textEmbedding, dims: 4)
        model.aliases = ["text-embedding-3-small"]
        return model
    }()
    static let imageModel = ModelStatus.ready("mobilenet", .imageEmbedding, dims: 4)

    /// Requests as the engine got them.
    let asked = Locked<[EmbeddingRequest]>([])
    /// Bytes that the budget held at each of them.
    let held = Locked<[Int]>([])
    let loads = Locked<[String]>([])
    let budget = BodyBudget(limit: 4 << 20)
    let metrics = MetricsRegistry()
    private let responder: any HTTPResponder<DoorContext>

    /// - Parameter answer: nil: ``vector(of:)``.
    init(
        models: [ModelStatus] = [imageModel, textModel], fetcher: (any PictureFetcher)? = nil,
        answer: (@Sendable (EmbeddingRequest) async throws -> EmbeddingResult)? = nil
    ) {
        let (asked, held, loads, budget) = (asked, held, loads, budget)
        var engine = ScriptedEngine(models, anchorModel: models.first?.id) { request in
            // Whoever gives the budget back too early has done so by now.
            await Task.yield()
            asked.withLock { $0.append(request) }
            held.withLock { $0.append(budget.bytesInFlight) }
            if let answer { return try await answer(request) }
            return Self.vector(of: request)
        }
        engine.loading = { model, keepAlive in
            loads.withLock { $0.append("\(model) \(keepAlive?.text ?? "as before")") }
        }
        let router = Router(context: DoorContext.self)
        router.add(
            middleware: ErrorMiddleware(
                allowedMethods: EmbeddingDoor.allowedMethods,
                shape: { EmbeddingDoor.errorShape(at: $0) ?? .hearth }))
        EmbeddingDoor(
            service: EmbeddingService(engine: engine), budget: budget, metrics: metrics, fetcher: fetcher
        ).add(to: router)
        responder = router.buildResponder()
    }

    /// 3, 4 and the input's length: not of length 1, so that cutting and scaling show.
    static func vector(of request: EmbeddingRequest) -> EmbeddingResult {
        let count = request.input.byteCount
        let model = request.input.modality == .text ? textModel : imageModel
        var result = EmbeddingResult.of([0.6, 0.8, 0, 0], by: model, tokens: model.maximumTokens == nil ? 0 : count)
        result.norm = Float(count)
        result.timings = InferenceTimings(
            decode: .milliseconds(2), queue: .milliseconds(30), compute: .milliseconds(5), batch: 3)
        return result
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, type: String? = "application/json", body: Data = Data(),
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var logger = DoorServer.quiet
        logger[metadataKey: "hb.request.id"] = "r"  // the server sets it
        var context = DoorContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        context.principal = .local
        var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
        if let type { head.headerFields[.contentType] = type }
        for (name, value) in headers { head.headerFields[try #require(HTTPField.Name(name))] = value }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let response = try await responder.respond(to: request, context: context)
        let collected = Locked(Data())
        try await response.body.write(Collector(bytes: collected))
        let bytes = collected.withLock { $0 }
        return Answer(
            status: response.status.code, headers: response.headers, body: bytes,
            json: (try? JSONParser.read(bytes)) ?? .null)
    }

    func post(_ path: String, _ json: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send(.post, path, body: Data(json.utf8), headers: headers)
    }

    func get(_ path: String) async throws -> Answer { try await send(.get, path, type: nil) }

    /// vLLM's request for one message with these parts, and the part of a picture.
    static func message(_ parts: String) -> String {
        #"{"messages": [{"role": "user", "content": [\#(parts)]}]}"#
    }

    static func picturePart(_ url: String) -> String { #"{"type": "image_url", "image_url": {"url": "\#(url)"}}"# }

    /// The inputs that the engine was asked for.
    var inputs: [EmbeddingInput] { asked.withLock { $0.map(\.input) } }

    /// A form with parts in their order.
    static func form(_ parts: [(name: String, content: Data)]) -> Data {
        var body = Data()
        for (name, content) in parts {
            body += Data("--b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"f\"\r\n\r\n".utf8)
            body += content + Data("\r\n".utf8)
        }
        return body + Data("--b--\r\n".utf8)
    }

    private struct Collector: ResponseBodyWriter {
        let bytes: Locked<Data>

        mutating func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { $0 += Data(buffer.readableBytesView) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
