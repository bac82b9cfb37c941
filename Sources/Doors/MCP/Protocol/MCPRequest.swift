package import HearthJSON

/// A request whose era is known, and what it says about itself.
package struct MCPRequest: Sendable, Equatable {
    package let id: MCPRequestID
    package let method: String
    package let params: JSONObject
    /// By which it is read and answered.
    package let version: MCPVersion
    /// What its client can do; an empty object where it does not say it with each request.
    let capabilities: JSONValue
    /// What notifications about its progress are to carry; nil: it wants none.
    package let progressToken: JSONValue?
    /// Messages of this weight and above are sent while it runs; nil: none are.
    package let logLevel: MCPLogLevel?

    /// The prefix of what the protocol itself puts into `_meta`.
    static let metaPrefix = "io.modelcontextprotocol/"

    /// What a client says of itself with each request of 2026-07-28.
    private struct Envelope {
        let version: String
        let capabilities: JSONValue
    }

    /// Reads a request. Problems are found in the order in which the specification lists them: what is missing in
    /// `_meta`, headers that say something else, a revision that is unknown.
    /// - Parameters:
    ///   - headers: of a request over HTTP.
    ///   - agreed: the revision of requests that do not name one themselves; of the first era.
    ///   - logLevel: of such requests.
    /// - Throws: ``MCPError``.
    package init(
        _ id: MCPRequestID, method: String, params: JSONObject, headers: MCPHeaders? = nil, agreed: MCPVersion,
        logLevel: MCPLogLevel? = nil
    ) throws(MCPError) {
        self.id = id
        self.method = method
        self.params = params
        let meta = try Self.meta(params)
        progressToken = try Self.progressToken(meta)
        if Self.namesItsVersion(method: method, params: params, headers: headers) {
            let envelope = try Self.envelope(meta)
            try headers?.check(method: method, params: params, version: envelope.version)
            guard let version = MCPVersion(rawValue: envelope.version), !version.hasHandshake else {
                throw .unsupportedVersion(envelope.version)
            }
            self.version = version
            capabilities = envelope.capabilities
            self.logLevel = try Self.logLevel(meta)
        } else {
            version = agreed
            capabilities = [:]
            self.logLevel = logLevel
        }
    }

    /// A request whose parts are known.
    init(
        id: MCPRequestID, method: String, params: JSONObject, version: MCPVersion, capabilities: JSONValue,
        progressToken: JSONValue?, logLevel: MCPLogLevel?
    ) {
        self.id = id
        self.method = method
        self.params = params
        self.version = version
        self.capabilities = capabilities
        self.progressToken = progressToken
        self.logLevel = logLevel
    }

    /// Whether a request is of 2026-07-28 or later, which is told by what it says itself.
    package static func namesItsVersion(method: String, params: JSONObject, headers: MCPHeaders? = nil) -> Bool {
        if method == "initialize" { return false }
        return method == "server/discover" || params["_meta"]?["\(metaPrefix)protocolVersion"] != nil
            || headers?.namesVersionWithoutHandshake == true
    }

    private static func meta(_ params: JSONObject) throws(MCPError) -> JSONObject {
        guard let meta = params["_meta"] else { return [:] }
        guard let object = meta.objectValue else { throw .invalidParameters("`_meta` must be an object.") }
        return object
    }

    private static func progressToken(_ meta: JSONObject) throws(MCPError) -> JSONValue? {
        guard let token = meta["progressToken"] else { return nil }
        guard MCPRequestID(token) != nil else {
            throw .invalidParameters("`progressToken` must be a string or an integer.")
        }
        return token
    }

    private static func envelope(_ meta: JSONObject) throws(MCPError) -> Envelope {
        guard let version = meta["\(metaPrefix)protocolVersion"]?.stringValue else {
            throw .invalidParameters("`_meta` must say the revision in `\(metaPrefix)protocolVersion`.")
        }
        guard let capabilities = meta["\(metaPrefix)clientCapabilities"], capabilities.objectValue != nil else {
            throw .invalidParameters(
                "`_meta` must say what the client can do in `\(metaPrefix)clientCapabilities`; {} for nothing.")
        }
        return Envelope(version: version, capabilities: capabilities)
    }

    private static func logLevel(_ meta: JSONObject) throws(MCPError) -> MCPLogLevel? {
        guard let value = meta["\(metaPrefix)logLevel"] else { return nil }
        return try MCPLogLevel(value)
    }

    // MARK: Parameters

    /// A text of the parameters.
    /// - Throws: ``MCPError`` when it is missing or no string.
    package func text(_ name: String) throws(MCPError) -> String {
        guard let value = params[name] else { throw .invalidParameters("`\(name)` is missing.") }
        guard let text = value.stringValue else { throw .invalidParameters("`\(name)` must be a string.") }
        return text
    }

    /// An object of the parameters; an empty one when it is missing.
    /// - Throws: ``MCPError`` when it is something else.
    package func object(_ name: String) throws(MCPError) -> JSONObject {
        guard let value = params[name], !value.isNull else { return [:] }
        guard let object = value.objectValue else { throw .invalidParameters("`\(name)` must be an object.") }
        return object
    }

    /// Whether the client can show a form to its user.
    var canAsk: Bool {
        guard let elicitation = capabilities["elicitation"]?.objectValue else { return false }
        // An empty object means forms, which is all that there was at first.
        return elicitation.isEmpty || elicitation["form"] != nil
    }

    /// Whether the client knows an extension of the protocol.
    func knows(extension name: String) -> Bool { capabilities["extensions"]?[name]?.objectValue != nil }
}

/// How much a message matters, as RFC 5424 says it.
package enum MCPLogLevel: String, Sendable, CaseIterable {
    case debug, info, notice, warning, error, critical, alert, emergency

    /// - Throws: ``MCPError`` with the words that there are.
    package init(_ value: JSONValue) throws(MCPError) {
        guard let level = value.stringValue.flatMap(MCPLogLevel.init(rawValue:)) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidParameters("A log level is one of \(words).")
        }
        self = level
    }

    /// Whether it matters at least as much as another one.
    package func reaches(_ other: MCPLogLevel) -> Bool { rank >= other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
