package import HTTPTypes
package import HearthCore
import HearthHTTP
import Synchronization

/// Lets a request in, over HTTP and for a WebSocket alike: finds out whose it is, checks that it may, bounds how many
/// run at once, and times them.
package final class Admission: Sendable {
    /// Says whose request it is.
    ///
    /// `isOptional`: a request without a credential is let in to read. Throws ``HearthError`` `unauthorized`, or
    /// `forbidden` for a page of another site.
    package typealias Identify = @Sendable (_ head: HTTPRequest, _ isOptional: Bool) async throws -> Caller

    private let identify: Identify
    private let limit: Int
    private let running = Atomic(0)
    private let latency: LatencyHistogram
    private let refused: MetricCounter

    package init(metrics: MetricsRegistry, limit: Int = Limits.concurrentRequests, identify: @escaping Identify) {
        self.identify = identify
        self.limit = limit
        latency = metrics.histogram(
            "hearth_http_request_seconds", help: "Time from the head of a request to its answer.")
        refused = metrics.counter(
            "hearth_http_overloaded_total", help: "Requests refused because too many were running.")
        metrics.gauge("hearth_http_requests", help: "Requests being handled.") { [weak self] in
            Double(self?.running.load(ordering: .relaxed) ?? 0)
        }
    }

    /// Runs `answer` for a request that may come in at `route`; the answer says what the caller's rate has left.
    /// - Throws: ``HearthError`` `overloaded`, `unauthorized`, `rate_limited`, `forbidden`, and what `answer` throws;
    ///   for a caller with a rate, within a ``RatedError``.
    func admit<Answer: RatedAnswer>(
        _ head: HTTPRequest, to route: DoorRoute, _ answer: (Caller) async throws -> Answer
    ) async throws -> Answer {
        let needed: Permission
        switch route.access {
        // Everyone may ask whether the process answers, also under full load: a service manager has no key.
        case .everyone: return try await answer(Caller(.anonymous))
        case .credential(let permission): needed = permission
        case .optionalCredential: needed = .read
        }
        let start = ContinuousClock.now
        defer {
            running.subtract(1, ordering: .relaxed)
            latency.record(ContinuousClock.now - start)
        }
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            refused.increment()
            throw HearthError(.overloaded, "Too many requests are running.", retryAfter: 1)
        }
        var caller = try await identify(head, route.access == .optionalCredential)
        caller.slot = AdmissionSlot(
            pause: { [self] in running.subtract(1, ordering: .relaxed) },
            resume: { [self] in running.add(1, ordering: .relaxed) })
        guard let rate = caller.rate else {
            try caller.principal.require(needed)
            return try await answer(caller)
        }
        do {
            try Self.check(rate)
            try caller.principal.require(needed)
            var answer = try await answer(caller)
            answer.add(rate)
            return answer
        } catch {
            throw RatedError(error: error, rate: rate)
        }
    }

    /// Takes a request that no route answers from its caller's rate.
    /// - Returns: what the rate has left; nil for a caller without a rate, and for one that shows no good credential.
    /// - Throws: ``RatedError`` with `rate_limited`.
    func rate(ofUnrouted head: HTTPRequest) async throws -> TokenBucket.Answer? {
        guard let rate = try? await identify(head, true).rate else { return nil }
        do {
            try Self.check(rate)
            return rate
        } catch {
            throw RatedError(error: error, rate: rate)
        }
    }

    private static func check(_ rate: TokenBucket.Answer) throws(HearthError) {
        guard !rate.isGranted else { return }
        let wait = max(RateHeaders.seconds(rate.wait), 1)
        throw HearthError(
            .rateLimited, "This key or its tenant has sent too many requests.",
            hint: "The next may be sent in \(wait) s; `hearth keys list --json` shows the limits.", retryAfter: wait)
    }
}

extension Principal {
    /// A caller without a credential, on a route that needs none: it owns no data.
    fileprivate static let anonymous = Principal(tenant: Tenant(rawValue: ""), permission: .read)

    /// - Throws: ``HearthError`` `forbidden` when the credential does not reach that far.
    func require(_ permission: Permission) throws(HearthError) {
        guard self.permission >= permission else {
            throw HearthError(.forbidden, "This credential may not do that.")
        }
    }
}
