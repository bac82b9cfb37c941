import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct ModelInstallerTests {
    /// A data folder, and a model's files beside it.
    private final class World {
        let folder: TemporaryFolder
        var data: DataFolder { DataFolder(folder.file("data")) }

        init() throws { folder = try TemporaryFolder(.memory) }

        func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

        func write(_ bytes: Data, to name: String) throws {
            let file = URL(fileURLWithPath: folder.file(name))
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try bytes.write(to: file)
        }

        func text(_ name: String) -> String? { try? String(contentsOfFile: folder.file(name), encoding: .utf8) }

        func names(_ name: String) -> [String] {
            ((try? FileManager.default.subpathsOfDirectory(atPath: folder.file(name))) ?? []).sorted()
        }

        func installer(_ source: ScriptedSource = ScriptedSource(), at time: Double = 0) -> ModelInstaller {
            ModelInstaller(
                folder: data, source: source, now: { Date(timeIntervalSince1970: time) }, sleep: { _ in })
        }

        func plan(_ id: String = "m", commercial: Bool = true, goldens: String? = nil) throws -> InstallPlan {
            try InstallPlan(
                id: id, manifest: ModelInstallerTests.manifest(commercial: commercial, goldens: goldens),
                folder: .path(folder.file("from")))
        }
    }

    private static func manifest(commercial: Bool = true, goldens: String? = nil) throws -> ModelManifest {
        var manifest = ModelFolder.fake("declared").manifest
        manifest.files = [:]
        manifest.commercial = commercial
        manifest.goldens = goldens
        return manifest
    }

    private func options(_ change: (inout ModelInstaller.Options) -> Void) -> ModelInstaller.Options {
        var options = ModelInstaller.Options()
        change(&options)
        return options
    }

    @Test func localModelIsCopiedWithItsDigestsAndFoundByTheScan() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        try world.write("terms", to: "from/LICENSE")
        try world.write("other", to: "from/photo.jpg")
        let outcome = try await world.installer().install(world.plan())
        #expect(outcome.pinned == ["graph.onnx"])
        #expect(world.names("data/models/m") == ["LICENSE", "graph.onnx", "model.json"])
        let scan = ModelLibrary(scanning: .init(roots: [world.data.models]))
        #expect(scan.folder("m")?.manifest == outcome.manifest)
        #expect(outcome.manifest.installed?.licence == "CC0")
        #expect(outcome.manifest.installed?.at == "1970-01-01T00:00:00Z")
        #expect(world.names("data/models/.incoming") == [])
    }

    @Test func whatIsNoFileIsNotWaitedFor() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        try #require(mkfifo(world.folder.file("from/LICENSE"), 0o600) == 0)
        _ = try await world.installer().install(world.plan())
        #expect(world.names("data/models/m") == ["graph.onnx", "model.json"])
        try FileManager.default.removeItem(atPath: world.folder.file("from/graph.onnx"))
        try #require(mkfifo(world.folder.file("from/graph.onnx"), 0o600) == 0)
        let error = await #expect(throws: HearthError.self) { try await world.installer().install(world.plan("n")) }
        #expect(error?.code == .notFound)
    }

    @Test func modelThatABuiltInOneWouldHideIsRefused() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        let error = await #expect(throws: HearthError.self) {
            try await world.installer().install(world.plan(), options { $0.builtIn = ["m"] })
        }
        #expect(error?.code == .conflict)
        #expect(world.names("data") == [])
    }

    @Test func linkedModelKeepsItsFilesWhereTheyAre() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        _ = try await world.installer().install(world.plan(), options { $0.links = true })
        #expect(ModelLibrary(scanning: .init(roots: [world.data.models])).folder("m") != nil)
        _ = try ModelInstaller.remove("m", from: world.data)
        #expect(world.text("from/graph.onnx") == "graph")
        #expect(world.names("data/models/m") == [])
    }

    @Test func modelThatIsThereIsKeptOrReplacedOnlyWhenAsked() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        _ = try await world.installer().install(world.plan())
        #expect(try await world.installer().install(world.plan()).wasThere)
        try world.write("damaged", to: "data/models/m/graph.onnx")
        await #expect { try await world.installer().install(world.plan()) } throws: { error in
            (error as? HearthError)?.code == .conflict
        }
        _ = try await world.installer().install(world.plan(), options { $0.replaces = true })
        #expect(world.text("data/models/m/graph.onnx") == "graph")
        #expect(world.names("data/models/.incoming") == [])
    }

    /// A file beside the graph that holds tensors decides about the vectors as the graph does.
    @Test func whatAGraphReadsComesAlongAndIsHashed() async throws {
        let world = try World()
        try world.write(ONNXMaker.graph(reading: ["graph.onnx_data"]), to: "from/graph.onnx")
        try world.write("weights", to: "from/graph.onnx_data")
        let outcome = try await world.installer().install(world.plan())
        #expect(world.names("data/models/m") == ["graph.onnx", "graph.onnx_data", "model.json"])
        #expect(Set(outcome.manifest.files.keys) == ["graph.onnx", "graph.onnx_data"])
        let path = world.data.models + "/m"
        #expect(ModelFolder.check(outcome.manifest, in: path).allSatisfy { $0.isGood })
        try world.write("weighty", to: "data/models/m/graph.onnx_data")
        #expect(ModelFolder.check(outcome.manifest, in: path).filter { !$0.isGood }.map(\.name) == ["graph.onnx_data"])
        #expect(ModelLibrary(scanning: .init(roots: [world.data.models])).folder("m") == nil, "it is not served")
    }

    @Test func aModelWhoseManifestLeavesAFileOutIsNotServed() throws {
        let world = try World()
        try world.write(ONNXMaker.graph(reading: ["graph.onnx_data"]), to: "models/m/graph.onnx")
        try world.write("weights", to: "models/m/graph.onnx_data")
        var manifest = ModelFolder.fake("m").manifest
        manifest.weights = "graph.onnx"
        manifest.files = ["graph.onnx": try FileDigest.sha256(of: world.folder.file("models/m/graph.onnx"))]
        try world.write(ModelFolder.json(of: manifest).encodedText(), to: "models/m/model.json")
        let library = ModelLibrary(scanning: .init(roots: [world.folder.file("models")]))
        guard case .refused(let refusal) = try #require(library.entries.first) else {
            Issue.record("it is served")
            return
        }
        #expect(refusal.reason.contains("graph.onnx_data"))
    }

    @Test(arguments: ["../secret", "/etc/passwd", "a/b/c", ""])
    func aGraphThatReadsOutsideOfItsFolderIsNotInstalled(name: String) async throws {
        let world = try World()
        try world.write(ONNXMaker.graph(reading: [name]), to: "from/graph.onnx")
        let error = await #expect(throws: HearthError.self) {
            try await world.installer().install(world.plan())
        }
        #expect(error?.code == .invalidRequest)
        #expect(world.names("data/models").allSatisfy { $0.hasPrefix(".incoming") })
    }

    @Test func missingFileInstallsNothing() async throws {
        let world = try World()
        await #expect { try await world.installer().install(world.plan()) } throws: { error in
            (error as? HearthError)?.code == .notFound
        }
        #expect(world.names("data/models") == [".incoming"])
    }

    @Test func nonCommercialWeightsNeedAWord() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        await #expect { try await world.installer().install(world.plan(commercial: false)) } throws: { error in
            (error as? HearthError)?.code == .forbidden
        }
        let outcome = try await world.installer().install(
            world.plan(commercial: false), options { $0.allowsNonCommercial = true })
        #expect(!outcome.manifest.commercial)
    }

    @Test func downloadIsPinnedAndOfflineRefused() async throws {
        let world = try World()
        let source = ScriptedSource(["https://a/b/graph.onnx": Data("graph".utf8)])
        let plan = try InstallPlan(id: "m", manifest: Self.manifest(), folder: .address("https://a/b"))
        await #expect { try await world.installer(source).install(plan, options { $0.isOffline = true }) } throws: {
            ($0 as? HearthError)?.code == .forbidden
        }
        let outcome = try await world.installer(source).install(plan)
        #expect(outcome.pinned == ["graph.onnx"])
        #expect(outcome.manifest.installed?.from == "https://a/b")
        #expect(try await world.installer(source).install(plan, options { $0.isOffline = true }).wasThere)
    }

    @Test func goldensComeWithTheirPicturesOrNotAtAll() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        try world.write(#"{"image": "a.png", "vector": [1]}"#, to: "from/goldens.jsonl")
        let without = try await world.installer().install(world.plan("without", goldens: "goldens.jsonl"))
        #expect(without.manifest.goldens == nil && without.notes.count == 1)
        #expect(world.names("data/models/without") == ["graph.onnx", "model.json"])
        try world.write("picture", to: "from/a.png")
        let with = try await world.installer().install(world.plan("with", goldens: "goldens.jsonl"))
        #expect(with.manifest.goldens == "goldens.jsonl" && with.notes == [])
        #expect(world.names("data/models/with") == ["a.png", "goldens.jsonl", "graph.onnx", "model.json"])
    }

    @Test func modelWhoseReplacerWasKilledComesBack() async throws {
        let world = try World()
        try world.write("old", to: "data/models/.incoming/replaced-m/graph.onnx")
        // Between the two renames: the old one is aside, the other one not yet in its place.
        let stage = try InstallStage(world.data.models, id: "m", now: Date())
        #expect(world.text("data/models/m/graph.onnx") == "old")
        withExtendedLifetime(stage) {}
    }

    @Test func whatOthersLeftIsSweptWhenItIsOldAndNobodyHasIt() throws {
        let world = try World()
        try world.write("part", to: "data/models/.incoming/left/graph.onnx.part")
        try world.write("part", to: "data/models/.incoming/busy/graph.onnx.part")
        let busy = try InstallStage(world.data.models, id: "busy", now: Date())
        let soon = Date()
        _ = try InstallStage(world.data.models, id: "m", now: soon)
        #expect(world.names("data/models/.incoming").contains("left/graph.onnx.part"))
        let late = soon + Double(Limits.abandonedDownload.components.seconds) + 60
        _ = try InstallStage(world.data.models, id: "m", now: late)
        #expect(!world.names("data/models/.incoming").contains("left"))
        #expect(world.names("data/models/.incoming").contains("busy/graph.onnx.part"))
        withExtendedLifetime(busy) {}
    }

    @Test func oneProcessAtATimeInstallsAnId() throws {
        let world = try World()
        try world.data.make()
        let first = try InstallStage(world.data.models, id: "m", now: Date())
        #expect(throws: HearthError.self) { try InstallStage(world.data.models, id: "m", now: Date()) }
        withExtendedLifetime(first) {}
    }

    @Test(arguments: ["", "..", "../x", "a/b", "Grüße", ".hidden"])
    func idThatIsNoNameIsRefused(id: String) throws {
        let world = try World()
        #expect(throws: HearthError.self) { try world.plan(id) }
        #expect(throws: HearthError.self) { try ModelInstaller.remove(id, from: world.data) }
    }

    @Test func removalTakesWhatWasCompiledAlong() async throws {
        let world = try World()
        try world.write("graph", to: "from/graph.onnx")
        _ = try await world.installer().install(world.plan())
        try world.write("blob", to: "data/cache/compiled/m/0123/a.blob")
        #expect(try ModelInstaller.remove("m", from: world.data) > 4)
        #expect(world.names("data/cache") == ["compiled"])
    }

    @Test func draftSaysWhatIsMissingAndFillsInWhatIsUsual() throws {
        var draft = ManifestDraft()
        draft.set("kind", "image-embedding")
        #expect(
            draft.gaps.map(\.field)
                == ["image.mean", "image.resize", "image.std", "image.width", "licence", "output.dims", "weights"])
        #expect(throws: HearthError.self) { try draft.manifest() }
        for (field, value) in [
            ("image.mean", [0, 0, 0]), ("image.std", [1, 1, 1]), ("image.resize", "cover"), ("image.width", 8),
            ("image.height", 8), ("licence", "CC-BY-NC-4.0"), ("output.dims", 4), ("weights", "a.onnx"),
        ] as [(String, JSONValue)] { draft.set(field, value) }
        let manifest = try draft.manifest()
        #expect(manifest.image?.scale == 1 / 255 && manifest.output?.normalise == true)
        #expect(!manifest.commercial, "the name of the licence says so")
    }
}
