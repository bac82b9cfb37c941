import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthModelLibrary

/// `hearth demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Register characters while the model loads, find each one again, recognise products, and make pictures.")

    @Option(
        help: ArgumentHelp(
            stringLiteral: "Your own pictures: a folder with one sub-folder for each character, or with pictures whose "
                + "names begin alike (bolt-1.jpg, bolt-2.jpg)."))
    var images: String?
    @Option(help: "Folder with more models; those that `make models` makes, when absent.") var models: String?
    @Flag(help: "Keep the data folder, and say where it is.") var keep = false

    func run() async throws {
        let cast = try DemoCast(folder: images ?? ProgramFiles.samples())
        let data = FileManager.default.temporaryDirectory.appending(path: "hearth-demo-\(getpid())").path
        let models = try extraModels()
        let choice = try await choice(data: data, models: models)
        let server = try LocalServer(
            data: data, arguments: Self.arguments(models: models, choice), log: "\(data).log", keepsData: keep)
        defer {
            server.stop()
            server.removeFiles(keepingData: keep)
        }
        Terminal.line("Hearth \(Hearth.version): \(cast.text)")
        if let note = cast.note { Terminal.line(note) }
        Terminal.line("\(choice.line)\n")
        try await server.start()
        let run = DemoRun(cast: cast, client: server.client)
        Terminal.line("1. Register, while the model is still loading")
        let registrations = try await run.register()
        Terminal.line("\n2. Remember, in the background")
        let (members, learning) = try await run.watch(registrations)
        let areAllAlone = members.allSatisfy(\.hasOnePicture)
        Terminal.line(
            "\n3. Recall, from \(areAllAlone ? "the registered pictures" : "other pictures of the same characters")")
        if let caveat = DemoCast.caveat(of: members) { Terminal.line("   \(caveat)") }
        let recalls = try await run.recall(members)
        let strangers = try await DemoStrangers(members: members, client: server.client).run()
        let again = try await run.registerAgain(members)
        let isRight = try await ask(choice.texts, server.client)
        Terminal.line("\n5. Products, found in photos of shop shelves")
        let products = try await DemoProducts(client: server.client).run(folder: DemoProducts.samples())
        Terminal.line("\n6. A picture and a video of a character, asked for as Claude Desktop asks (MCP)")
        let studio = try await DemoStudio(
            members: members, data: data,
            folder: FileManager.default.temporaryDirectory.appending(path: "hearth-demo").path
        ).run()
        let memory = server.residentBytes
        let exitCode = server.stop()
        summarise(
            DemoSummary(
                startTime: server.startTime, memory: memory, whileLoading: registrations.map(\.time), idle: again,
                learning: learning, recalls: recalls, strangers: strangers, products: products, studio: studio))
        if keep { Terminal.line("\nThe data folder is \(data)") }
        guard exitCode == 0 else {
            throw HearthError(.internalError, "The server did not stop cleanly (exit code \(exitCode)).")
        }
        Terminal.line("\n" + Self.next(isCheckout: ProgramFiles.isCheckout))
        guard isRight, products.isFine, studio.isFine, recalls.allSatisfy(\.isFound) || images != nil else {
            throw ExitCode.failure
        }
    }

    /// What to do after the demonstration.
    static func next(isCheckout: Bool) -> String {
        isCheckout
            ? "Next: `make run`, then `curl http://127.0.0.1:8420/openapi.json`; the README has a tour."
            : "Next: `hearth serve --best-models`, and in another terminal `hearth register PICTURE`; `hearth "
                + "--help` lists the rest."
    }

    /// The folder that the user names, or the one that `make models` fills; nil when there is none.
    private func extraModels() throws -> String? {
        if let models { return models }
        let package = URL(fileURLWithPath: try BuiltInModels.folder()).deletingLastPathComponent()
        let made = package.appending(path: ".deps/models").path
        return FileManager.default.fileExists(atPath: made) ? made : nil
    }

    /// The best models that are there, or those that the environment names.
    private func choice(data: String, models: String?) async throws -> ModelChoice {
        var flags: [Setting: ConfigContent] = [.data: .string(data)]
        flags[.models] = models.map { .string($0) }
        return try ModelChoice(try await Settings.resolve(flags: flags))
    }

    private static func arguments(models: String?, _ choice: ModelChoice) -> [String] {
        (models.map { ["--models", $0] } ?? [])
            + ["--anchor-model", choice.characters.id, "--product-model", choice.products.id]
            + (choice.texts.map { ["--text-model", $0.id] } ?? [])
    }

    /// - Returns: whether every question found its answer, or there is no model to ask.
    private func ask(_ model: ModelChoice.Pick?, _ client: APIClient) async throws -> Bool {
        guard let model else {
            let source = ProgramFiles.isCheckout ? "`make models` makes some" : "`hearth models pull` downloads one"
            Terminal.line("\n4. Texts by their meaning: skipped, there is no model for texts (\(source))")
            return true
        }
        Terminal.line("\n4. Texts by their meaning")
        return try await DemoTexts(client: client, model: model).run()
    }

    private func summarise(_ summary: DemoSummary) {
        Terminal.line("\nFigures")
        for (name, value) in summary.rows { Terminal.line("  \(name.padded(to: 44))\(value)") }
    }
}
