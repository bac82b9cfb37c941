import HearthCore
import Logging

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
                // Whoever is first ends the other: the handler by closing, the connection by cancelling.
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
