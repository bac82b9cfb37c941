package import HearthJSON

/// What one key may use. A field that is absent is not limited by the key.
///
/// A new limit is one field here, with its note, its line in `inheriting`, `isWithin` and `words`, and the check where
/// it is spent; rows, operations and the command line take it from this type (`docs/identity.md`).
package struct KeyLimits: Sendable, Codable, Hashable, SchemaDescribed {
    /// Requests a second in the long run.
    package var requestsPerSecond: Double?
    /// Requests at once after a pause; as many as a second's when absent, and at least one.
    package var burst: Int?

    package init(requestsPerSecond: Double? = nil, burst: Int? = nil) {
        self.requestsPerSecond = requestsPerSecond
        self.burst = burst
    }

    /// These limits, and the other ones where these say nothing.
    func inheriting(_ others: KeyLimits) -> KeyLimits {
        KeyLimits(requestsPerSecond: requestsPerSecond ?? others.requestsPerSecond, burst: burst ?? others.burst)
    }

    /// Whether these limits allow no more than other ones do. Every limit is compared here, by what it is when absent.
    func isWithin(_ others: KeyLimits) -> Bool { RateLimiter.Rate(self).isWithin(RateLimiter.Rate(others)) }

    /// What they allow, with the defaults, for messages.
    var words: String {
        let rate = RateLimiter.Rate(self)
        return "requests_per_second \(rate.requestsPerSecond), burst \(rate.burst)"
    }

    package static let fields = [
        "requests_per_second": FieldNote(
            "Requests a second in the long run.", minimum: 0.001, maximum: Limits.requestsPerSecond),
        "burst": FieldNote(
            "Requests at once after a pause; a second's when absent.", minimum: 1, maximum: Limits.requestsPerSecond),
    ]
}
