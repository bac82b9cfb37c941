import HearthCore
package import HearthJSON

/// The result of a request, before it is written as its revision has it.
package struct MCPResult: Sendable, Equatable {
    /// How long, and for whom, a client may keep a result.
    struct Caching: Sendable, Equatable {
        let milliseconds: Int64
        let scope: String

        /// The same for every caller, until the program is replaced by another version.
        static let declarations = Caching(milliseconds: 300_000, scope: "public")
        /// A caller's own data, which may change at any time.
        static let none = Caching(milliseconds: 0, scope: "private")
    }

    package var fields: JSONObject
    /// `complete`, `input_required` or `task`.
    var type = "complete"
    /// Nil: results of the method say nothing of it.
    var caching: Caching?
    var meta: JSONObject = [:]

    init(_ fields: JSONObject, type: String = "complete", caching: Caching? = nil, meta: JSONObject = [:]) {
        self.fields = fields
        self.type = type
        self.caching = caching
        self.meta = meta
    }

    /// As a revision writes it.
    func json(in version: MCPVersion) -> JSONValue {
        var json = fields
        var meta = meta
        if !version.hasHandshake {
            json["resultType"] = .string(type)
            if let caching {
                json["ttlMs"] = .int(caching.milliseconds)
                json["cacheScope"] = .string(caching.scope)
            }
            meta["\(MCPRequest.metaPrefix)serverInfo"] = MCPReply.serverInfo(in: version)
        }
        if !meta.isEmpty { json["_meta"] = .object(meta) }
        return .object(json)
    }
}

/// The messages that the server sends.
package enum MCPReply {
    /// Who answers.
    static func serverInfo(in version: MCPVersion) -> JSONValue {
        var info: JSONValue = ["name": "hearth", "version": .string(Hearth.version)]
        if version.hasStructuredContent { info["title"] = "Hearth" }
        return info
    }

    /// The answer to a request.
    package static func result(_ result: MCPResult, to request: MCPRequest) -> JSONValue {
        ["jsonrpc": "2.0", "id": request.id.json, "result": result.json(in: request.version)]
    }

    /// The refusal of a message.
    /// - Parameters:
    ///   - id: nil when it had none that could be read.
    ///   - version: nil when it is not known: those of the first era must have an id, which is null then.
    package static func error(_ error: MCPError, to id: MCPRequestID?, in version: MCPVersion?) -> JSONValue {
        var reply: JSONValue = ["jsonrpc": "2.0"]
        if let id {
            reply["id"] = id.json
        } else if version?.hasHandshake == true {
            reply["id"] = .null
        }
        reply["error"] = error.json
        return reply
    }

    /// A message that wants no answer.
    package static func notification(_ method: String, _ params: JSONObject) -> JSONValue {
        ["jsonrpc": "2.0", "method": .string(method), "params": .object(params)]
    }

    /// How far a request is.
    static func progress(_ report: MCPProgress.Step, token: JSONValue, in version: MCPVersion) -> JSONValue {
        var params: JSONObject = ["progressToken": token, "progress": .double(report.progress), "total": 1]
        if version.hasAnnotations, let message = report.message { params["message"] = .string(message) }
        return notification("notifications/progress", params)
    }

    /// A message for the client's log.
    package static func log(_ level: MCPLogLevel, _ data: JSONValue) -> JSONValue {
        notification(
            "notifications/message", ["level": .string(level.rawValue), "logger": "hearth", "data": data])
    }

    /// A resource that a client has subscribed to has changed.
    /// - Parameter subscription: the id of the request to listen; nil in the first era.
    package static func updated(_ uri: String, subscription: MCPRequestID?) -> JSONValue {
        var params: JSONObject = ["uri": .string(uri)]
        if let subscription { params["_meta"] = subscriptionMeta(subscription) }
        return notification("notifications/resources/updated", params)
    }

    /// What of a request to listen is honoured; the first message of its stream.
    static func acknowledged(_ filter: JSONObject, subscription: MCPRequestID) -> JSONValue {
        notification(
            "notifications/subscriptions/acknowledged",
            ["_meta": subscriptionMeta(subscription), "notifications": .object(filter)])
    }

    static let subscriptionKey = "\(MCPRequest.metaPrefix)subscriptionId"

    private static func subscriptionMeta(_ id: MCPRequestID) -> JSONValue { [subscriptionKey: id.json] }
}
