package import HTTPTypes
package import HearthCore
package import Hummingbird
import Logging

/// Turns every error thrown behind it into Hearth's error shape; the outermost middleware but one.
///
/// Hummingbird's router answers a known path with an unknown method as 404; `allowedMethods` tells them apart.
package struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    private let allowedMethods: @Sendable (_ path: String) -> [HTTPRequest.Method]
    private let rate: @Sendable (_ head: HTTPRequest) async throws -> TokenBucket.Answer?
    private let shape: @Sendable (_ method: HTTPRequest.Method, _ path: String) -> ErrorShape

    /// - Parameters:
    ///   - allowedMethods: the methods that routes exist for at a path; asked only after a 404.
    ///   - rate: takes a request that no route answers from its caller's rate, and says what is left; throws when that
    ///     is nothing.
    ///   - shape: how errors of a request are worded.
    package init(
        allowedMethods: @escaping @Sendable (_ path: String) -> [HTTPRequest.Method] = { _ in [] },
        rate: @escaping @Sendable (_ head: HTTPRequest) async throws -> TokenBucket.Answer? = { _ in nil },
        shape: @escaping @Sendable (_ method: HTTPRequest.Method, _ path: String) -> ErrorShape = { _, _ in .hearth }
    ) {
        self.allowedMethods = allowedMethods
        self.rate = rate
        self.shape = shape
    }

    /// Turns what the route throws into an answer of the door's error shape; throws nothing itself.
    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as RatedError {
            return answer(error, to: request, context: context)
        } catch let error as HTTPError where Self.isUnrouted(error, context) {
            do {
                let left = try await rate(request.head)
                var response = answer(any: error, to: request, context: context)
                if let left { response.add(left) }
                return response
            } catch let error as RatedError {
                return answer(error, to: request, context: context)
            } catch {
                return answer(any: error, to: request, context: context)
            }
        } catch {
            return answer(any: error, to: request, context: context)
        }
    }

    private func answer(_ error: RatedError, to request: Request, context: Context) -> Response {
        var response = answer(any: error.error, to: request, context: context)
        response.add(error.rate)
        return response
    }

    /// Whether it is the router's own 404; a handler's 404 is about its thing.
    private static func isUnrouted(_ error: HTTPError, _ context: Context) -> Bool {
        error.status == .notFound && error.body == nil && context.endpointPath == "NotFound"
    }

    private func answer(any error: any Error, to request: Request, context: Context) -> Response {
        switch error {
        case let error as HTTPError:
            return answer(error, to: request, context: context)
        case let error as any HTTPResponseError:
            let code = ErrorTable.code(for: error.status)
            let shown = HearthError(code, Self.sentence(for: error.status), cause: error)
            return answer(shown, error.status, shape(request.method, request.uri.path), context: context).response
        case let error as ShapedError:
            let status = ErrorTable.status(for: error.error.code)
            return answer(error.error, status, error.shape, context: context).response
        default:
            let shown = ErrorResponse.shown(error)
            let status = ErrorTable.status(for: shown.code)
            return answer(shown, status, shape(request.method, request.uri.path), context: context).response
        }
    }

    private func answer(
        _ error: HearthError, _ status: HTTPResponse.Status, _ shape: ErrorShape, context: Context
    ) -> ErrorResponse {
        let response = shape.response(error, status)
        log(error, status: response.status, context: context)
        return response
    }

    /// Hummingbird's own errors: status and headers stay, the body takes Hearth's shape.
    private func answer(_ error: HTTPError, to request: Request, context: Context) -> Response {
        var status = error.status
        var headers = error.headers
        // Only the router's own 404 is a question of the method.
        if Self.isUnrouted(error, context) {
            let methods = allowedMethods(request.uri.path)
            if !methods.isEmpty, !methods.contains(request.method) {
                status = .methodNotAllowed
                headers[.allow] = methods.map(\.rawValue).sorted().joined(separator: ", ")
            }
        }
        let hint = headers[.allow].map { "Allowed here: \($0)." }
        let shown = HearthError(
            ErrorTable.code(for: status), error.body ?? Self.sentence(for: status), hint: hint, cause: error)
        var response = answer(shown, status, shape(request.method, request.uri.path), context: context)
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
