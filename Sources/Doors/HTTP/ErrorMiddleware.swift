package import HTTPTypes
import HearthCore
package import Hummingbird
import Logging

/// Turns every error thrown behind it into Hearth's error shape; the outermost middleware but one.
///
/// Hummingbird's router answers a known path with an unknown method as 404; `allowedMethods` tells them apart.
package struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    private let allowedMethods: @Sendable (_ path: String) -> [HTTPRequest.Method]

    /// - Parameter allowedMethods: the methods that routes exist for at a path; asked only after a 404.
    package init(allowedMethods: @escaping @Sendable (_ path: String) -> [HTTPRequest.Method] = { _ in [] }) {
        self.allowedMethods = allowedMethods
    }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return answer(error, to: request, context: context)
        } catch let error as any HTTPResponseError {
            let code = ErrorTable.code(for: error.status)
            let shown = HearthError(code, Self.sentence(for: error.status), cause: error)
            log(shown, status: error.status, context: context)
            return ErrorResponse(shown, status: error.status).response
        } catch {
            let shown = ErrorResponse.shown(error)
            let response = ErrorResponse(shown)
            log(shown, status: response.status, context: context)
            return response.response
        }
    }

    /// Hummingbird's own errors: status and headers stay, the body takes Hearth's shape.
    private func answer(_ error: HTTPError, to request: Request, context: Context) -> Response {
        var status = error.status
        var headers = error.headers
        // Only the router's own 404 is a question of the method; a handler's 404 is about its thing.
        if status == .notFound, error.body == nil, context.endpointPath == "NotFound" {
            let methods = allowedMethods(request.uri.path)
            if !methods.isEmpty {
                status = .methodNotAllowed
                headers[.allow] = methods.map(\.rawValue).sorted().joined(separator: ", ")
            }
        }
        let hint = headers[.allow].map { "Allowed here: \($0)." }
        let shown = HearthError(
            ErrorTable.code(for: status), error.body ?? Self.sentence(for: status), hint: hint, cause: error)
        log(shown, status: status, context: context)
        var response = ErrorResponse(shown, status: status)
        for field in headers where field.name != .contentType && field.name != .contentLength {
            response.headers.append(field)
        }
        return response.response
    }

    private func log(_ error: HearthError, status: HTTPResponse.Status, context: Context) {
        var metadata: Logger.Metadata = ["code": "\(error.code.rawValue)", "status": "\(status.code)"]
        if let cause = error.cause { metadata["cause"] = "\(String(reflecting: cause))" }
        // Overload, a loading model and a full disk are states, told by health and metrics; only faults are errors.
        let isFault = ErrorTable.status(for: error.code).code == 500
        context.logger.log(level: isFault ? .error : .debug, "\(error.message)", metadata: metadata)
    }

    private static func sentence(for status: HTTPResponse.Status) -> String {
        switch status.code {
        case 404: "There is nothing at this path."
        case 405: "This path does not know that method."
        case 413: "The body is longer than its limit."
        case 500...: "Something went wrong inside Hearth."
        default: "The request cannot be answered: \(status.reasonPhrase)."
        }
    }
}
