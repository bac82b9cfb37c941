import HTTPTypes
import HearthJSON
import Testing

@testable import HearthDoors

/// The headers of a request over HTTP say the same as its message.
@Suite struct MCPHeadersTests {
    private func code(
        _ method: String, _ params: JSONObject, _ fields: [(String, String)], version: String = "2026-07-28"
    ) throws -> Int? {
        var headers = HTTPFields()
        for (name, value) in fields {
            headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        do throws(MCPError) {
            try MCPHeaders(headers).check(method: method, params: params, version: version)
            return nil
        } catch { return error.code }
    }

    private static let call: [(String, String)] = [
        ("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "get_job"),
    ]

    @Test func headersThatSayTheSameAreAccepted() throws {
        #expect(try code("tools/call", ["name": "get_job"], Self.call) == nil)
        #expect(try code("tools/list", [:], [Self.call[0], ("Mcp-Method", "tools/list")]) == nil)
        #expect(
            try code(
                "resources/read", ["uri": "hearth://inbox"],
                [Self.call[0], ("MCP-METHOD", "resources/read"), ("Mcp-Name", "hearth://inbox")]) == nil)
    }

    @Test func oneThatIsMissingTwiceOrOtherwiseIsRefused() throws {
        for index in Self.call.indices {
            var fields = Self.call
            fields.remove(at: index)
            #expect(try code("tools/call", ["name": "get_job"], fields) == -32_020, "without \(Self.call[index].0)")
            #expect(try code("tools/call", ["name": "get_job"], Self.call + [Self.call[index]]) == -32_020)
        }
        #expect(try code("tools/call", ["name": "list_jobs"], Self.call) == -32_020)
        #expect(try code("tools/call", ["name": "Get_job"], Self.call) == -32_020, "values have their case")
        #expect(try code("tools/list", ["name": "get_job"], Self.call) == -32_020)
        #expect(try code("tools/call", ["name": "get_job"], Self.call, version: "2025-11-25") == -32_020)
    }

    @Test(arguments: ["plain", "Ünïcode", " edge ", "=?base64?eA==?=", "日本", ""])
    func textsThatAHeaderCannotHoldAreWrittenInBase64(text: String) {
        let written = MCPHeaders.encoded(text)
        #expect(written.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(MCPHeaders.decoded(written) == text)
    }

    @Test(arguments: ["=?base64?!?=", "=?base64?eB==?=", "=?base64?/w==?="])
    func wrongBase64IsNoText(value: String) {
        #expect(MCPHeaders.decoded(value) == nil)
    }

    @Test func whatTheHeadersNameHoldsForMessagesThatDoNot() throws {
        var headers = HTTPFields()
        #expect(try MCPHeaders(headers).agreed() == .march2025)
        headers[try #require(HTTPField.Name("MCP-Protocol-Version"))] = "2025-06-18"
        #expect(try MCPHeaders(headers).agreed() == .june2025)
        headers[try #require(HTTPField.Name("MCP-Protocol-Version"))] = "2020-01-01"
        #expect(throws: MCPError.self) { try MCPHeaders(headers).agreed() }
    }
}
