import HTTPTypes
package import HearthCore
package import Hummingbird

/// `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`: what a caller's rate has left, on every answer.
///
/// These are the fields of draft-ietf-httpapi-ratelimit-headers up to its version 6, and what gateways send and clients
/// read. Later versions of the draft put all into one structured field, whose form has changed more than once.
package enum RateHeaders {
    private static let limit = HTTPField.Name("RateLimit-Limit")
    private static let remaining = HTTPField.Name("RateLimit-Remaining")
    private static let reset = HTTPField.Name("RateLimit-Reset")

    /// Their names and what they mean, for `/openapi.json`.
    package static let descriptions = [
        ("RateLimit-Limit", "Requests at once after a pause."),
        ("RateLimit-Remaining", "Requests that can be sent at once now."),
        ("RateLimit-Reset", "Seconds until all of `RateLimit-Limit` can be sent at once again."),
    ]

    /// Writes the three fields over those that are there.
    static func add(_ rate: TokenBucket.Answer, to headers: inout HTTPFields) {
        guard let limit, let remaining, let reset else { return }
        headers[limit] = String(rate.limit)
        headers[remaining] = String(rate.remaining)
        headers[reset] = String(seconds(rate.reset))
    }

    /// Whole seconds, rounded up, so that a client which waits for them does not come too early.
    package static func seconds(_ duration: Duration) -> Int {
        let (seconds, fraction) = duration.components
        return Int(seconds) + (fraction > 0 ? 1 : 0)
    }
}

/// An answer that can say what its caller's rate has left.
package protocol RatedAnswer {
    /// Adds the ``RateHeaders`` to its headers.
    mutating func add(_ rate: TokenBucket.Answer)
}

extension Response: RatedAnswer {
    /// Adds the ``RateHeaders``.
    package mutating func add(_ rate: TokenBucket.Answer) { RateHeaders.add(rate, to: &headers) }
}

extension WebSocketDecision: RatedAnswer {
    /// Adds the ``RateHeaders`` to the answer that accepts or refuses the socket.
    package mutating func add(_ rate: TokenBucket.Answer) {
        switch self {
        case .accept(var headers, let inbound, let limits, let handler):
            RateHeaders.add(rate, to: &headers)
            self = .accept(headers: headers, inbound: inbound, limits: limits, handler: handler)
        case .refuse(let error, let status, var headers):
            RateHeaders.add(rate, to: &headers)
            self = .refuse(error, status: status, headers: headers)
        case .notWebSocket: break
        }
    }
}

/// Why a caller with a rate gets an error, and what its rate has left: the answer to the error says both.
package struct RatedError: Error {
    package let error: any Error
    package let rate: TokenBucket.Answer

    package init(error: any Error, rate: TokenBucket.Answer) {
        self.error = error
        self.rate = rate
    }
}
