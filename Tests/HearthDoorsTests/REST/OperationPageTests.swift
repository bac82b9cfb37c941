import Foundation
import HTTPTypes
import HearthCore
import HearthDoors
import HearthHTTP
import HearthJSON
import Testing

/// An operation whose answer can be looked at as a page.
@Suite struct OperationPageTests {
    private struct Note: Sendable, Codable {
        var text: String
    }

    private let client: DoorClient

    init() throws {
        let operation = HearthCore.Operation(
            .init(
                "notes.get", "Show a note.", description: "Shows it.", permission: .read, hints: .reads,
                routes: [Route(.get, "/notes/{text}")],
                page: { answer in "<!doctype html><p>\(answer["text"]?.stringValue ?? "")</p>" }),
            input: Note.self, output: Note.self
        ) { note, _ in
            guard note.text != "none" else { throw HearthError(.notFound, "There is no such note.") }
            return note
        }
        client = try DoorClient([RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry())])
    }

    private func get(_ path: String, accept: String?) async throws -> DoorClient.Answer {
        var headers = HTTPFields()
        headers[.accept] = accept
        return try await client.send(.get, path, headers: headers)
    }

    @Test(arguments: ["text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"])
    func aBrowserGetsThePage(accept: String) async throws {
        let page = try await get("/notes/a%3Cb%3E", accept: accept)
        #expect(page.status == 200 && page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(page.text == "<!doctype html><p>a&lt;b&gt;</p>")
        #expect(page.headers[.vary]?.contains("Accept") == true)
        let policy = try #require(page.headers[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'none'") && !policy.contains("script-src"))
    }

    @Test(arguments: [nil, "*/*", "application/json", "text/html;q=0"])
    func othersGetTheAnswer(accept: String?) async throws {
        let answer = try await get("/notes/a", accept: accept)
        #expect(answer.json == ["text": "a"] && answer.headers[.vary]?.contains("Accept") == true)
        #expect(answer.headers[.contentSecurityPolicy] == nil)
    }

    @Test func anErrorStaysAnError() async throws {
        let answer = try await get("/notes/none", accept: "text/html")
        #expect(answer.status == 404 && answer.code == "not_found")
    }

    @Test func theDescriptionNamesBoth() async throws {
        let paths = try await client.send(.get, "/openapi.json").json["paths"]
        let content = try #require(paths?["/notes/{text}"]?["get"]?["responses"]?["200"]?["content"])
        #expect(content["application/json"] != nil && content["text/html"]?["schema"]?["type"] == "string")
    }
}
