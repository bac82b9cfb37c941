import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import NIOCore

/// Counts answers that lie in memory until their readers have taken them, together with the bodies of requests.
///
/// A reader that is slow keeps its answer in memory for as long as it likes to take; without a bound on all of them
/// together, a few hundred such readers take all memory there is.
enum HeldAnswer {
    /// The answer, with its share of the budget until it is written or dropped.
    /// - Parameter holders: Whose shares it counts in.
    /// - Throws: ``HearthError`` `overloaded` when the bound is reached by the answer of a route that only reads; it is
    ///   dropped then. What has changed something is answered all the same: a client may try again what was overloaded.
    static func counted(
        _ response: Response, of route: DoorRoute, by budget: BodyBudget, holders: [BodyHolder] = []
    ) throws(HearthError) -> Response {
        guard !route.streamsAnswer, let length = response.body.contentLength, length >= Limits.countedAnswer else {
            return response
        }
        let share = budget.reservation(of: holders)
        if route.changesSomething { share.hold(length) } else { try share.grow(by: length) }
        var response = response
        let body = response.body
        response.body = ResponseBody(contentLength: length) { writer in
            defer { withExtendedLifetime(share) {} }
            try await body.write(writer)
        }
        return response
    }
}
