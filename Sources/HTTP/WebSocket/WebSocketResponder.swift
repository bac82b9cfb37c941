package import HTTPTypes
package import HearthCore
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// What the server does with a request that wants to be a WebSocket.
package enum WebSocketDecision: Sendable {
    /// Upgrade, and run `handler` for as long as it wants; when it returns the connection is closed with 1000.
    ///
    /// `headers` are added to the `101` response. An error thrown by `handler` closes with 1011.
    case accept(
        headers: HTTPFields = [:], inbound: WebSocketInbound = .delivered, limits: WebSocketLimits? = nil,
        handler: @Sendable (WebSocketConnection) async throws -> Void)
    /// Answer with the error as JSON, and `headers` besides its own; a nil status is taken from ``ErrorTable``.
    case refuse(HearthError, status: HTTPResponse.Status? = nil, headers: HTTPFields = [:])
    /// Let the ordinary routes answer.
    case notWebSocket
}

extension WebSocketDecision {
    /// The same, but an accepted WebSocket is closed with 1008 as soon as `end` returns.
    /// - Parameter end: returns when the client may not be served any longer, and when its task is cancelled.
    package func ending(when end: @escaping @Sendable () async -> Void) -> WebSocketDecision {
        guard case .accept(let headers, let inbound, let limits, let handler) = self else { return self }
        return .accept(headers: headers, inbound: inbound, limits: limits) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await handler(connection) }
                group.addTask {
                    await end()
                    guard !Task.isCancelled else { return }
                    await connection.close(code: .policyViolation, reason: "The credential is not accepted any more.")
                }
                // The first to end ends the other: the handler is done, or its client may not be served any longer.
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }
}

/// Answers the requests that want to be WebSockets.
struct WebSocketResponder: Sendable {
    let limits: WebSocketLimits
    let logger: Logger
    let shouldUpgrade: HTTPConnectionChannel.ShouldUpgrade

    /// Runs within the connection's task: returns when the request is answered or its WebSocket has ended.
    @concurrent func respond(
        to request: Request, writer: consuming ResponseWriter, channel: any Channel,
        otherwise responder: HTTPChannelHandler.Responder
    ) async throws {
        switch await shouldUpgrade(request.head) {
        case .notWebSocket:
            try await responder(request, writer, channel)
        case .refuse(let error, let status, let headers):
            try await refuse(error, status: status, headers: headers, writer)
        case .accept(let headers, let inbound, let limits, let handler):
            let connection: WebSocketConnection
            do {
                connection = try await upgrade(
                    request.head, headers: headers, inbound: inbound, limits: limits ?? self.limits, channel: channel)
            } catch {
                try await refuse(ErrorResponse.shown(error), status: nil, headers: headers, writer)
                return
            }
            await WebSocketSession.run(connection, inbound: inbound, logger: logger, handler: handler)
        }
    }

    /// - Throws: ``HearthError`` `upgrade_required`, `invalid_request`, `shutting_down`; nothing is answered then.
    private func upgrade(
        _ request: HTTPRequest, headers: HTTPFields, inbound: WebSocketInbound, limits: WebSocketLimits,
        channel: any Channel
    ) async throws -> WebSocketConnection {
        let headers = try WebSocketHandshake.responseHeaders(for: request, extra: headers)
        let promise = channel.eventLoop.makePromise(of: WebSocketConnection.self)
        let upgrade = WebSocketUpgrade(headers: headers, limits: limits, inbound: inbound, connection: promise)
        channel.triggerUserOutboundEvent(upgrade, promise: nil)
        do {
            return try await promise.futureResult.get()
        } catch {
            throw HearthError(
                .shuttingDown, "The connection cannot become a WebSocket any more.", hint: "Try again in a moment.",
                retryAfter: 1, cause: error)
        }
    }

    @concurrent private func refuse(
        _ error: HearthError, status: HTTPResponse.Status?, headers: HTTPFields, _ writer: consuming ResponseWriter
    ) async throws {
        var answer = ErrorResponse(error, status: status)
        answer.headers.append(contentsOf: headers)
        if error.code == .upgradeRequired {
            // RFC 6455, section 4.4: the versions that are spoken.
            answer.headers[.secWebSocketVersion] = "13"
            answer.headers[.upgrade] = "websocket"
        }
        let response = answer.response
        try await writer.write(response: response.head, body: response.body)
    }
}

/// Runs one handler for as long as it and its connection live.
enum WebSocketSession {
    typealias Handler = @Sendable (WebSocketConnection) async throws -> Void

    /// Returns when the handler has returned and the connection is gone.
    static func run(
        _ connection: WebSocketConnection, inbound: WebSocketInbound, logger: Logger, handler: @escaping Handler
    ) async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await serve(connection, logger: logger, handler: handler) }
                group.addTask { await outlive(connection, inbound: inbound) }
                // The first to end ends the other: the handler by closing, the connection by cancelling.
                await group.next()
                group.cancelAll()
            }
        } onCancel: {
            connection.abort()
        }
    }

    private static func serve(_ connection: WebSocketConnection, logger: Logger, handler: Handler) async {
        do {
            try await handler(connection)
            await connection.close()
        } catch is WebSocketClosure {
            await connection.close()
        } catch is CancellationError {
            await connection.close(code: .goingAway)
        } catch let error as HearthError {
            logger.debug("WebSocket ended: \(error)")
            await connection.close(code: .internalError, reason: error.code.rawValue)
        } catch {
            logger.error("A WebSocket handler failed.", metadata: ["cause": "\(String(reflecting: error))"])
            await connection.close(code: .internalError, reason: HearthError.Code.internalError.rawValue)
        }
    }

    /// Waits for the end of the connection, and a while longer for a handler that still works on what it has read.
    private static func outlive(_ connection: WebSocketConnection, inbound: WebSocketInbound) async {
        await connection.closed()
        if case .delivered = inbound { try? await Task.sleep(for: Limits.drain) }
    }
}
