import CoreMetrics
import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

/// What Hummingbird reports of requests arrives in the registry, with labels that no client can multiply.
@Suite struct RequestMetricsTests {
    /// The backend of this process; there can be one only.
    private static let metrics: MetricsRegistry = {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    private func send(_ method: String, _ path: String) async throws -> HTTPResponse.Status {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: RequestMetrics())
        router.get("/metered/{id}") { _, _ in Response(status: .accepted) }
        var logger = Logger(label: "request-metrics") { _ in SwiftLogNoOpLogHandler() }
        logger[metadataKey: "hb.request.id"] = "r"  // the server sets it
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        let method = try #require(HTTPRequest.Method(method))
        let head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        do {
            let response = try await router.buildResponder().respond(to: request, context: context)
            try await response.body.write(NoWriter())
            return response.status
        } catch let error as any HTTPResponseError {
            return error.status
        }
    }

    /// A body's end is what the count of a request waits for.
    private struct NoWriter: ResponseBodyWriter {
        func write(_ buffer: ByteBuffer) async throws {}
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    @Test func requestsAreCountedByRouteAndKnownMethod() async throws {
        let metrics = Self.metrics
        for number in 0..<3 { #expect(try await send("GET", "/metered/\(number)?secret=\(number)") == .accepted) }
        for number in 0..<5 { _ = try await send("MADEUP\(number)", "/metered/\(number)") }
        for number in 0..<5 { _ = try await send("GET", "/nowhere/\(number)") }
        let lines = metrics.prometheusText().split(separator: "\n").map(String.init)
        let counted = lines.filter { $0.hasPrefix("hb_requests_total{") }
        #expect(
            counted.contains(
                #"hb_requests_total{http_request_method="GET",http_response_status_code="202","#
                    + #"http_route="/metered/{id}"} 3"#
            ), "\(counted)")
        #expect(lines.contains { $0.hasPrefix("http_server_request_duration_seconds_count{") })
        #expect(!lines.contains { $0.contains("MADEUP") || $0.contains("secret") || $0.contains("nowhere") })
    }
}
