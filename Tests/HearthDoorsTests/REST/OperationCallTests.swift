import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import Testing

@testable import HearthDoors

/// How the REST door calls operations: who may, what they get, and when the answer is a job.
@Suite struct OperationCallTests {
    private struct Note: Sendable, Codable {
        var text: String?
        var count: Int?
        var tags: [String]?
    }

    /// Takes jobs and keeps them.
    private final class Desk: JobSubmitter {
        let requests = Locked<[JobRequest]>([])

        func submit(_ request: JobRequest) async throws -> JobTicket {
            requests.withLock { $0.append(request) }
            return JobTicket(jobID: "j", status: "pending", isNew: true)
        }
    }

    private let seen = Locked<OperationContext?>(nil)
    private let notes = Locked<[Note]>([])
    private let desk = Desk()

    private func registry() throws -> OperationRegistry {
        let (seen, notes) = (seen, notes)
        return try OperationRegistry(
            [
                HearthCore.Operation(
                    .init(
                        "notes.make", "Make a note.", description: "Makes it.", permission: .write, hints: .adds,
                        routes: [Route(.post, "/notes")], tool: "make_note",
                        attachment: .image(isRequired: false), successStatus: 201, deadline: .seconds(7)),
                    input: Note.self, output: Note.self
                ) { note, context in
                    seen.withLock { $0 = context }
                    notes.withLock { $0.append(note) }
                    return note
                },
                HearthCore.Operation(
                    QueuedOperation(
                        .init(
                            "notes.sort", "Sort the notes.", description: "Sorts them.", permission: .write,
                            hints: .addsOnce, routes: [Route(.post, "/notes/sort")]),
                        plan: JobPlan(lane: .media), input: Note.self, subject: \.text)
                ) { _, _, _ in JobOutcome() },
            ], jobs: desk)
    }

    private func door() throws -> RESTDoor { RESTDoor(registry: try registry(), metrics: MetricsRegistry()) }

    private func send(
        _ path: String, type: String? = nil, _ bytes: [UInt8] = [], permission: Permission = .write
    ) async throws -> DoorClient.Answer {
        try await DoorClient([door()]).send(
            .post, path, body: Data(bytes), type: type, as: Principal(tenant: .local, permission: permission))
    }

    /// A GIF of one pixel, and what sha256sum says of it.
    private static let picture: [UInt8] =
        Array("GIF89a".utf8) + [
            1, 0, 1, 0, 0x80, 0, 0, 1, 2, 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ]
    private static let sum = "8c754ce1d0d82a63d8e5b7e0b6ce60d027734d206d100abaaf9ed5356ee3c219"

    private static let form =
        Array("--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n".utf8) + picture
        + Array("\r\n--b--\r\n".utf8)

    private static let base64 = Data(picture).base64EncodedString()
    private static let json = Array("{\"image_base64\": \"\(base64)\"}".utf8)
    private static let escaped = Array("{\"image_base64\": \"\(base64.replacing("R0", with: "\\u00520"))\"}".utf8)
    private static let forms: [(type: String, body: [UInt8])] = [
        ("image/gif", picture), ("application/octet-stream", picture), ("multipart/form-data; boundary=b", form),
        ("application/json", json), ("application/json", escaped),
    ]

    @Test(arguments: 0..<forms.count)
    func aPictureComesInspectedAndHashedInEveryForm(number: Int) async throws {
        let (type, body) = Self.forms[number]
        #expect(try await send("/notes", type: type, body).status == 201)
        let image = try #require(seen.withLock { $0?.image })
        #expect(image.bytes == Data(Self.picture))
        #expect(image.header == ImageHeader(format: .gif, width: 1, height: 1))
        #expect(image.sha256.hex == Self.sum)
    }

    @Test(arguments: ["image/gif", "application/json"]) func aBrokenPictureNeverReachesTheOperation(type: String)
        async throws
    {
        let cut = Array(Self.picture.dropLast())
        let body = type == "image/gif" ? cut : Array("{\"image_base64\": \"\(Data(cut).base64EncodedString())\"}".utf8)
        #expect(try await send("/notes", type: type, body).code == "invalid_image")
        #expect(seen.withLock { $0 == nil })
    }

    /// The picture is broken as well, and nobody has looked at it.
    @Test(arguments: ["/notes", "/api/operations/notes.make"])
    func whoMayNotCallIsToldSoBeforeTheBodyIsRead(path: String) async throws {
        let broken = Array(Self.picture.dropLast())
        #expect(try await send(path, type: "image/gif", broken, permission: .read).code == "forbidden")
        #expect(try await send(path, type: "image/gif", broken).code == "invalid_image")
    }

    @Test func theDeadlineIsTheOperationsOwn() async throws {
        let before = ContinuousClock.now
        _ = try await send("/notes")
        let deadline = try #require(seen.withLock { $0?.deadline })
        #expect(deadline >= before + .seconds(7))
        #expect(deadline <= ContinuousClock.now + .seconds(7))
    }

    @Test func aQueuedOperationAnswersWithItsJob() async throws {
        let answer = try await send("/notes/sort", type: "application/json", Array(#"{"text": "a", "count": 2}"#.utf8))
        #expect(answer.status == 202)
        #expect(
            answer.json == [
                "job_id": "j", "status": "pending", "is_new": true, "websocket_url": "/ws/j",
                "events_url": "/jobs/j/events",
            ])
        let request = try #require(desk.requests.withLock { $0.first })
        #expect(request.kind == "notes.sort")
        #expect(request.input == ["text": "a", "count": 2])
        #expect(request.subject == "a")
        let wrong = try await send("/notes/sort", type: "application/json", Array(#"{"count": "two"}"#.utf8))
        #expect(wrong.code == "invalid_request")
        #expect(desk.requests.withLock { $0.count } == 1)
    }

    @Test(arguments: ["notes.make", "make_note"]) func anOperationIsCalledByAnyOfItsNames(name: String) async throws {
        #expect(try await send("/api/operations/\(name)?text=a").status == 201)
        #expect(notes.withLock { $0.last?.text } == "a")
    }

    @Test func aPartOfAFormMayBeJSON() async throws {
        let form = [
            "--b", #"Content-Disposition: form-data; name="tags""#, "Content-Type: application/json", "",
            #"["a", "b"]"#, "--b", #"Content-Disposition: form-data; name="count""#, "", "3", "--b--", "",
        ].joined(separator: "\r\n")
        _ = try await send("/notes", type: "multipart/form-data; boundary=b", Array(form.utf8))
        #expect(notes.withLock { $0.last?.tags } == ["a", "b"])
        #expect(notes.withLock { $0.last?.count } == 3)
    }

    @Test func theDocumentDescribesWhatIsDeclared() throws {
        let routes = try door().routes
        let make = routes.first { $0.path == "/notes" }?.openAPI
        #expect(make?["summary"] == "Make a note.")
        #expect(make?["description"] == "Makes it.")
        #expect(make?["x-hearth-operation"]?["tool"] == "make_note")
        #expect(make?["x-hearth-operation"]?["permission"] == "write")
        #expect(make?["x-hearth-operation"]?["deadline_ms"] == 7_000)
        #expect(make?["x-hearth-operation"]?["hints"]?["read_only"] == false)
        let json = make?["requestBody"]?["content"]?["application/json"]?["schema"]?["properties"]
        #expect(json?["image_base64"]?["contentEncoding"] == "base64")
        let sort = routes.first { $0.path == "/notes/sort" }?.openAPI["responses"]?["202"]
        #expect(sort?["content"]?["application/json"]?["schema"]?["properties"]?["websocket_url"] != nil)
    }
}
