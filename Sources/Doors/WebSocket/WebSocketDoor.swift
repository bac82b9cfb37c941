import HTTPTypes
import HearthCore
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Answers the requests that want to be WebSockets.
struct WebSocketDoor: Sendable {
    let limits: WebSocketLimits
    let logger: Logger
    let shouldUpgrade: HTTPDoorChannel.ShouldUpgrade

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
                try await refuse(ErrorResponse.shown(error), status: nil, writer)
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
        _ error: HearthError, status: HTTPResponse.Status?, headers: HTTPFields = [:],
        _ writer: consuming ResponseWriter
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
