import HTTPTypes
package import HearthCore
import HearthHTTP
package import HearthJSON

/// An error of the protocol, as JSON-RPC writes it.
///
/// What goes wrong within a tool is none: it is a result that a language model can read (``MCPToolResult``).
package struct MCPError: Error, Sendable, Equatable {
    package let code: Int
    /// One sentence, safe to show.
    package let message: String
    package let data: JSONValue?

    package init(_ code: Int, _ message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    static let parseCode = -32_700
    static let invalidRequestCode = -32_600
    static let unknownMethodCode = -32_601
    static let invalidParametersCode = -32_602
    static let internalCode = -32_603
    static let headerCode = -32_020
    static let missingCapabilityCode = -32_021
    static let unsupportedVersionCode = -32_022

    /// The text is no JSON.
    package static func parse(_ problem: String) -> MCPError { MCPError(parseCode, problem) }

    /// The value is no message.
    package static func invalidRequest(_ problem: String) -> MCPError { MCPError(invalidRequestCode, problem) }

    /// There is no such method in this revision.
    static func unknownMethod(_ method: String) -> MCPError {
        MCPError(unknownMethodCode, "There is no method \(method.prefix(80)).")
    }

    /// Something in `params` is missing or wrong, or names what there is not.
    static func invalidParameters(_ problem: String, data: JSONValue? = nil) -> MCPError {
        MCPError(invalidParametersCode, problem, data: data)
    }

    /// A header of HTTP is missing, or says something else than the message.
    static func header(_ problem: String) -> MCPError { MCPError(headerCode, problem) }

    /// The client has to be able to do something that it does not declare.
    static func missingCapability(_ capabilities: JSONValue, _ problem: String) -> MCPError {
        MCPError(missingCapabilityCode, problem, data: ["requiredCapabilities": capabilities])
    }

    /// The request is of another revision than those that are known.
    static func unsupportedVersion(_ requested: String) -> MCPError {
        MCPError(
            unsupportedVersionCode, "This revision of the protocol is not supported.",
            data: [
                "supported": .array(MCPVersion.names.map { .string($0) }),
                "requested": .string(String(requested.prefix(40))),
            ])
    }

    /// An error of Hearth outside of tools. Codes of its own are the status that HTTP would have, which no code of
    /// JSON-RPC is.
    package init(_ error: HearthError) {
        var data: JSONValue = ["code": .string(error.code.rawValue)]
        if let hint = error.hint { data["hint"] = .string(hint) }
        if let seconds = error.retryAfter { data["retry_after_seconds"] = .int(Int64(seconds)) }
        let message = error.hint.map { "\(error.message) \($0)" } ?? error.message
        switch error.code {
        case .invalidRequest, .notFound, .unprocessable, .bodyTooLarge:
            self.init(Self.invalidParametersCode, message, data: data)
        case .internalError: self.init(Self.internalCode, message, data: data)
        default: self.init(Int(ErrorTable.status(for: error.code).code), message, data: data)
        }
    }

    /// The status of an answer over HTTP that is this error.
    ///
    /// In the first era an error of the protocol is an answer like any other: its clients take other statuses for a
    /// broken connection.
    package func status(in version: MCPVersion) -> Int {
        switch code {
        case Self.parseCode, Self.invalidRequestCode: 400
        case Self.unknownMethodCode: version.hasHandshake ? 200 : 404
        case Self.invalidParametersCode, Self.headerCode, Self.missingCapabilityCode, Self.unsupportedVersionCode:
            version.hasHandshake ? 200 : 400
        default: 200
        }
    }

    var json: JSONValue {
        var json: JSONValue = ["code": .int(Int64(code)), "message": .string(message)]
        if let data { json["data"] = data }
        return json
    }
}
