import Foundation
import HTTPTypes
package import HearthCore
import Hummingbird
package import Logging
import NIOCore
import NIOFoundationEssentialsCompat
package import ServiceLifecycle

/// The worker's own door: interactive calls over its unix socket, as ``EngineWire`` describes.
package struct EngineDoor: Sendable {
    private let engine: any InferenceEngine
    private let status: @Sendable () async -> EngineStatus
    private let budget: BodyBudget

    package init(
        engine: any InferenceEngine, budget: BodyBudget = BodyBudget(),
        status: @escaping @Sendable () async -> EngineStatus
    ) {
        self.engine = engine
        self.budget = budget
        self.status = status
    }

    /// The worker's server on its unix socket.
    package func service(socket: String, logger: Logger) -> any Service {
        Application(
            router: router(), server: .door(logger: logger),
            configuration: .door(address: .unixDomainSocket(path: socket), logger: logger), logger: logger)
    }

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ErrorMiddleware())
        router.get(RouterPath(EngineWire.statusPath)) { _, _ in
            JSONReply(try JSONValueEncoder.encode(await status())).response
        }
        router.post(RouterPath(EngineWire.embedPath)) { request, _ in try await embed(request) }
        return router
    }

    private func embed(_ request: Request) async throws -> Response {
        let timeout = HTTPField.Name(EngineWire.timeoutField).flatMap { request.headers[$0] }.flatMap { Int64($0) }
        let deadline = ContinuousClock.now + (timeout.map { .milliseconds($0) } ?? Limits.inferenceDeadline)
        let body = try await RequestBody.collect(from: request, limit: Limits.bodyBytes, budget: budget)
        // The picture waits for its pass in memory, and so it counts until it has been answered.
        defer { withExtendedLifetime(body) {} }
        let result = try await engine.embed(
            EmbeddingRequest(
                model: request.uri.queryParameters["model"].map(String.init),
                input: .image(Data(body.bytes.readableBytesView)), deadline: deadline))
        var headers: HTTPFields = [.contentType: "application/octet-stream"]
        if let field = HTTPField.Name(EngineWire.embeddingField) {
            headers[field] = try JSONValueEncoder.encode(EngineWire.EmbeddingHeader(result)).encodedText()
        }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: EngineWire.body(of: result.vector))))
    }
}
