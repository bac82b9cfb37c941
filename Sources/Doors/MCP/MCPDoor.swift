import HTTPTypes
import HearthCore
package import HearthHTTP
import HearthJSON
import Hummingbird
import Logging
import NIOCore

/// The Model Context Protocol over Streamable HTTP: one path, one message a request.
///
/// A request is answered by JSON, or by an event stream where its client wants to hear how far it is. A client that
/// closes the connection cancels the call, and never a job that the call has started.
package struct MCPDoor: Door {
    private let server: MCPServer
    private let scheme: String

    /// - Parameter isEncrypted: whether clients find this server by https.
    package init(_ server: MCPServer, isEncrypted: Bool) {
        self.server = server
        scheme = isEncrypted ? "https" : "http"
    }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .post, "/mcp", body: .json(limit: Limits.mcpLineBytes), errors: Self.errorShape,
                describe: Self.description, answer: answer)
        ]
    }

    package var prefixes: [String] { ["/mcp"] }
    package var errors: ErrorShape { Self.errorShape }

    /// What goes wrong before a message is read: no key, too many requests.
    private static let errorShape = ErrorShape(
        schema: [
            "type": "object",
            "properties": [
                "jsonrpc": ["type": "string"],
                "error": [
                    "type": "object",
                    "properties": ["code": ["type": "integer"], "message": ["type": "string"], "data": [:]],
                ],
            ],
        ]
    ) { error, status in (MCPReply.error(MCPError(error), to: nil, in: nil), status) }

    /// One, or a batch, as revision 2025-03-26 has it; what is in one is refused message by message.
    private static let messages: JSONValue = ["type": ["object", "array"]]

    private static var description: OpenAPIEntry {
        var entry = OpenAPIEntry(
            "mcp.message", "The Model Context Protocol (Streamable HTTP): a message, or several in older eras.",
            content: ["application/json": ["schema": messages], MCPBody.formType: ["schema": MCPBody.form]],
            answer: messages)
        entry.otherMediaTypes = ["text/event-stream"]
        entry.otherAnswers = ["202": ["description": "A notification was taken."]]
        return entry
    }

    // MARK: Messages

    private func answer(_ call: DoorCall) async throws -> Response {
        let headers = MCPHeaders(call.request.headers)
        let received = try await call.collectBody()
        defer { withExtendedLifetime(received.reservation) {} }
        let body: MCPBody
        do {
            body = try MCPBody(received.bytes, type: call.request.headers[.contentType] ?? "")
        } catch {
            return Self.refusal(.parse(error.message), to: nil, in: nil)
        }
        let value = body.message
        if let messages = value.arrayValue { return try await answer(batch: messages, headers, call) }
        do throws(MCPError) {
            switch try MCPMessage(value) {
            case .notification, .response: return Self.accepted
            case .request(let id, let method, let params):
                let isOwn = MCPRequest.namesItsVersion(method: method, params: params, headers: headers)
                let agreed = try isOwn || method == "initialize" ? MCPVersion.unnamed : headers.agreed()
                do throws(MCPError) {
                    let request = try MCPRequest(
                        id, method: method, params: params, headers: headers, agreed: agreed)
                    return await answer(request, call, body.picture, received.reservation)
                } catch {
                    return Self.refusal(error, to: id, in: isOwn ? .july2026 : agreed)
                }
            }
        } catch {
            return Self.refusal(error, to: MCPMessage.id(of: value), in: nil)
        }
    }

    private static let accepted = Response(status: .accepted)

    private static func refusal(_ error: MCPError, to id: MCPRequestID?, in version: MCPVersion?) -> Response {
        let status = error.status(in: version ?? .july2026)
        return JSONReply(MCPReply.error(error, to: id, in: version), status: .init(code: status)).response
    }

    /// - Parameter reservation: of the memory of the body, the picture's included.
    private func answer(
        _ request: MCPRequest, _ call: DoorCall, _ picture: ByteBuffer?, _ reservation: BodyReservation
    ) async -> Response {
        let isListening = request.method == "subscriptions/listen" && !request.version.hasHandshake
        let wantsNews = request.method == "tools/call" && (request.progressToken != nil || request.logLevel != nil)
        guard isListening || (wantsNews && call.takesEvents) else {
            let answered = await reply(to: request, caller(call, picture) { _ in })
            return JSONReply(answered.json, status: .init(code: answered.status)).response
        }
        let (server, caller) = (server, call.caller)
        return EventStream.response(until: { await caller.waitForEnd() }) { send in
            defer { withExtendedLifetime(reservation) {} }
            let notify: @Sendable (JSONValue) async -> Void = { message in _ = await send(ServerSentEvent(message)) }
            let mcpCaller = self.caller(call, picture, notify: notify)
            guard isListening else {
                await notify(await reply(to: request, mcpCaller).json)
                return
            }
            do {
                try await server.listen(request, for: mcpCaller)
            } catch let error as CancellationError {
                throw error
            } catch {
                await notify(MCPReply.error(Self.shown(error, mcpCaller), to: request.id, in: request.version))
            }
        }
    }

    /// The answer to a request, and its status over HTTP.
    private func reply(to request: MCPRequest, _ caller: MCPCaller) async -> (json: JSONValue, status: Int) {
        do {
            return (MCPReply.result(try await server.answer(request, for: caller), to: request), 200)
        } catch {
            let shown = Self.shown(error, caller)
            return (MCPReply.error(shown, to: request.id, in: request.version), shown.status(in: request.version))
        }
    }

    private static func shown(_ error: any Error, _ caller: MCPCaller) -> MCPError {
        if let error = error as? MCPError { return error }
        let shown = ErrorResponse.shown(error)
        if shown.code == .internalError {
            caller.logger.error("A message has failed", metadata: ["cause": "\(String(reflecting: error))"])
        }
        return MCPError(shown)
    }

    private func caller(
        _ call: DoorCall, _ picture: ByteBuffer? = nil, notify: @escaping @Sendable (JSONValue) async -> Void
    ) -> MCPCaller {
        let share = call.reservation()
        return MCPCaller(
            principal: call.principal, requestID: call.id, base: "\(scheme)://\(call.request.head.authority ?? "")",
            start: call.start, logger: call.logger,
            reserve: { bytes throws(HearthError) in try share.grow(by: bytes) }, picture: picture, notify: notify)
    }

    // MARK: Batches

    /// Several messages as one array, which only the revision 2025-03-26 has.
    private func answer(batch: [JSONValue], _ headers: MCPHeaders, _ call: DoorCall) async throws -> Response {
        do throws(MCPError) {
            let version = try headers.agreed()
            guard version.hasBatches else { throw .invalidRequest("A message is a JSON object.") }
            guard (1...Limits.mcpBatch).contains(batch.count) else {
                throw .invalidRequest("A batch has 1 to \(Limits.mcpBatch) messages.")
            }
            var replies: [JSONValue] = []
            for value in batch {
                if let reply = await reply(toPart: value, version, call) { replies.append(reply) }
            }
            return replies.isEmpty ? Self.accepted : JSONReply(.array(replies)).response
        } catch {
            return Self.refusal(error, to: nil, in: nil)
        }
    }

    private func reply(toPart value: JSONValue, _ version: MCPVersion, _ call: DoorCall) async -> JSONValue? {
        do throws(MCPError) {
            guard case .request(let id, let method, let params) = try MCPMessage(value) else { return nil }
            let request = try MCPRequest(id, method: method, params: params, agreed: version)
            return await reply(to: request, caller(call) { _ in }).json
        } catch {
            return MCPReply.error(error, to: MCPMessage.id(of: value), in: version)
        }
    }
}

extension DoorCall {
    /// Whether the client reads event streams.
    fileprivate var takesEvents: Bool {
        let accepted = request.headers[values: .accept]
        return accepted.contains { $0.contains("text/event-stream") || $0.contains("*/*") }
    }
}

extension ServerSentEvent {
    /// A message of the protocol.
    fileprivate init(_ message: JSONValue) { self.init(event: "message", data: message.encodedText()) }
}

extension MCPServer {
    /// See ``MCPSubscriptions/listen(_:for:)``.
    fileprivate func listen(_ request: MCPRequest, for caller: MCPCaller) async throws {
        try await subscriptions.listen(request, for: caller)
    }
}
