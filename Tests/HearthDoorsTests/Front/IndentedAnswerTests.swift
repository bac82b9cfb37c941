import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import HearthZlib
import HummingbirdCore
import Testing

@testable import HearthDoors

/// `?pretty=true` gives answers lines; every JSON answer ends with one.
@Suite struct IndentedAnswerTests {
    private struct Wish: Sendable, Codable {
        var text: String?
    }

    private struct Note: Sendable, Codable {
        var text: String?
        var items: [[String: Int]] = [["a": 1]]
    }

    private struct OtherDoor: Door {
        var routes: [DoorRoute] {
            [
                DoorRoute(
                    .get, "/other", errors: .text(in: "detail"), describe: OpenAPIEntry("other", "Other.", answer: nil)
                ) { call in JSONReply([.string(call.request.uri.query ?? "")]).response }
            ]
        }
    }

    private let client: DoorClient

    init() throws {
        let operation = HearthCore.Operation(
            .init(
                "notes.get", "Get a note.", description: "Gets it.", permission: .read, hints: .reads,
                routes: [Route(.get, "/notes")]), input: Wish.self, output: Note.self
        ) { wish, _ in Note(text: wish.text) }
        client = try DoorClient(
            [RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry()), OtherDoor()],
            deflater: ZlibDeflater())
    }

    @Test(arguments: ["?pretty=true&text=red", "?text=red&pretty", "?text=red&pretty=true"])
    func theAnswerHasLines(query: String) async throws {
        let answer = try await client.send(.get, "/notes\(query)")
        #expect(answer.status == 200)
        #expect(
            answer.text == """
                {
                  "text": "red",
                  "items": [
                    {
                      "a": 1
                    }
                  ]
                }

                """)
        #expect(answer.headers[.contentLength].map { $0 == "\(answer.body.count)" } != false)
    }

    @Test(arguments: ["", "?pretty=false"]) func otherAnswersAreOneLine(query: String) async throws {
        let answer = try await client.send(.get, "/notes\(query)")
        #expect(
            answer.text == #"{"items":[{"a":1}]}"# + "\n" || answer.text == #"{"text":null,"items":[{"a":1}]}"# + "\n")
    }

    @Test(arguments: ["?pretty=yes", "?pretty=true&pretty=true", "?pretty=true&pretty=false"])
    func anotherValueIsRefused(query: String) async throws {
        let answer = try await client.send(.get, "/notes\(query)")
        #expect(answer.status == 400 && answer.json["error"]?["message"]?.stringValue?.contains("pretty") == true)
        #expect(answer.text.hasSuffix("}\n"), "errors end their line as well")
    }

    @Test func aRouteOfAnotherProtocolGetsItsQueryAsItIs() async throws {
        let answer = try await client.send(.get, "/other?pretty=true&a=1")
        #expect(answer.json == ["pretty=true&a=1"] && answer.text.split(separator: "\n").count == 1)
    }

    @Test func linesArePackedForClientsThatTakeThemSo() async throws {
        let text = String(repeating: "a", count: 5_000)
        let answer = try await client.send(
            .get, "/notes?pretty=true&text=\(text)", headers: [.acceptEncoding: "gzip"])
        #expect(answer.headers[.contentEncoding] == "gzip" && answer.body.count < 1_000)
    }
}
