package import HearthJSON

/// What a request is known by; its client chooses it.
package enum MCPRequestID: Sendable, Hashable {
    case number(Int64)
    case text(String)

    /// - Returns: nil for what no request is known by: null, a fraction, a list.
    init?(_ value: JSONValue?) {
        switch value {
        case .int(let number): self = .number(number)
        case .string(let text): self = .text(text)
        default: return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .number(let number): .int(number)
        case .text(let text): .string(text)
        }
    }
}

/// A message of a client, as JSON-RPC 2.0 has it; what it asks for is not looked at yet.
package enum MCPMessage: Sendable, Equatable {
    case request(MCPRequestID, method: String, params: JSONObject)
    case notification(method: String, params: JSONObject)
    /// An answer to a request of ours. We send none, so that it means nothing.
    case response

    /// - Throws: ``MCPError``; the answer to it has the id of ``id(of:)``.
    package init(_ value: JSONValue) throws(MCPError) {
        guard case .object(let object) = value else {
            throw .invalidRequest("A message is a JSON object.")
        }
        guard object["jsonrpc"] == "2.0" else {
            throw .invalidRequest("`jsonrpc` of a message must be \"2.0\".")
        }
        guard let member = object["method"] else {
            guard object["result"] != nil || object["error"] != nil else {
                throw .invalidRequest("A message has a `method`, a `result` or an `error`.")
            }
            self = .response
            return
        }
        guard let method = member.stringValue else { throw .invalidRequest("`method` must be a string.") }
        let params = try Self.params(object["params"])
        guard let given = object["id"] else {
            self = .notification(method: method, params: params)
            return
        }
        guard let id = MCPRequestID(given) else {
            throw .invalidRequest("`id` of a request must be a string or an integer.")
        }
        self = .request(id, method: method, params: params)
    }

    private static func params(_ value: JSONValue?) throws(MCPError) -> JSONObject {
        switch value {
        case nil, .null?: return [:]
        case .object(let object)?: return object
        default: throw .invalidParameters("`params` must be an object.")
        }
    }

    /// The id of a message that may be wrong in other ways; nil when it has none that can be repeated.
    package static func id(of value: JSONValue) -> MCPRequestID? { MCPRequestID(value["id"]) }
}
