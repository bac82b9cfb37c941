import Foundation
import HTTPTypes
import HearthCore
import HearthDoors
import HearthHTTP
import HearthJSON
import Testing

/// Bodies as `curl -d` sends them: JSON without a declaration, or declared as a form.
@Suite struct UndeclaredBodyTests {
    private struct Note: Sendable, Codable {
        var text: String?
    }

    private static let form = "application/x-www-form-urlencoded"
    private let calls = Locked<[(text: String?, bytes: Int?)]>([])

    private func send(
        type: String?, _ body: String, attachment: AttachmentRule? = nil
    ) async throws -> DoorClient.Answer {
        let calls = calls
        let operation = HearthCore.Operation(
            .init(
                "notes.make", "Make a note.", description: "Makes it.", permission: .write, hints: .adds,
                routes: [Route(.post, "/notes")], attachment: attachment),
            input: Note.self, output: Note.self
        ) { note, context in
            calls.withLock { $0.append((note.text, context.attachment?.bytes.count)) }
            return note
        }
        let client = try DoorClient([RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry())])
        return try await client.send(.post, "/notes", body: Data(body.utf8), type: type)
    }

    @Test(arguments: [nil, "", form, "\(form); charset=utf-8"]) func jsonIsReadAsJSON(type: String?) async throws {
        for attachment in [nil, AttachmentRule.image(isRequired: false)] {
            for body in [#"{"text": "a"}"#, " \n{\"text\": \"a\"}", "\u{FEFF}{\"text\": \"a\"}"] {
                let answer = try await send(type: type, body, attachment: attachment)
                #expect(answer.status == 200 && answer.json["text"] == "a", "\(answer.text)")
            }
        }
    }

    @Test func aFormIsRefusedWithTheFlagThatWasForgotten() async throws {
        let answer = try await send(type: Self.form, "text=a")
        #expect(answer.status == 415 && answer.code == "unsupported_media_type")
        #expect(answer.text.contains("-H 'Content-Type: application/json'"), "\(answer.text)")
        #expect(calls.withLock { $0.isEmpty })
    }

    /// Lines of JSON begin as an object does: where a file of any kind is taken, an undeclared body is the file.
    @Test func aFileOfLinesStaysAFile() async throws {
        let rule = AttachmentRule.file(isRequired: false, mediaTypes: [])
        _ = try await send(type: nil, "{\"a\": 1}\n{\"a\": 2}\n", attachment: rule)
        #expect(calls.withLock { $0.last?.bytes } == 18)
    }
}
