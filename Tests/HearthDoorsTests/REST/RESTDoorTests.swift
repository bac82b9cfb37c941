import Foundation
import HTTPTypes
import HearthCore
import HearthDoors
import HearthHTTP
import HearthJSON
import Testing

/// What a request over HTTP says to an operation, without a socket.
@Suite struct RESTDoorTests {
    private struct Note: Sendable, Codable, SchemaDescribed {
        enum Mood: String, Sendable, Codable, CaseIterable { case calm, wild }

        var text: String?
        var tag: String?
        var count: Int?
        var ratio: Double?
        var isDraft: Bool?
        var mood: Mood?
        var places: [String]?
        var about: JSONValue?

        static let fields = [
            "tag": FieldNote("A short word.", minLength: 1, maxLength: 8),
            "count": FieldNote("How many.", minimum: 1, maximum: 9),
            "about": FieldNote("Anything.", schema: ["type": "object", "additionalProperties": true]),
        ]
    }

    /// What an operation was called with.
    private struct Call: Sendable {
        var note: Note
        var attachment: Int?
        /// Bytes that the budget held while it ran.
        var held: Int
    }

    private let budget = BodyBudget(limit: 1 << 20)
    private let calls = Locked<[Call]>([])

    /// Sends a request to a door with one operation at `/notes`.
    @discardableResult
    private func send(
        _ method: HTTPRequest.Method, query: String = "", type: String? = nil, body: [UInt8] = [],
        failing failure: HearthError? = nil, mediaTypes: [String] = []
    ) async throws -> DoorClient.Answer {
        let (budget, calls) = (budget, calls)
        let operation = HearthCore.Operation(
            .init(
                "notes.make", "Make a note.", description: "Makes it.", permission: .write, hints: .adds,
                routes: [Route(.get, "/notes"), Route(.post, "/notes")],
                attachment: .file(isRequired: false, mediaTypes: mediaTypes), successStatus: 201),
            input: Note.self, output: Note.self
        ) { note, context in
            // Whoever gives the budget back too early has done so by now.
            await Task.yield()
            calls.withLock {
                $0.append(Call(note: note, attachment: context.attachment?.bytes.count, held: budget.bytesInFlight))
            }
            if let failure { throw failure }
            return note
        }
        let client = try DoorClient(
            [RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry())], budget: budget)
        return try await client.send(method, "/notes\(query)", body: Data(body), type: type)
    }

    private func note(_ query: String) async throws -> Note? {
        let answer = try await send(.get, query: query)
        guard answer.status == 201 else { return nil }
        return calls.withLock { $0.last?.note }
    }

    @Test(
        arguments: [
            ("?text=red+lantern", "red lantern"), ("?text=red%20lantern", "red lantern"), ("?text=1%2B1", "1+1"),
            ("?text=%E6%BC%A2+%c3%a9", "漢 é"), ("?text=a=b", "a=b"), ("?text=100%", "100%"), ("?text=%zz%4", "%zz%4"),
            ("?text=", ""), ("?text", ""), ("?&text=a&", "a"), ("?%74ext=a", "a"), ("?text=%26%3D", "&="),
        ])
    func aQueryIsReadAsBrowsersWriteForms(query: String, text: String) async throws {
        #expect(try await note(query)?.text == text)
    }

    @Test(arguments: ["nan", "inf", "1e400", "x", ""]) func numbersOfAQueryAreFinite(text: String) async throws {
        #expect(try await send(.get, query: "?ratio=\(text)").status == 400)
        #expect(calls.withLock { $0.isEmpty })
    }

    @Test func fieldsOfAQueryHaveTheTypesOfTheOperation() async throws {
        let note = try await note("?count=3&ratio=0.5&is_draft=true&tag=7")
        #expect(note?.count == 3)
        #expect(note?.ratio == 0.5)
        #expect(note?.isDraft == true)
        #expect(note?.tag == "7", "a text stays a text")
        #expect(note?.text == nil)
    }

    @Test func objectsAndListsOfAQueryAreJSON() async throws {
        let note = try await note("?about=%7B%22a%22%3A+%5B1%5D%7D&places=%5B%22b%22%2C+%22c%22%5D")
        #expect(note?.about == ["a": [1]])
        #expect(note?.places == ["b", "c"])
    }

    @Test(arguments: [
        "?about=b", "?about=%5B%5D", "?places=b", "?places=%7B%7D", "?text=%ff", "?%c3=a", "?text=a&text=b",
        "?count=+3", "?count=many", "?is_draft=perhaps",
    ])
    func aQueryThatDoesNotFitIsRefused(query: String) async throws {
        #expect(try await send(.get, query: query).code == "invalid_request")
        #expect(calls.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [
            ("image/png", String(repeating: "x", count: 5_000), 5_000),
            ("multipart/form-data; boundary=b", multipart, 4_000), ("application/json", json, 3_000),
        ])
    func aBodyCountsAgainstTheBudgetUntilItsOperationHasEnded(type: String, body: String, picture: Int) async throws {
        let bytes = Array(body.utf8)
        try await send(.post, type: type, body: bytes)
        let call = try #require(calls.withLock { $0.last })
        #expect(call.attachment == picture)
        #expect(call.held == bytes.count)
        #expect(budget.bytesInFlight == 0, "and no longer")
    }

    /// A client may write all fields of a form, those that it does not mean as null.
    @Test func nullInABodyLeavesWhatTheQuerySays() async throws {
        func answer(_ query: String, _ body: String) async throws -> DoorClient.Answer {
            try await send(.post, query: query, type: "application/json", body: Array(body.utf8))
        }
        #expect(try await answer("?count=x", #"{"count": null}"#).code == "invalid_request")
        #expect(try await answer("?text=query", #"{"text": null}"#).json["text"] == "query")
        #expect(try await answer("?text=query", #"{"text": "body"}"#).json["text"] == "body")
    }

    private struct Named: Sendable, Codable {
        var name: String
        var text: String?
    }

    /// As the schema of the body says, in which a required field is never null.
    @Test(arguments: [
        ("application/json", #"{"name": null}"#),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"name\"\r\nContent-Type: application/json\r\n\r\n"
                + "null\r\n--b--\r\n"
        ),
    ])
    func nullForARequiredFieldIsRefusedAlsoWhereTheQueryHasIt(type: String, body: String) async throws {
        let operation = HearthCore.Operation(
            .init(
                "names.make", "Make a name.", description: "Makes it.", permission: .write, hints: .adds,
                routes: [Route(.post, "/names")], attachment: .file(isRequired: false, mediaTypes: [])),
            input: Named.self, output: Named.self
        ) { named, _ in named }
        let client = try DoorClient(
            [RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry())])
        for path in ["/names", "/names?name=Mira"] {
            let answer = try await client.send(.post, path, body: Data(body.utf8), type: type)
            #expect(answer.code == "invalid_request", "\(path) \(answer.text)")
        }
        let answer = try await client.send(
            .post, "/names?name=Mira&text=a", body: Data(#"{"text": null}"#.utf8), type: "application/json")
        #expect(answer.json["name"] == "Mira" && answer.json["text"] == "a")
    }

    /// The field that was meant is missing then; that it is missing is no help.
    @Test(
        arguments: [
            (HTTPRequest.Method.get, "?prety=true", nil, "", "pretty"),
            (.post, "?ratioo=1", "application/json", "{}", "ratio"),
            (.post, "", "application/json", #"{"file_bas64": "AAAA"}"#, "file_base64"),
            (.post, "", "application/json", #"{"Upload": "AAAA"}"#, "file_base64"),
            (.post, "", "multipart/form-data; boundary=b", part("upload", "\u{0}\u{1}"), "file"),
            (.post, "", "multipart/form-data; boundary=b", part("file_bas64", "AAAA"), "file_base64"),
            (.post, "", "multipart/form-data; boundary=b", part("flie", "AAAA"), "file"),
        ] as [(HTTPRequest.Method, String, String?, String, String)])
    func aMisspeltFieldIsRefusedWithTheOneThatWasMeant(
        method: HTTPRequest.Method, query: String, type: String?, body: String, meant: String
    ) async throws {
        let answer = try await send(method, query: query, type: type, body: Array(body.utf8))
        #expect(answer.status == 400 && calls.withLock { $0.isEmpty })
        let error = answer.json["error"]
        #expect(error?["message"]?.stringValue?.hasSuffix("is not a known field.") == true, "\(answer.text)")
        #expect(error?["hint"]?.stringValue?.hasPrefix("Did you mean `\(meant)`?") == true, "\(answer.text)")
    }

    private static func part(_ name: String, _ content: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"a\"\r\n\r\n\(content)\r\n--b--\r\n"
    }

    /// What the body overrides does not reach the operation, which would have refused it.
    @Test(
        arguments: [
            ("?tag=", "`tag` must have between 1 and 8 characters."), ("?tag=123456789", "`tag` must have between"),
            ("?count=10", "`count` must be between 1 and 9."), ("?mood=grim", "`mood` must be one of: calm, wild."),
            ("?moood=calm", "`moood` is not a known field."), ("?tag=a", nil),
        ])
    func aFieldOfTheQueryIsCheckedAlsoWhereTheBodyOverridesIt(query: String, problem: String?) async throws {
        let fields = #"{"tag": "body", "count": 3, "mood": "calm"}"#
        let form = ["tag": "body", "count": "3", "mood": "calm"].map { name, value in
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        for (type, body) in [
            ("application/json", fields), ("multipart/form-data; boundary=b", form.joined() + "--b--\r\n"),
        ] {
            calls.withLock { $0 = [] }
            let answer = try await send(.post, query: query, type: type, body: Array(body.utf8))
            if let problem {
                #expect(answer.code == "invalid_request", "\(type)")
                #expect(answer.json["error"]?["message"]?.stringValue?.hasPrefix(problem) == true, "\(type)")
                #expect(calls.withLock { $0.isEmpty })
            } else {
                #expect(calls.withLock { $0.last?.note.tag } == "body")
            }
        }
    }

    @Test func whatAnOperationDeclaresIsARawBody() async throws {
        try await send(.post, type: "text/csv; charset=utf-8", body: Array("a,b".utf8), mediaTypes: ["text/csv"])
        #expect(calls.withLock { $0.last?.attachment } == 3)
        let refused = try await send(.post, type: "text/csv", body: Array("a,b".utf8))
        #expect(refused.code == "unsupported_media_type")
    }

    @Test func theBudgetIsGivenBackWhenTheOperationFails() async throws {
        let failure = HearthError(.conflict, "Not now.")
        let answer = try await send(
            .post, type: "image/png", body: Array(repeating: 1, count: 5_000), failing: failure)
        #expect(answer.code == "conflict")
        #expect(calls.withLock { $0.map(\.held) } == [5_000])
        #expect(budget.bytesInFlight == 0)
    }

    private static let multipart = [
        "--b", #"Content-Disposition: form-data; name="text""#, "", "a+b", "--b",
        #"Content-Disposition: form-data; name="file"; filename="a.png""#, "", String(repeating: "x", count: 4_000),
        "--b--", "",
    ].joined(separator: "\r\n")

    private static let json = #"{"text": "a+b", "file_base64": ""# + String(repeating: "AAAA", count: 1_000) + #""}"#

    /// PHP and Foundation write `\/`, some tools break lines.
    @Test(arguments: [#"AA\/BAAAA"#, #"AA\u002fBAAAA"#, #"AA\/B\nAAAA"#, "AA/BAAAA"])
    func base64WithEscapesIsAPictureAsWell(text: String) async throws {
        try await send(
            .post, type: "application/json", body: Array(#"{"text": "a", "file_base64": "\#(text)"}"#.utf8))
        #expect(calls.withLock { $0.last?.attachment } == 6)
    }

    @Test(arguments: [("multipart/form-data; boundary=b", multipart), ("application/json", json)])
    func aPlusInABodyStaysAPlus(type: String, body: String) async throws {
        try await send(.post, type: type, body: Array(body.utf8))
        #expect(calls.withLock { $0.last?.note.text } == "a+b")
    }
}
