package import HearthCore
package import Hummingbird
import Synchronization

/// Lets a request in: knows whose it is, bounds how many run at once, and times them.
package final class AdmissionMiddleware: RouterMiddleware {
    package typealias Context = DoorContext

    private let policy: AccessPolicy
    private let limit: Int
    private let running = Atomic(0)
    private let latency: LatencyHistogram
    private let refused: MetricCounter

    package init(policy: AccessPolicy, metrics: MetricsRegistry, limit: Int = Limits.concurrentRequests) {
        self.policy = policy
        self.limit = limit
        latency = metrics.histogram(
            "hearth_http_request_seconds", help: "Time from the head of a request to its answer.")
        refused = metrics.counter(
            "hearth_http_overloaded_total", help: "Requests refused because too many were running.")
        metrics.gauge("hearth_http_requests", help: "Requests being handled.") { [weak self] in
            Double(self?.running.load(ordering: .relaxed) ?? 0)
        }
    }

    package func handle(
        _ request: Request, context: DoorContext, next: @concurrent (Request, DoorContext) async throws -> Response
    ) async throws -> Response {
        // Whether the process answers is for everyone to know, however busy it is: what restarts it has no key.
        guard request.uri.path != "/health" else { return try await next(request, context) }
        let start = ContinuousClock.now
        defer {
            running.subtract(1, ordering: .relaxed)
            latency.record(ContinuousClock.now - start)
        }
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            refused.increment()
            throw HearthError(.overloaded, "Too many requests are running.", retryAfter: 1)
        }
        var context = context
        context.principal = try policy.principal(of: request.head)
        return try await next(request, context)
    }
}
