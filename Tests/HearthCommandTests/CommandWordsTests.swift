import ArgumentParser
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// What a server says in the words of HTTP, as commands show it.
@Suite(.timeLimit(.minutes(2))) struct CommandWordsTests {
    /// `hearth studio generate` has flags that are not named like the fields.
    @Test func fieldsOfAGenerationAreItsFlags() {
        let error = HearthError(.invalidRequest, "`style_preset` and `kind`.", hint: "Name the `project`; not `other`.")
        let shown = CommandWords.shown(error, flags: StudioGenerate.flags)
        #expect(shown.message == "`--style` and `--video`." && shown.hint == "Name the `--project`; not `other`.")
    }

    @Test func secondsWithoutAVideoNameTheFlag() {
        let error = #expect(throws: (any Error).self) { try StudioGenerate.parse(["x", "--seconds", "6"]) }
        #expect(error.map { StudioGenerate.message(for: $0) }?.contains("--video") == true)
        #expect(throws: Never.self) { try StudioGenerate.parse(["x", "--seconds", "6", "--video"]) }
    }

    @Test(
        arguments: [
            (
                "Lists such as `GET /api/projects` and `GET /jobs` tell what there is.",
                "Lists such as `hearth projects` and `hearth jobs` tell what there is."
            ),
            (
                "`GET /api/collections/faces` shows it; delete it or take another name.",
                "`hearth collections get faces` shows it; delete it or take another name."
            ),
            (
                "`DELETE /api/collections/{collection}` deletes everything.",
                "`hearth collections delete <collection>` deletes everything."
            ),
            (
                "At most 4 at a time; `GET /products/imports` lists them, DELETE ends one.",
                "At most 4 at a time; `hearth imports` lists them, `hearth imports delete` ends one."
            ),
            (
                "Send `Authorization: Bearer <key>` with a key that allows it.",
                "Set HEARTH_API_KEY to a key of the server that allows it."
            ),
            (
                "`GET /openapi.json` describes what every operation takes.",
                "`--help` after a command says what it takes."
            ),
            (
                "Send the picture as the raw body, as the multipart file `image`, or as `image_base64`.",
                "Name its file by --image."
            ),
            ("Set a new validity by `expires_in_seconds`.", "Set a new validity by --expires-in."),
            ("`POST /embed/batch` takes several.", "`POST /embed/batch` takes several."),
            ("At most 40 million pixels.", "At most 40 million pixels."),
        ])
    func httpBecomesCommands(said: String, shown: String) { #expect(CommandWords.shown(said) == shown) }

    /// What is shown can be typed.
    @Test func theCommandsThatAreNamedExist() throws {
        let table = CommandTable(try ServerOperations.declared())
        for hint in ["`GET /api/usage`", "`GET /products/imports`", "`GET /api/collections`", "`GET /api/projects`"] {
            let words = CommandWords.shown(hint).filter { $0 != "`" }.split(separator: " ").map(String.init)
            #expect(words.first == "hearth", "\(hint): \(words)")
            switch table.meaning(of: Array(words.dropFirst())) {
            case .operation, .byHand: break
            default: Issue.record("\(words) is no command")
            }
        }
    }

    @Test func fieldsOfAnOperationAreItsFlags() throws {
        let registry = try ServerOperations.declared()
        let create = try #require(registry["identity.keys.create"])
        let error = HearthError(
            .invalidRequest, "`expires_in_seconds` must be at least 1.", hint: "Or leave `limits` out.")
        let shown = CommandWords.shown(error, for: create)
        #expect(shown.message == "`--expires-in-seconds` must be at least 1.")
        #expect(shown.hint == "Or leave `--limits` out.")
        #expect(shown.code == .invalidRequest)
    }

    @Test func aCommandThatIsRefusedSpeaksOfCommands() async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder, flags: [.apiKey: "k5Nb2!xQ9z.w7Lm3"]) { _ in
            let run = try await HearthRun(["projects"], in: folder)
            #expect(run.code == 1 && run.errors.contains("HEARTH_API_KEY"), "\(run.text)")
            #expect(!run.errors.contains("Authorization"), "\(run.text)")
        }
        let other = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: other) { _ in
            let run = try await HearthRun(["characters", "--project", "nowhere"], in: other)
            #expect(run.code == 1 && !run.errors.contains("GET /"), "\(run.text)")
        }
    }
}
