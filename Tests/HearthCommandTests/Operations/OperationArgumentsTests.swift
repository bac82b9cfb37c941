import Foundation
import HearthCore
import HearthDoors
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthCommand

/// Flags and arguments as the schema of an operation's input says.
@Suite struct OperationArgumentsTests {
    private struct Thing: Sendable, Codable, SchemaDescribed {
        enum Mood: String, Sendable, Codable, CaseIterable { case calm, wild }

        var thingID: String
        var title: String
        var count: Int?
        var ratio: Double?
        var isDraft: Bool?
        var mood: Mood?
        var tags: [String]?
        var attributes: JSONValue?

        static let fields = [
            "thing_id": FieldNote("Which one."), "count": FieldNote("How many.", minimum: 1, maximum: 9),
        ]
    }

    private static let operation = HearthCore.Operation(
        .init(
            "test.things.change", "Change a thing.", description: "It is another one then.", permission: .write,
            hints: .replaces, routes: [Route(.patch, "/things/{thing_id}")], attachment: .image(isRequired: false)),
        input: Thing.self, output: Thing.self
    ) { input, _ in input }

    private func read(_ line: String) throws -> OperationArguments {
        try OperationArguments(line.split(separator: " ").map(String.init), for: Self.operation)
    }

    @Test(
        arguments: [
            ("t1 Lamp", ["thing_id": "t1", "title": "Lamp"]),
            ("--title Lamp t1", ["title": "Lamp", "thing_id": "t1"]),
            ("--thing-id t1 Lamp", ["thing_id": "t1", "title": "Lamp"]),
            ("t1 Lamp --count 3 --ratio 0.5", ["thing_id": "t1", "title": "Lamp", "count": 3, "ratio": 0.5]),
            ("t1 Lamp --count=-3", ["thing_id": "t1", "title": "Lamp", "count": -3]),
            ("t1 Lamp --is-draft", ["thing_id": "t1", "title": "Lamp", "is_draft": true]),
            ("t1 Lamp --no-is-draft", ["thing_id": "t1", "title": "Lamp", "is_draft": false]),
            ("t1 Lamp --tags a --tags b", ["thing_id": "t1", "title": "Lamp", "tags": ["a", "b"]]),
            ("t1 Lamp --mood wild", ["thing_id": "t1", "title": "Lamp", "mood": "wild"]),
            ("t1 -5 --attributes {\"a\":1}", ["thing_id": "t1", "title": "-5", "attributes": ["a": 1]]),
            ("t1 Lamp --attributes auto", ["thing_id": "t1", "title": "Lamp", "attributes": "auto"]),
            ("t1 Lamp --attributes 90s", ["thing_id": "t1", "title": "Lamp", "attributes": "90s"]),
            ("t1 Lamp --attributes 90", ["thing_id": "t1", "title": "Lamp", "attributes": 90]),
            ("-- t1 --count", ["thing_id": "t1", "title": "--count"]),
        ] as [(String, JSONValue)])
    func aCommandLineBecomesTheInput(line: String, input: JSONValue) throws {
        #expect(JSONValue.object(try read(line).input) == input)
    }

    @Test(
        arguments: [
            ("t1", "<title> is missing."), ("t1 Lamp more", "one argument too many"),
            ("t1 Lamp --colour red", "There is no flag --colour."), ("t1 Lamp --count", "--count needs a value."),
            ("t1 Lamp --count many", "--count must be a number."), ("t1 Lamp --ratio nan", "--ratio must be a number."),
            ("t1 Lamp --mood grim", "--mood must be one of calm, wild."),
            ("t1 Lamp --count 1 --count 2", "given twice"),
            ("t1 Lamp --attributes {", "is no JSON"), ("t1 Lamp --is-draft=perhaps", "must be true or false"),
            ("t1 Lamp --wait", "There is no flag --wait."),
        ])
    func whatDoesNotFitIsRefusedInWords(line: String, words: String) {
        let error = #expect(throws: HearthError.self) { try read(line) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func filesAndTheServersAddressGoBesideTheInput() throws {
        let read = try read("t1 Lamp --image a.jpg --json --url http://h:1 --data folder")
        #expect(read.files.map(\.field) == ["image"])
        #expect(read.files.map(\.path) == ["a.jpg"])
        #expect(read.clientArguments == ["--json", "--url", "http://h:1", "--data", "folder"])
        #expect(try self.read("--help").wantsHelp)
    }

    @Test func jsonMayComeFromAFile() throws {
        let folder = try TemporaryFolder()
        try Data(#"{"colour": "red"}"#.utf8).write(to: URL(fileURLWithPath: folder.file("a.json")))
        #expect(try read("t1 Lamp --attributes @\(folder.file("a.json"))").input["attributes"] == ["colour": "red"])
        let error = #expect(throws: HearthError.self) { try read("t1 Lamp --attributes @\(folder.file("b.json"))") }
        #expect(error?.code == .notFound)
    }

    @Test func noFieldOfAnOperationHasTheNameOfACommonFlag() throws {
        for operation in try ServerOperations.declared().operations {
            let flags = OperationFields(operation).fields.map(\.flag)
            let others =
                OperationArguments.commonFlags + [Confirmation.flag]
                + (operation.isQueued ? [OperationArguments.waitFlag] : [])
            #expect(Set(flags).isDisjoint(with: others), "\(operation.name)")
            #expect(Set(flags).count == flags.count, "\(operation.name)")
        }
    }

    /// `hearth characters bible restore ID 2`
    @Test func aNumberThatIsRequiredIsAnArgument() throws {
        let restore = try #require(try ServerOperations.declared()["studio.characters.bible.restore"])
        #expect(try OperationArguments(["c1", "2"], for: restore).input["restore_version"] == 2)
        #expect(try OperationArguments(["c1", "--restore-version", "2"], for: restore).input["restore_version"] == 2)
        let error = #expect(throws: HearthError.self) { try OperationArguments(["c1"], for: restore) }
        #expect(error?.message == "<restore-version> is missing.")
    }

    @Test func whatRemovesMayBeToldNotToAsk() throws {
        let registry = try ServerOperations.declared()
        let delete = try #require(registry["studio.projects.delete"])
        #expect(try OperationArguments(["Tales", "--yes"], for: delete).isConfirmed)
        #expect(try !OperationArguments(["Tales"], for: delete).isConfirmed)
        #expect(OperationCommand(operation: delete).help.contains("--yes"))
        let list = try #require(registry["studio.projects.list"])
        #expect(throws: HearthError.self) { try OperationArguments(["--yes"], for: list) }
        #expect(
            Confirmation.isYes(" Y ") && Confirmation.isYes("yes") && !Confirmation.isYes("")
                && !Confirmation.isYes("n"))
    }

    @Test func waitIsTheFieldOfThatNameOrFollowsTheJob() throws {
        let registry = try ServerOperations.declared()
        let answering = try #require(registry["products.imports.start"])
        let field = try OperationArguments(["i1", "--wait"], for: answering)
        #expect(JSONValue.object(field.input) == ["import_id": "i1", "wait": true] && !field.waits)
        let queued = try #require(registry["products.embed"])
        let followed = try OperationArguments(["p1", "--wait"], for: queued)
        #expect(followed.input["wait"] == nil && followed.waits)
        for operation in [answering, queued] {
            let rows = OperationCommand(operation: operation).help.split(separator: "\n")
            #expect(rows.count { $0.hasPrefix("  --wait ") } == 1, "\(operation.name)")
        }
    }

    @Test func helpShowsEveryField() throws {
        let help = OperationCommand(operation: Self.operation).help
        #expect(help.contains("USAGE: hearth things change <thing-id> <title> [--image <file>]"))
        for text in [
            "--count <number>", "How many.", "One of calm, wild.", "It is another one then.", "permission write",
        ] {
            #expect(help.contains(text), "\(text)")
        }
        for line in help.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        let queued = try #require(ServerOperations.declared()["products.embed"])
        #expect(OperationCommand(operation: queued).help.contains("--wait"))
    }

    @Test func aFormIsReadBackAsItWasWritten() throws {
        let form = MultipartForm(
            fields: ["name": "Mi\"ra", "count": 3], files: [("image", "a/b \"c\".jpg", Data([0, 13, 10, 45, 45]))])
        let body = form.body
        let parts = try MultipartParser(contentType: form.contentType).parts(of: body)
        #expect(parts.map(\.name) == ["name", "count", "image"])
        #expect(parts.map(\.contentType) == ["application/json", "application/json", "application/octet-stream"])
        let bytes = parts.compactMap { $0.bytes(in: body).map { Data($0.readableBytesView) } }
        #expect(bytes == [Data(#""Mi\"ra""#.utf8), Data("3".utf8), Data([0, 13, 10, 45, 45])])
    }
}
