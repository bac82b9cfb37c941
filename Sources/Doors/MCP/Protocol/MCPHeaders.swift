package import HTTPTypes
package import HearthJSON

import struct Foundation.Data

/// The headers by which a request over HTTP repeats what its message says, so that proxies need not read messages.
///
/// From 2026-07-28 on a server refuses a request whose headers are missing or say something else than the message:
/// what a proxy has allowed by its headers must be what is done.
package struct MCPHeaders: Sendable {
    /// All values of each, as they came.
    private let versions: [String]
    private let methods: [String]
    private let names: [String]

    package init(_ fields: HTTPFields) {
        func values(_ name: String) -> [String] { HTTPField.Name(name).map { fields[values: $0] } ?? [] }
        versions = values("MCP-Protocol-Version")
        methods = values("Mcp-Method")
        names = values("Mcp-Name")
    }

    /// The methods that have a name, and where in `params` it is.
    private static let named = [
        "tools/call": "name", "prompts/get": "name", "resources/read": "uri", "tasks/get": "taskId",
        "tasks/update": "taskId", "tasks/cancel": "taskId",
    ]

    /// The revision of the first era that the headers name, for requests that say nothing themselves.
    /// - Throws: ``MCPError`` for a revision that is unknown.
    package func agreed() throws(MCPError) -> MCPVersion {
        guard let name = versions.first else { return .unnamed }
        guard let version = MCPVersion(rawValue: name) else { throw .unsupportedVersion(name) }
        return version
    }

    /// Whether they name a revision that has no `initialize`.
    var namesVersionWithoutHandshake: Bool {
        versions.first.flatMap(MCPVersion.init(rawValue:)).map { !$0.hasHandshake } ?? false
    }

    /// - Throws: ``MCPError`` when one is missing, comes twice, or says something else.
    func check(method: String, params: JSONObject, version: String) throws(MCPError) {
        try Self.check("MCP-Protocol-Version", versions, is: version)
        try Self.check("Mcp-Method", methods, is: method)
        guard let member = Self.named[method] else { return }
        // A message without the name is refused for that.
        guard let name = params[member]?.stringValue else { return }
        try Self.check("Mcp-Name", names, is: name)
    }

    private static func check(_ header: String, _ values: [String], is expected: String) throws(MCPError) {
        guard let value = values.first else { throw .header("The header \(header) is missing.") }
        guard values.count == 1 else { throw .header("The header \(header) comes more than once.") }
        guard decoded(value) == expected else {
            throw .header("The header \(header) says something else than the message.")
        }
    }

    private static let opening = "=?base64?"
    private static let closing = "?="

    /// What a header means: values that a header cannot hold are written in base64. Nil when they are so wrongly.
    static func decoded(_ value: String) -> String? {
        guard value.hasPrefix(opening), value.hasSuffix(closing), value.count >= opening.count + closing.count else {
            return value
        }
        let payload = String(value.dropFirst(opening.count).dropLast(closing.count))
        guard let bytes = Data(base64Encoded: payload), bytes.base64EncodedString() == payload else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A text as a header can hold it.
    package static func encoded(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.first != " " && text.last != " "
            && !(text.hasPrefix(opening) && text.hasSuffix(closing))
        return isPlain ? text : opening + Data(text.utf8).base64EncodedString() + closing
    }

    /// The headers of a message, for who sends it.
    package static func fields(method: String, params: JSONObject, version: String) -> [(name: String, value: String)] {
        var fields = [("MCP-Protocol-Version", version), ("Mcp-Method", encoded(method))]
        if let name = named[method].flatMap({ params[$0]?.stringValue }) { fields.append(("Mcp-Name", encoded(name))) }
        return fields
    }
}
