import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What is a message, what is none, and by which revision a request is read.
@Suite struct MCPMessageTests {
    private func message(_ text: String) throws -> MCPMessage { try MCPMessage(JSONParser.parse(Data(text.utf8))) }

    private func refusal(_ text: String) throws -> Int? {
        let value = try JSONParser.parse(Data(text.utf8))
        do throws(MCPError) {
            _ = try MCPMessage(value)
            return nil
        } catch { return error.code }
    }

    @Test func aRequestANotificationAndAnAnswerAreToldApart() throws {
        #expect(
            try message(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}"#)
                == .request(.number(1), method: "ping", params: ["a": 1]))
        #expect(
            try message(#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#)
                == .request(.text("a"), method: "ping", params: [:]))
        #expect(
            try message(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                == .notification(method: "notifications/initialized", params: [:]))
        #expect(try message(#"{"jsonrpc":"2.0","id":1,"result":{}}"#) == .response)
        #expect(try message(#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#) == .response)
    }

    @Test(
        arguments: [
            ("1", -32_600), ("[]", -32_600), ("{}", -32_600), (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32_600), (#"{"jsonrpc":"2.0","id":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, -32_602),
        ])
    func whatIsNoMessageIsRefused(text: String, code: Int) throws {
        #expect(try refusal(text) == code)
    }

    // MARK: Eras

    private static let envelope: JSONValue = [
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
    ]

    private func read(_ method: String, _ meta: JSONValue?) throws -> Result<MCPRequest, MCPError> {
        var params = JSONObject()
        params["_meta"] = meta
        do throws(MCPError) {
            return .success(try MCPRequest(.number(1), method: method, params: params, agreed: .june2025))
        } catch { return .failure(error) }
    }

    @Test func whatARequestSaysItselfGoesBeforeWhatWasAgreedOn() throws {
        #expect(try read("tools/list", nil).get().version == .june2025)
        #expect(try read("tools/list", Self.envelope).get().version == .july2026)
        #expect(try read("tools/list", ["progressToken": 7]).get().progressToken == 7)
        // It begins the first era, whatever stands in it.
        #expect(try read("initialize", Self.envelope).get().version == .june2025)
    }

    @Test func theEnvelopeIsChecked() throws {
        func code(_ method: String, _ change: (inout JSONValue) -> Void) throws -> Int? {
            var meta = Self.envelope
            change(&meta)
            if case .failure(let error) = try read(method, meta) { return error.code }
            return nil
        }
        let prefix = "io.modelcontextprotocol/"
        #expect(try code("tools/list") { $0["\(prefix)clientCapabilities"] = nil } == -32_602)
        #expect(try code("tools/list") { $0["\(prefix)clientCapabilities"] = 1 } == -32_602)
        #expect(try code("tools/list") { $0["\(prefix)protocolVersion"] = 7 } == -32_602)
        #expect(try code("tools/list") { $0["\(prefix)logLevel"] = "loud" } == -32_602)
        #expect(try code("tools/list") { $0["progressToken"] = 1.5 } == -32_602)
        #expect(try code("server/discover") { $0 = [:] } == -32_602, "there is no other era for it")
        #expect(try code("tools/list") { $0["\(prefix)protocolVersion"] = "2027-01-01" } == -32_022)
        #expect(try code("tools/list") { $0["\(prefix)protocolVersion"] = "2025-11-25" } == -32_022)
    }

    @Test func anUnknownRevisionIsAnsweredByThoseThatThereAre() throws {
        let error = MCPError.unsupportedVersion("2030-01-01")
        #expect(error.data?["supported"]?.arrayValue?.compactMap(\.stringValue) == MCPVersion.names)
        #expect(error.data?["requested"] == "2030-01-01")
        #expect(MCPVersion.names == MCPVersion.names.sorted().reversed(), "the newest comes first")
    }

    @Test(
        arguments: [
            ("2025-11-25", MCPVersion.november2025), ("2024-11-05", .november2024), ("2026-07-28", .november2025),
            ("1999-01-01", .november2025), ("", .november2025),
        ])
    func initializeAgreesOnARevisionOfItsEra(asked: String, agreed: MCPVersion) {
        #expect(MCPVersion.agreed(asked: asked) == agreed)
    }

    // MARK: Seeds

    /// Whatever arrives, it is a message or one refusal, and the refusal can be written.
    @Test func damagedMessagesAreRefusedAndNothingElseHappens() throws {
        let whole = [
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_job","arguments":{"job_id":"a"}}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x","reason":"no"}}"#,
            MCPRequest.listen(to: .inbox, id: "l").message.encodedText(),
        ].map { Data($0.utf8) }
        for seed in RepeatableRandom.seeds(3_000) {
            var random = RepeatableRandom(seed: seed)
            let bytes = random.damaged(whole[Int(seed % 3)])
            guard let value = try? JSONParser.parse(bytes) else { continue }
            var connection = MCPConnection(MCPDeclarations(try .init([]), over: .stdio))
            switch connection.take(value) {
            case .reply(let reply):
                let isAnswer = reply["result"] != nil || reply["error"]?["code"]?.integerValue != nil
                #expect(isAnswer && reply["jsonrpc"] == "2.0", "seed \(seed)")
            case .forward(let request):
                #expect((try? JSONParser.parse(request.message.encoded())) == request.message, "seed \(seed)")
            default: break
            }
        }
    }
}
