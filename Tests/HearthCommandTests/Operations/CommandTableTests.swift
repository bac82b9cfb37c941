import HearthCore
import HearthDoors
import HearthJSON
import Testing

@testable import HearthCommand

/// Which command a command line means, for every operation there is.
@Suite struct CommandTableTests {
    private let registry: OperationRegistry
    private let table: CommandTable

    init() throws {
        registry = try ServerOperations.declared()
        table = CommandTable(registry)
    }

    private func name(_ words: String) -> String? {
        guard case .operation(let operation, _) = table.meaning(of: words.split(separator: " ").map(String.init))
        else { return nil }
        return operation.name
    }

    @Test func wholeCommandsHideNoOperation() {
        for word in ["serve", "demo", "doctor", "config"] { #expect(CommandTable.isWholeCommand(word)) }
        for operation in registry.operations {
            #expect(!CommandTable.isWholeCommand(CommandTable.words(of: operation)[0]), "\(operation.name)")
        }
    }

    @Test func everyOperationHasItsCommand() throws {
        var byHand: Set<String> = []
        for operation in registry.operations {
            let words = CommandTable.words(of: operation)
            switch table.meaning(of: words + ["--help"]) {
            case .operation(let found, let arguments):
                #expect(found.name == operation.name, "\(words)")
                #expect(arguments == ["--help"])
            case .byHand:
                byHand.insert(words.joined(separator: " "))
                let verbs = table.verbs(of: words[0]).map(\.verb)
                #expect(verbs.contains(words.dropFirst().joined(separator: " ")), "\(operation.name)")
            default: Issue.record("\(operation.name) has no command")
            }
        }
        // These do more than call the operation: upload in pieces, watch, read this machine's folders, and work on the
        // data folder where no server runs.
        #expect(
            byHand == [
                "jobs list", "keys create", "keys list", "keys revoke", "keys rotate", "models list",
                "products backfill", "products import", "studio reindex",
            ])
    }

    @Test func noTwoOperationsHaveTheSameCommand() {
        let words = registry.operations.map { CommandTable.words(of: $0).joined(separator: " ") }
        #expect(Set(words).count == words.count)
    }

    @Test(
        arguments: [
            ("characters list", "studio.characters.list"), ("characters", "studio.characters.list"),
            ("characters --json", "studio.characters.list"), ("characters get x", "studio.characters.get"),
            ("characters show x", "studio.characters.get"),
            ("characters anchors register x", "studio.characters.anchors.register"),
            ("products quick-scan --image a.jpg", "products.quick_scan"), ("jobs", nil),
            ("jobs show 1", "jobs.get"), ("jobs watch 1", nil), ("models list", nil), ("models", nil),
            ("models load clip", "models.load"), ("worker recycle", "system.worker.recycle"),
            ("system health", "system.health"), ("help jobs get", "jobs.get"), ("serve --port 0", nil),
            ("workflows list", "studio.workflows.list"), ("studio workflows list", "studio.workflows.list"),
            ("studio workflows", "studio.workflows.list"), ("studio workflows show x", "studio.workflows.get"),
            ("studio workflows add x --file a.json", "studio.workflows.add"), ("studio eval x", nil),
            ("studio characters list", "studio.characters.list"), ("studio dance list", nil),
            ("register a.jpg", nil), ("--version", nil), ("characters dance", nil), ("worker", nil),
        ] as [(String, String?)])
    func aCommandLineMeansOneThing(words: String, operation: String?) {
        #expect(name(words) == operation)
    }

    @Test func aThingIsExplainedByItsVerbs() {
        guard case .verbs(let thing) = table.meaning(of: ["jobs", "--help"]) else {
            Issue.record("no verbs")
            return
        }
        #expect(table.verbs(of: thing).map(\.verb) == ["list", "watch", "get", "wait", "cancel", "retry"])
        guard case .everything = table.meaning(of: ["--help"]), case .everything = table.meaning(of: []) else {
            Issue.record("no overview")
            return
        }
        #expect(table.overview.map(\.thing).contains("characters"))
        guard case .unknown("jobs", "dance") = table.meaning(of: ["jobs", "dance"]) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test(arguments: [("recal", "recall"), ("chracters", "characters"), ("model", "models"), ("sreve", "serve")])
    func aMisspeltCommandIsToldOfWithTheOneThatIsProbablyMeant(word: String, meant: String) {
        guard case .unknownThing(word) = table.meaning(of: [word, "x"]) else {
            Issue.record("\(word) is known")
            return
        }
        #expect(table.thing(like: word) == meant)
        #expect(table.thing(like: "quetzalcoatl") == nil)
        #expect(table.verb(like: "wach", of: "jobs") == "watch")
    }

    @Test func everyOperationIsDescribed() {
        for operation in registry.operations {
            #expect(operation.summary.hasSuffix("."), "\(operation.name)")
            #expect(operation.description.hasSuffix("."), "\(operation.name)")
            #expect(operation.description != operation.summary, "\(operation.name)")
            #expect(operation.schemaProblem == nil, "\(operation.name): \(operation.schemaProblem ?? "")")
        }
    }

    @Test(arguments: [
        ("system.health", ["status", "workers", "unmet_needs", "lost_features", "worker_memory_mb"]),
        ("system.stats", ["queue", "latencies_ms", "caches", "collections"]),
        ("models.list", ["models"]), ("models.get", ["id", "state", "keep_alive", "dims", "signature"]),
    ]) func whatTheServerSaysOfItselfHasAShape(name: String, keys: [String]) throws {
        let schema = try #require(registry[name]).outputSchema
        for key in keys { #expect(schema["properties"]?[key]?.objectValue?.isEmpty == false, "\(key)") }
    }

    /// What is read by GET changes nothing, and what `read` allows changes nothing.
    @Test func onlyWhatReadsIsOpenToReaders() {
        for operation in registry.operations {
            if operation.routes.contains(where: { $0.method == .get }) {
                #expect(operation.hints.isReadOnly, "\(operation.name)")
            }
            if operation.routes.contains(where: { [.put, .patch, .delete].contains($0.method) }) {
                #expect(!operation.hints.isReadOnly, "\(operation.name)")
            }
            if operation.permission < .admin {
                #expect(operation.hints.isReadOnly == (operation.permission == .read), "\(operation.name)")
            }
        }
        #expect(registry["products.quick_scan"]?.permission == .write, "it keeps what it scans")
        #expect(registry["register_character_anchor"]?.name == "studio.anchors.register")
    }

    @Test func toolsAreFewAndNamedLikeFunctions() {
        let tools = registry.operations.compactMap(\.tool)
        #expect(tools.count <= 16)
        #expect(
            MCPTools(registry).all.map(\.name) == [
                "register_character_anchor", "generate_image", "generate_video_segment", "list_characters",
                "get_character", "update_bible", "find_character", "get_job", "wait_for_job", "list_jobs", "cancel_job",
                "get_output", "upload_link", "server_status",
            ], "what clients of the Model Context Protocol get, in this order")
        for tool in tools { #expect(tool.wholeMatch(of: /[a-z][a-z0-9_]{0,63}/) != nil, "\(tool)") }
    }
}
