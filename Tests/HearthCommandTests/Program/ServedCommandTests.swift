import Foundation
import HearthTesting
import Testing

@testable import HearthCommand

/// Commands against a server with a worker, as a person runs them one after the other.
@Suite(.timeLimit(.minutes(3))) struct ServedCommandTests {
    private let folder: TemporaryFolder
    /// Whatever models have been made.
    private static let builtIn = [Setting.anchorModel.variable: "scatter"]

    init() throws { folder = try TemporaryFolder() }

    /// Runs a server until `body` returns.
    private func serve(
        _ environment: [String: String] = [:], _ body: (RunningHearth) async throws -> Void
    ) async throws {
        let server = try RunningHearth(["serve", "--port", "0"], in: folder, environment)
        let limit = ContinuousClock.now + .seconds(60)
        while !server.output.contains("Ready after") {
            try #require(ContinuousClock.now < limit, "\(server.output)\(server.errors)")
            try await Task.sleep(for: .milliseconds(10))
        }
        try await body(server)
        server.signal(SIGTERM)
        let ended = try await server.end()
        #expect(ended.code == 0, "\(ended.text)")
    }

    private func run(_ arguments: String...) async throws -> HearthRun {
        try await HearthRun(arguments, in: folder)
    }

    @Test func aServerSaysWhatToDoNextAndAFolderOfProductsIsImported() async throws {
        try await serve { server in
            #expect(server.output.contains("listens at http://127.0.0.1:"))
            #expect(server.output.contains(" register PICTURE --data \(folder.file("data"))`"), "\(server.output)")
            let imported = try await run("products", "import", try DemoProducts.samples())
            #expect(imported.code == 0, "\(imported.text)")
            #expect(imported.output.contains("10 products accepted, 0 refused"), "\(imported.text)")
            let listed = try await run("products")
            #expect(listed.output.contains("CREATED") && listed.output.contains(" ago"), "\(listed.text)")
            #expect(listed.output.contains("oat-drink"))
            let picture = "\(try DemoProducts.samples())/oat-drink/shop.jpg"
            let scanned = try await run("products", "scan", picture)
            #expect(scanned.output.hasPrefix("SCORE  PRODUCT"), "\(scanned.text)")
            #expect(scanned.output.contains("oat-drink"))
            let stats = try await run("system", "stats")
            #expect(stats.code == 0 && !stats.output.contains("{"), "\(stats.text)")
            let doctor = try await run("doctor")
            #expect(doctor.code == 0 && doctor.output.contains("healthy at"), "\(doctor.text)")
        }
    }

    /// By the built-in model, on the sample pictures.
    @Test func aKnownCharacterIsNamedAndAStrangerIsUnknown() async throws {
        let samples = try ProgramFiles.samples()
        try await serve(Self.builtIn) { _ in
            for (name, place) in [("Bolt", "comet-crew/bolt-cat"), ("Fennel", "lantern-woods/fennel-fox")] {
                let registered = try await run("register", "\(samples)/\(place)/view-1.jpg", "--name", name)
                #expect(registered.code == 0, "\(registered.text)")
            }
            let known = try await run("recall", "\(samples)/comet-crew/bolt-cat/view-4.jpg")
            #expect(known.code == 0 && known.output.hasPrefix("SCORE"), "\(known.text)")
            let best = known.output.split(separator: "\n").dropFirst().first ?? ""
            #expect(best.contains("Bolt") && !known.output.contains("unknown"), "\(known.text)")
            let stranger = try await run("recall", "\(samples)/lantern-woods/willa-witch/view-1.jpg")
            #expect(stranger.code == 0, "\(stranger.text)")
            // Two pictures are compared, so the threshold is lower than among many.
            #expect(stranger.output.hasPrefix("unknown: no character reaches 0.860."), "\(stranger.text)")
            #expect(stranger.output.contains("Fennel") && stranger.output.contains("Bolt"))
        }
    }

    @Test func aDemoNamesWhomItKnowsAndSaysUnknownOfStrangers() async throws {
        let samples = try ProgramFiles.samples()
        let cast = [
            "comet-crew/bolt-cat", "comet-crew/vega-hero", "lantern-woods/moss-frog", "lantern-woods/willa-witch",
        ]
        for character in cast {
            let target = URL(fileURLWithPath: folder.file("cast/\(character)"))
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: URL(fileURLWithPath: "\(samples)/\(character)"), to: target)
        }
        let run = try await HearthRun(["demo", "--images", folder.file("cast")], in: folder, Self.builtIn)
        #expect(run.code == 0, "\(run.text)")
        let lines = run.output.split(separator: "\n").filter { $0.contains("right") || $0.contains("wrong") }
        #expect(lines.count { $0.contains("bolt-cat") && $0.contains("✓ right") } == 3, "\(run.text)")
        // Another of its pictures is as far from it as a stranger may be.
        #expect(lines.contains { $0.contains("vega-hero") && $0.contains("~ right, not sure") }, "\(run.text)")
        #expect(run.output.contains("4 of 4 were answered \"unknown\", which is right."))
    }

    /// A server may have model folders that the command is not told of.
    @Test func modelsOfTheServersFoldersAreSeen() async throws {
        let folder = folder
        let roots = folder.file("models")
        try FileManager.default.createDirectory(atPath: "\(roots)/mine", withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(roots)/mine/model.json"))
        try await AssembledFront.run(in: folder, flags: [.models: roots]) { _ in
            let shown = try await HearthRun(["models", "show", "mine"], in: folder)
            #expect(shown.code == 0 && shown.output.contains("\(roots)/mine"), "\(shown.text)")
            let verified = try await HearthRun(["models", "verify", "mine", "--files-only"], in: folder)
            #expect(verified.code == 1 && verified.output.contains("mine"), "\(verified.text)")
            #expect(!verified.errors.contains("There is no model"))
            let removed = try await HearthRun(["models", "remove", "mine", "--yes"], in: folder)
            #expect(removed.errors.contains("lies in \(roots)/mine"), "\(removed.text)")
            let unknown = try await HearthRun(["models", "verify", "mina"], in: folder)
            #expect(unknown.errors.contains("Did you mean mine?"), "\(unknown.text)")
        }
    }

    /// Pictures of users: one file is no picture, one character has a single picture.
    @Test func aDemoGoesOnPastABadFileAndSaysWhatItDoesNotShow() async throws {
        let samples = "\(try ProgramFiles.samples())/comet-crew"
        let names = try FileManager.default.contentsOfDirectory(atPath: samples).filter { !$0.hasPrefix(".") }.sorted()
        func copy(_ from: String, _ to: String) throws {
            let target = folder.file("cast/\(to)")
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: target).deletingLastPathComponent().path,
                withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(samples)/\(from)", toPath: target)
        }
        try copy("\(names[0])/view-1.jpg", "lone/one.jpg")
        try FileManager.default.createDirectory(atPath: folder.file("cast/broken"), withIntermediateDirectories: true)
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder.file("cast/broken/a.jpg")))
        let run = try await HearthRun(["demo", "--images", folder.file("cast")], in: folder)
        #expect(run.code == 0, "\(run.text)")
        #expect(run.output.contains("2 characters in 1 project"), "\(run.text)")
        #expect(run.output.contains("✗ \(folder.file("cast/broken/a.jpg")):"), "\(run.text)")
        #expect(run.output.contains("Recall, from the registered pictures"), "\(run.text)")
        #expect(run.output.contains("lone has one picture only"), "\(run.text)")
        #expect(run.output.contains("the registered picture itself"))
        #expect(!run.output.contains("other pictures of the same"))
    }
}
