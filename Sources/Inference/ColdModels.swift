import HearthCore
import HearthJSON

/// Bounds how long callers wait for models that are on their way into memory, and tells them how far those are.
///
/// A caller that gave up after a minute would not know whether to come back. It is told after a few seconds, by
/// ``HearthError`` `model_not_ready` with `Retry-After` and in its details `loading`: `model`, `state`, `progress`
/// (0 to 1) and `eta_seconds`, null where they are not known. The model goes on loading meanwhile.
final class ColdModels: Sendable {
    private let wait: Duration
    /// Since when each model has been seen on its way.
    private let since = Locked<[String: ContinuousClock.Instant]>([:])

    init(wait: Duration) { self.wait = wait }

    /// Until when a call waits for a worker that is being started.
    func deadline(of deadline: ContinuousClock.Instant) -> ContinuousClock.Instant { min(deadline, .now + wait) }

    /// Until when a call of these models waits for its answer.
    func deadline(
        of deadline: ContinuousClock.Instant, for models: some Sequence<ModelStatus>
    ) -> ContinuousClock.Instant {
        var isCold = false
        for model in models {
            isCold = isCold || Self.isOnItsWay(model)
            since.withLock { since in
                if !Self.isOnItsWay(model) {
                    if !since.isEmpty { since[model.id] = nil }
                } else if since[model.id] == nil {
                    since[model.id] = .now
                }
            }
        }
        return isCold ? self.deadline(of: deadline) : deadline
    }

    /// The error of a call as its caller is told.
    /// - Parameter model: what was called; nil: no worker has told of it.
    func explained(_ error: HearthError, by model: ModelStatus?) -> HearthError {
        guard Self.isPassing(error), error.details == nil else { return error }
        guard let model else {
            return Self.error(
                "No worker has reported its models yet.", ["model": nil, "state": "starting"], nil, error)
        }
        // What is known of a model may be older than the loss of its worker.
        guard Self.isOnItsWay(model) || error.code == .modelNotReady else { return error }
        // A call begins the loading of a model that is not there.
        let state = model.state == .warming ? model.state : .loading
        let waited = since.withLock { $0[model.id] }.map { ContinuousClock.now - $0 } ?? .zero
        var loading: JSONValue = ["model": .string(model.id), "state": .string(state.rawValue)]
        var rest: Int?
        if let expected = model.loadMilliseconds, expected > 0 {
            let seconds = waited.fractionalMilliseconds / 1_000
            loading["progress"] = .double(min(0.99, seconds * 1_000 / expected))
            rest = max(1, Int((expected / 1_000 - seconds).rounded(.up)))
        }
        return Self.error("The model \(model.id) is \(state.rawValue).", loading, rest, error)
    }

    private static func error(_ message: String, _ loading: JSONValue, _ rest: Int?, _ cause: HearthError)
        -> HearthError
    {
        var loading = loading
        loading["progress"] = loading["progress"] ?? .null
        loading["eta_seconds"] = rest.map { JSONValue.int(Int64($0)) } ?? .null
        return HearthError(
            .modelNotReady, message, hint: cause.code == .modelNotReady ? cause.hint : nil,
            retryAfter: min(rest ?? cause.retryAfter ?? 2, 60), details: ["loading": loading], cause: cause)
    }

    /// Whether it becomes ready without further action.
    private static func isOnItsWay(_ model: ModelStatus) -> Bool {
        switch model.state {
        case .absent, .loading, .warming, .draining: true
        case .ready, .failed, .skipped: false
        }
    }

    /// Whether waiting is all that is wrong. Who is told to come back after long has another problem.
    private static func isPassing(_ error: HearthError) -> Bool {
        switch error.code {
        case .modelNotReady: (error.retryAfter ?? 0) < 30
        case .deadlineExceeded: true
        default: false
        }
    }
}
