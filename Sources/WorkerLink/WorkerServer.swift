import Foundation
import HTTPTypes
package import HearthCore
package import HearthHTTP
package import HearthInference
import HearthJSON
package import Hummingbird
package import Logging
import NIOCore
package import ServiceLifecycle

/// The worker's own server: questions to its models over its unix socket, as ``InferenceWire`` describes.
package struct WorkerServer: Sendable {
    private let engine: any InferenceEngine
    private let status: @Sendable () async -> EngineStatus
    private let metrics: MetricsRegistry
    private let budget: BodyBudget

    package init(
        engine: any InferenceEngine, budget: BodyBudget = BodyBudget(), metrics: MetricsRegistry = MetricsRegistry(),
        status: @escaping @Sendable () async -> EngineStatus
    ) {
        self.engine = engine
        self.budget = budget
        self.metrics = metrics
        self.status = status
    }

    /// The worker's server on its unix socket.
    package func service(socket: String, logger: Logger) -> any Service {
        Application(
            router: router(), server: .hearth(logger: logger, isQuick: Self.isQuick),
            configuration: .hearth(address: .unixDomainSocket(path: socket), logger: logger), logger: logger)
    }

    /// A text or a picture is only passed on here, which costs less than another thread's waking.
    private static func isQuick(_ request: HTTPRequest) -> Bool {
        request.path == InferenceWire.answerPath && request.hasBody(upTo: Limits.shortPictureBytes)
    }

    /// The routes of ``InferenceWire``.
    package func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ErrorMiddleware())
        router.get(RouterPath(InferenceWire.statusPath)) { _, _ in
            JSONReply(try JSONValueEncoder.encode(await status())).response
        }
        router.get(RouterPath(InferenceWire.metricsPath)) { _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricsRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.prometheusText())))
        }
        router.post(RouterPath(InferenceWire.answerPath)) { request, _ in try await answer(request) }
        router.post(RouterPath(InferenceWire.loadPath)) { request, _ in
            let query = request.uri.queryParameters
            let keepAlive = try query["keep_alive"].map { text in
                guard let keepAlive = KeepAlive(String(text)) else {
                    throw HearthError(.invalidRequest, "`keep_alive` is not a duration.")
                }
                return keepAlive
            }
            let timeout = query["timeout_ms"].flatMap { Int64($0) }
            try await engine.load(
                try Self.model(request), keepAlive: keepAlive,
                deadline: .now + (timeout.map { .milliseconds($0) } ?? Limits.inferenceDeadline))
            return JSONReply(try JSONValueEncoder.encode(await status())).response
        }
        router.post(RouterPath(InferenceWire.unloadPath)) { request, _ in
            try await engine.unload(try Self.model(request))
            return JSONReply(try JSONValueEncoder.encode(await status())).response
        }
        return router
    }

    private static func model(_ request: Request) throws -> String {
        guard let model = request.uri.queryParameters["model"]?.removingPercentEncoding else {
            throw HearthError(.invalidRequest, "`model` is missing.")
        }
        return model
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await RequestBody.collect(from: request, limit: Limits.engineBodyBytes, budget: budget)
        // The inputs wait for their pass in memory, and so they count until they have been answered.
        defer { withExtendedLifetime(body) {} }
        let now = ContinuousClock.now
        let messages = try InferenceWire.decode(body.bytes)
        guard messages.count > Limits.quickInputs else { return try await answer(messages, now) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await answer(messages, now) }
    }

    private func answer(_ messages: [InferenceWire.Message], _ now: ContinuousClock.Instant) async throws -> Response {
        let requests = try messages.map { try InferenceWire.request($0, now: now) }
        let pieces = InferenceWire.encode(try await engine.answer(requests).map { InferenceWire.message($0) })
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: pieces.count == 1 ? ResponseBody(byteBuffer: pieces[0]) : ResponseBody(contentsOf: pieces))
    }
}
