import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import Testing

@testable import HearthDoors

/// Headers that ask for what Hearth does not do.
@Suite struct RequestRulesTests {
    private struct OneDoor: Door {
        var routes: [DoorRoute] {
            [
                DoorRoute(.post, "/thing", body: .json(), describe: OpenAPIEntry("thing", "", answer: nil)) { call in
                    _ = try await call.fields()
                    return Response(status: .ok)
                }
            ]
        }
    }

    private func send(_ headers: [String: String]) async throws -> DoorClient.Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return try await DoorClient([OneDoor()]).send(.post, "/thing", body: .init("{}".utf8), headers: fields)
    }

    @Test(
        arguments: [
            ("Transfer-Encoding", "gzip, chunked", 501, "not_implemented"),
            ("Transfer-Encoding", "identity", 501, "not_implemented"),
            ("Transfer-Encoding", "chunked, chunked", 501, "not_implemented"),
            ("Content-Encoding", "gzip", 415, "unsupported_media_type"),
            ("Content-Encoding", "br", 415, "unsupported_media_type"),
            ("Content-Encoding", "identity, gzip", 415, "unsupported_media_type"),
            ("Expect", "200-ok", 417, "expectation_failed"),
            ("Expect", "100-continue, 200-ok", 417, "expectation_failed"),
        ])
    func areRefusedByWhatTheyAskFor(_ name: String, _ value: String, _ status: Int, _ code: String) async throws {
        let answer = try await send([name: value])
        #expect(answer.status == status)
        #expect(answer.code == code)
    }

    @Test(
        arguments: [
            [:], ["Transfer-Encoding": "chunked"], ["Transfer-Encoding": "Chunked"], ["Content-Encoding": "identity"],
            ["Content-Encoding": ""], ["Expect": "100-continue"], ["Expect": "100-Continue"],
        ] as [[String: String]])
    func areTakenWhereTheyAskForNothing(headers: [String: String]) async throws {
        #expect(try await send(headers).status == 200)
    }

    @Test func theWholeServerAnswersThemOverASocket() async throws {
        let routing = try DoorRouting(
            [OneDoor()], admission: Admission(metrics: MetricsRegistry()) { _, _ in Caller(.local) },
            budget: BodyBudget())
        let app = routing.router()
        try await DoorServer.run(router: app) { address, _ in
            for (header, status) in [
                ("Transfer-Encoding: gzip, chunked", 501), ("Content-Encoding: gzip\r\nContent-Length: 2", 415),
                ("Expect: 200-ok\r\nContent-Length: 2", 417),
            ] {
                try await RawClient.connect(to: address) { client in
                    await client.send("POST /thing HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n")
                    #expect(await client.readResponse().status == status, "without waiting for the body")
                }
            }
        }
    }
}
