import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthTesting
import Testing

@testable import HearthDoors

/// The embedding doors over a scripted engine, without a socket.
struct EmbeddingWorld: Sendable {
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
    let asked = Locked<[InferenceRequest]>([])
    /// Bytes that the budget held at each of them.
    let held = Locked<[Int]>([])
    let loads = Locked<[String]>([])
    /// How many inputs each call to the engine brought.
    let batches: Locked<[Int]>
    let budget = BodyBudget(limit: 4 << 20)
    let metrics = MetricsRegistry()
    private let client: DoorClient

    /// - Parameter answer: nil: ``vector(of:)``.
    init(
        models: [ModelStatus] = [imageModel, textModel], fetcher: (any PictureFetcher)? = nil,
        answer: (@Sendable (InferenceRequest) async throws -> EmbeddingResult)? = nil
    ) throws {
        let (asked, held, loads, budget) = (asked, held, loads, budget)
        var engine = ScriptedEngine(models, anchorModel: models.first?.id) { request in
            // Whoever gives the budget back too early has done so by now.
            await Task.yield()
            asked.withLock { $0.append(request) }
            held.withLock { $0.append(budget.bytesInFlight) }
            if let answer { return try await answer(request) }
            return Self.vector(of: request)
        }
        batches = engine.batches
        engine.loading = { model, keepAlive in
            loads.withLock { $0.append("\(model) \(keepAlive?.text ?? "as before")") }
        }
        let runner = EmbeddingRunner(
            service: EmbeddingService(engine: engine), metrics: metrics, fetcher: fetcher)
        client = try DoorClient([EmbeddingDoor(runner), OpenAIDoor(runner), TEIDoor(runner)], budget: budget)
    }

    /// 3, 4 and the input's length: not of length 1, so that cutting and scaling show.
    static func vector(of request: InferenceRequest) -> EmbeddingResult {
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
    ) async throws -> DoorClient.Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return try await client.send(method, path, body: body, type: type, headers: fields)
    }

    func post(_ path: String, _ json: String, headers: [(String, String)] = []) async throws -> DoorClient.Answer {
        try await send(.post, path, body: Data(json.utf8), headers: headers)
    }

    func get(_ path: String) async throws -> DoorClient.Answer { try await send(.get, path, type: nil) }

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
}
