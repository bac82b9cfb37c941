import HTTPTypes
import HearthCore
package import Hummingbird

/// Refuses requests whose headers ask for what Hearth does not do: a body that would have to be unpacked, and
/// expectations other than `100-continue` (RFC 9110, sections 8.4.1 and 10.1.1; RFC 9112, section 6.1).
///
/// Read as if the header were not there, such a body would be taken for broken JSON or a broken picture.
package struct RequestRules: RouterMiddleware {
    package typealias Context = BasicRequestContext

    package init() {}

    /// - Throws: ``HearthError`` `not_implemented`, `unsupported_media_type`, `expectation_failed`, and what `next`
    ///   throws.
    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        try Self.check(request.headers)
        return try await next(request, context)
    }

    private static func check(_ headers: HTTPFields) throws(HearthError) {
        if let coding = headers[.transferEncoding], coding.lowercased() != "chunked" {
            throw HearthError(
                .notImplemented, "The transfer coding \"\(coding.prefix(40))\" is not decoded here.",
                hint: "Send `Transfer-Encoding: chunked`, or the body's length.")
        }
        if let coding = headers[.contentEncoding], !coding.isEmpty, coding.lowercased() != "identity" {
            throw HearthError(
                .unsupportedMediaType, "A body that is packed by \"\(coding.prefix(40))\" is not unpacked here.",
                hint: "Send it as it is, without Content-Encoding.")
        }
        if let expectation = headers[.expect], expectation.lowercased() != "100-continue" {
            throw HearthError(
                .expectationFailed, "The expectation \"\(expectation.prefix(40))\" cannot be met.",
                hint: "Only `Expect: 100-continue` is known.")
        }
    }
}
