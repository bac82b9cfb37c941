package import HearthCore

/// Why an attempt ended without a result, and what that costs.
///
/// A handler may throw one to say both.
package struct JobFailure: Error, Equatable {
    /// What a failure costs.
    package enum Kind: Sendable, Equatable, CaseIterable {
        /// May work next time: costs an attempt, comes back after a back-off.
        case transient
        /// Can never work (the bytes are no picture): fails at once.
        case permanent
        /// The engine, the store or the disk is away: comes back, costs nothing.
        case infrastructure
        /// The worker stops, was ended from outside, or has not renewed its lease: comes back at once, costs nothing.
        case released
    }

    package let kind: Kind
    package let code: String
    /// Safe to show.
    package let message: String

    package init(kind: Kind, code: String, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    /// The worker was ended from outside, or stops.
    package static let released = JobFailure(kind: .released, code: "released", message: "The worker stopped.")
    /// The lease has run out.
    package static let leaseLost = JobFailure(
        kind: .released, code: "lease_lost", message: "The worker did not renew its lease.")

    /// Sorts an error that a handler threw.
    package init(_ error: any Error) {
        switch error {
        case let failure as JobFailure:
            self = failure
        case is CancellationError:
            self = .released
        case let error as HearthError:
            self.init(kind: Self.kind(of: error.code), code: error.code.rawValue, message: error.message)
        default:
            self.init(kind: .transient, code: "internal_error", message: "The attempt failed unexpectedly.")
        }
    }

    private static func kind(of code: HearthError.Code) -> Kind {
        switch code {
        case .invalidRequest, .invalidImage, .imageTooLarge, .unsupportedMediaType, .bodyTooLarge, .unprocessable,
            .notFound, .conflict, .forbidden, .unauthorized, .quotaExceeded, .invalidConfiguration, .schemaTooNew:
            .permanent
        case .modelNotReady, .overloaded, .storageUnavailable, .insufficientStorage, .deadlineExceeded:
            .infrastructure
        default:
            .transient
        }
    }
}

/// When a failed attempt comes back: exponential back-off with jitter, so that a herd spreads out.
package struct RetryPolicy: Sendable {
    package let backoff: Backoff
    /// Of what waits for something outside of the job.
    private let outages: Backoff

    package init(_ backoff: Backoff = Limits.jobBackoff, outages: Backoff = Limits.outageBackoff) {
        self.backoff = backoff
        self.outages = outages
    }

    /// Milliseconds until the next attempt.
    /// - Parameters:
    ///   - attempt: attempts made so far, from 1.
    ///   - jitter: 0..<1; the delay lies between half and all of `first × 2^(attempt-1)`, at most the longest pause.
    package func delay(afterAttempt attempt: Int, jitter: Double) -> Int64 {
        Self.delay(backoff.pause(after: max(attempt, 1)), jitter)
    }

    /// Milliseconds until a job looks again whether what it waits for is there.
    /// - Parameter count: attempts in a row that ended for such a reason, from 1.
    package func delay(afterOutages count: Int, jitter: Double) -> Int64 {
        Self.delay(outages.pause(after: max(count, 1)), jitter)
    }

    private static func delay(_ pause: Duration, _ jitter: Double) -> Int64 {
        let full = pause.milliseconds
        return full / 2 + Int64(Double(full - full / 2) * jitter)
    }
}
