package import HearthCore
package import HearthJSON

/// One client on standard input and output, as a state machine: messages in, what is to be done out.
///
/// It answers what needs no server. In the first era it remembers what `initialize` has agreed on; requests of
/// 2026-07-28 say everything themselves, and both may come over one connection.
package struct MCPConnection: Sendable {
    /// What a message asks for.
    package enum Step: Sendable, Equatable {
        case nothing
        case reply(JSONValue)
        /// The server has to answer it.
        case forward(MCPRequest)
        /// The client does not want the answer any more.
        case cancel(MCPRequestID)
        /// Tell of changes from now on, or no longer (first era).
        case follow(MCPResourceURI, reply: JSONValue)
        case unfollow(MCPResourceURI, reply: JSONValue)
    }

    private let declarations: MCPDeclarations
    /// What `initialize` has agreed on.
    private var agreed: MCPVersion?
    private var logLevel: MCPLogLevel?
    private var running: Set<MCPRequestID> = []
    private var followed: Set<MCPResourceURI> = []

    package init(_ declarations: MCPDeclarations) { self.declarations = declarations }

    /// The revision of messages that do not name one.
    package var version: MCPVersion { agreed ?? .newestWithHandshake }

    /// Reads a message.
    package mutating func take(_ value: JSONValue) -> Step {
        do throws(MCPError) {
            switch try MCPMessage(value) {
            case .response: return .nothing
            case .notification(let method, let params):
                guard method == "notifications/cancelled", let id = MCPRequestID(params["requestId"]) else {
                    return .nothing
                }
                return running.contains(id) ? .cancel(id) : .nothing
            case .request(let id, let method, let params): return try take(id, method, params)
            }
        } catch {
            return .reply(MCPReply.error(error, to: MCPMessage.id(of: value), in: refusalVersion(value)))
        }
    }

    /// A request has been answered, or cancelled.
    package mutating func end(_ id: MCPRequestID) { running.remove(id) }

    /// The answer to a line that is no message.
    package func refusal(_ error: MCPError) -> JSONValue { MCPReply.error(error, to: nil, in: agreed) }

    private func refusalVersion(_ value: JSONValue) -> MCPVersion? {
        let method = value["method"]?.stringValue ?? ""
        let isOwn = MCPRequest.namesItsVersion(method: method, params: value["params"]?.objectValue ?? [:])
        return isOwn ? .july2026 : agreed
    }

    private mutating func take(
        _ id: MCPRequestID, _ method: String, _ params: JSONObject
    ) throws(MCPError) -> Step {
        let request = try MCPRequest(id, method: method, params: params, agreed: version, logLevel: logLevel)
        guard !running.contains(id) else { throw .invalidRequest("Another request with this id is still running.") }
        if let result = try declarations.answer(request) {
            remember(request, result)
            return .reply(MCPReply.result(result, to: request))
        }
        if request.version.hasHandshake, method == "resources/subscribe" || method == "resources/unsubscribe" {
            return try change(request)
        }
        guard running.count < Limits.mcpBridgedRequests else {
            throw MCPError(HearthError(.overloaded, "Too many requests are running.", retryAfter: 1))
        }
        running.insert(id)
        return .forward(request)
    }

    private mutating func remember(_ request: MCPRequest, _ result: MCPResult) {
        switch request.method {
        case "initialize": agreed = result.fields["protocolVersion"]?.stringValue.flatMap(MCPVersion.init(rawValue:))
        case "logging/setLevel": logLevel = request.params["level"]?.stringValue.flatMap(MCPLogLevel.init(rawValue:))
        default: break
        }
    }

    private mutating func change(_ request: MCPRequest) throws(MCPError) -> Step {
        let uri = try MCPServer.uri(try request.text("uri"))
        let reply = MCPReply.result(MCPResult([:]), to: request)
        guard request.method == "resources/subscribe" else {
            return followed.remove(uri) == nil ? .reply(reply) : .unfollow(uri, reply: reply)
        }
        guard !followed.contains(uri) else { return .reply(reply) }
        guard followed.count < Limits.mcpFollowedResources else {
            throw .invalidParameters("At most \(Limits.mcpFollowedResources) resources can be followed at once.")
        }
        followed.insert(uri)
        return .follow(uri, reply: reply)
    }
}

extension MCPRequest {
    /// The message again, as it is sent on.
    package var message: JSONValue {
        ["jsonrpc": "2.0", "id": id.json, "method": .string(method), "params": .object(params)]
    }

    /// The same request with other parameters.
    package func with(params: JSONObject) -> MCPRequest {
        MCPRequest(
            id: id, method: method, params: params, version: version, capabilities: capabilities,
            progressToken: progressToken, logLevel: logLevel)
    }

    /// The same request of a client that does not hear how far it is.
    package var withoutProgress: MCPRequest {
        guard progressToken != nil, var meta = params["_meta"]?.objectValue else { return self }
        meta["progressToken"] = nil
        var params = params
        params["_meta"] = .object(meta)
        return with(params: params)
    }

    /// A request of 2026-07-28 that says what changes of a resource.
    package static func listen(to uri: MCPResourceURI, id: String) -> MCPRequest {
        let params: JSONObject = [
            "_meta": [
                "\(metaPrefix)protocolVersion": .string(MCPVersion.july2026.rawValue),
                "\(metaPrefix)clientCapabilities": [:],
            ],
            "notifications": ["resourceSubscriptions": [.string(uri.text)]],
        ]
        return MCPRequest(
            id: .text(id), method: "subscriptions/listen", params: params, version: .july2026, capabilities: [:],
            progressToken: nil, logLevel: nil)
    }

    /// What is answered when the call cannot be passed on: of a tool a result that a model can read.
    package func failed(_ error: HearthError) -> JSONValue {
        guard method == "tools/call" else { return MCPReply.error(MCPError(error), to: id, in: version) }
        let tool = params["name"]?.stringValue ?? ""
        let arguments = params["arguments"]?.objectValue ?? [:]
        let next = MCPNextStep.after(tool, error, arguments: arguments)
        return MCPReply.result(MCPToolResult(error, next: next).result(in: version), to: self)
    }
}
