import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct ModelLibraryTests {
    /// A folder of its own for each test, gone afterwards.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("hearth-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ text: String, to path: String) throws {
            let file = url.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }

        /// Two weight files whose checksums the manifests below hold.
        func writeWeights(to model: String, graph: String = "graph", weights: String = "weights") throws {
            try write(graph, to: "\(model)/graph.xml")
            try write(weights, to: "\(model)/graph.bin")
        }

        func scan(
            _ roots: [String] = ["models"], descriptors: [String] = [], cache: String? = nil,
            allowsNonCommercial: Bool = false
        ) -> ModelLibrary {
            ModelLibrary(
                scanning: .init(
                    roots: roots.map { url.appendingPathComponent($0).path },
                    descriptors: descriptors.map { url.appendingPathComponent($0).path },
                    checksumCache: cache.map { url.appendingPathComponent($0).path },
                    allowsNonCommercial: allowsNonCommercial))
        }
    }

    private func manifest(_ change: (inout ModelManifest) -> Void = { _ in }) throws -> String {
        let folder = try Folder()
        try folder.writeWeights(to: "m")
        var checksums = ChecksumCache(path: nil)
        var manifest = ModelFolder.fake("declared").manifest
        manifest.weights = "graph.xml"
        manifest.files = [
            "graph.xml": try checksums.sha256(of: folder.url.appendingPathComponent("m/graph.xml").path),
            "graph.bin": try checksums.sha256(of: folder.url.appendingPathComponent("m/graph.bin").path),
        ]
        change(&manifest)
        return String(decoding: try JSONEncoder().encode(manifest), as: UTF8.self)
    }

    private func skipped(_ entry: ModelLibrary.Entry) throws -> ModelLibrary.Refusal {
        let refusal: ModelLibrary.Refusal? = if case .skipped(let refusal) = entry { refusal } else { nil }
        return try #require(refusal)
    }

    private func reason(_ library: ModelLibrary) -> String? {
        guard case .refused(let refusal) = library.entries.first else { return nil }
        return refusal.reason
    }

    @Test func folderWithItsOwnManifestIsUsableUnderTheFoldersName() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/mine")
        try folder.write(manifest(), to: "models/mine/model.json")
        let library = folder.scan()
        #expect(library.notes == [])
        #expect(library.entries.map(\.id) == ["mine"])
        #expect(library.folder("mine")?.path(of: "graph.xml") == folder.url.path + "/models/mine/graph.xml")
    }

    @Test func rootMayBeAModelFolderItself() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "mine")
        try folder.write(manifest(), to: "mine/model.json")
        #expect(folder.scan(["mine"]).folder("mine") != nil)
        #expect(folder.scan(["mine/"]).folder("mine") != nil)
    }

    @Test func folderWithoutManifestIsRecognisedByItsFiles() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/copy")
        try folder.writeWeights(to: "models/other", weights: "others")
        try folder.write(manifest(), to: "known/declared.json")
        let library = folder.scan(descriptors: ["known"])
        #expect(library.folder("copy")?.manifest.id == "declared")
        #expect(library.folder("other") == nil)
        #expect(library.entries.map(\.id) == ["copy", "other"])
    }

    @Test func filesThatNobodyKnowsAreSkippedUnlessTheFolderIsNamedLikeAKnownModel() throws {
        let folder = try Folder()
        for name in ["declared", "other"] { try folder.writeWeights(to: "models/\(name)", weights: "others") }
        try folder.write(manifest(), to: "known/declared.json")
        let library = folder.scan(descriptors: ["known"])
        #expect(library.entries.map(\.id) == ["declared", "other"])
        #expect(reason(library)?.contains("no model.json") == true, "damaged, as it seems")
        #expect(try skipped(library.entries[1]).reason.contains("no model.json"))
    }

    @Test func kindOfTheFutureIsRefusedByName() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        try folder.write(
            manifest().replacingOccurrences(of: "image-embedding", with: "of the future"), to: "models/a/model.json")
        #expect(reason(folder.scan())?.contains("kind") == true)
    }

    @Test(arguments: [ModelKind.textEmbedding, .imageTextEmbedding, .faceDetection, .faceEmbedding])
    func modelWithoutWhatItsKindNeedsIsRefused(kind: ModelKind) throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        let text = try manifest {
            $0.kind = kind
            $0.image = nil
        }
        try folder.write(text, to: "models/a/model.json")
        #expect(reason(folder.scan())?.contains("lacks") == true)
    }

    @Test func foldersThatHoldNoModelAreNotListed() throws {
        let folder = try Folder()
        try folder.write("{}", to: "models/descriptors/a.json")
        try folder.write("text", to: "models/README.md")
        try folder.write("x", to: "models/.hidden/graph.onnx")
        #expect(folder.scan().entries.isEmpty)
    }

    @Test func changedWeightsAreRefused() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a", weights: "tampered")
        try folder.write(manifest(), to: "models/a/model.json")
        #expect(reason(folder.scan()) == "graph.bin is not the file that model.json describes.")
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("models/a/graph.bin"))
        #expect(reason(folder.scan()) == "graph.bin is missing.")
    }

    @Test func nonCommercialWeightsNeedTheSetting() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        try folder.write(manifest { $0.commercial = false }, to: "models/a/model.json")
        #expect(reason(folder.scan())?.contains("forbids commercial use") == true)
        #expect(folder.scan(allowsNonCommercial: true).folder("a") != nil)
    }

    @Test(arguments: [
        ("{", "not JSON"), ("{}", "lacks \"id\""), (#"{"id": 7}"#, "wrong type at \"id\""), ("[]", "wrong type"),
    ])
    func brokenManifestSaysWhatIsWrong(text: String, expected: String) throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        try folder.write(text, to: "models/a/model.json")
        #expect(reason(folder.scan())?.contains(expected) == true, "\(reason(folder.scan()) ?? "usable")")
    }

    @Test func manifestsThatCannotBeComputedWithAreRefused() throws {
        let changes: [(String, (inout ModelManifest) -> Void)] = [
            ("plain file name", { $0.files["../../etc/passwd"] = $0.files["graph.xml"] }),
            ("no SHA-256", { $0.files["graph.bin"] = "abc" }),
            ("no checksum for other.onnx", { $0.weights = "other.onnx" }),
            ("graph.bin", { $0.files["graph.bin"] = nil }),
            ("output.dims", { $0.output?.dims = 0 }),
            ("as precision", { $0.precision = "int4" }),
            ("lacks \"image\"", { $0.image = nil }),
            ("image size", { $0.image?.width = 0 }),
            ("image size", { $0.image?.height = 100_000 }),
            ("three values", { $0.image?.mean = [1] }),
            ("cannot be computed", { $0.image?.std = [1, 0, 1] }),
            (
                "text.documentPrefix of 1001 characters",
                {
                    $0.text = TextPreprocessing(
                        tokenizer: "graph.bin", maximumTokens: 16, documentPrefix: String(repeating: "a", count: 1_001))
                }
            ),
        ]
        for (expected, change) in changes {
            let folder = try Folder()
            try folder.writeWeights(to: "models/a")
            try folder.write(manifest(change), to: "models/a/model.json")
            let found = reason(folder.scan())
            #expect(found?.contains(expected) == true, "\(expected): \(found ?? "usable")")
        }
    }

    @Test func missingRootAndTakenNameAreNotes() throws {
        let folder = try Folder()
        for root in ["first", "second"] {
            try folder.writeWeights(to: "\(root)/a")
            try folder.write(manifest(), to: "\(root)/a/model.json")
        }
        let library = folder.scan(["first", "nowhere", "second"])
        #expect(library.entries.count == 1)
        #expect(library.folder("a")?.path.contains("/first/") == true)
        #expect(library.notes.count == 2)
    }

    @Test func digestFollowsWhatDecidesAboutTheVectorsAndNothingElse() throws {
        let base = ModelFolder.fake("a").manifest
        func digest(_ change: (inout ModelManifest) -> Void) -> String {
            var changed = base
            change(&changed)
            return changed.digest
        }
        #expect(base.digest.count == 64)
        #expect(digest { $0.description = "other" } == base.digest)
        #expect(digest { $0.id = "other" } == base.digest)
        #expect(digest { $0.licence = "other" } == base.digest)
        let different = [
            digest { $0.files["graph.onnx"] = "01" }, digest { $0.image?.interpolation = .lanczos },
            digest { $0.image?.mean = [0, 0, 0.5] }, digest { $0.image?.std = [1, 1, 0.5] },
            digest { $0.image?.scale = 1 }, digest { $0.image?.width = 3 }, digest { $0.image?.resize = .stretch },
            digest { $0.image?.channels = .bgr }, digest { $0.image?.layout = .nhwc },
            digest { $0.image?.background = [0, 0, 0] }, digest { $0.output?.dims = 5 },
            digest { $0.output?.name = "0" }, digest { $0.output?.normalise = false }, base.digest,
            digest { $0.postprocess = .init(name: "boxes") },
            digest { $0.postprocess = .init(name: "boxes", settings: ["floor": 0.5]) },
        ]
        #expect(Set(different).count == different.count)
        let settings: [JSONValue] = [["a": 1, "b": ["c": 2, "d": 3]], ["b": ["d": 3, "c": 2], "a": 1]]
        let reordered = settings.map { settings in
            digest { $0.postprocess = .init(name: "boxes", settings: settings) }
        }
        #expect(reordered[0] == reordered[1], "the order of keys says nothing")
    }

    /// Cached vectors are found by the digest and the role, so a changed prefix never finds a vector of the old one.
    @Test func digestFollowsThePrefixesOfTexts() {
        func digest(_ query: String, _ document: String) -> String {
            var manifest = ModelFolder.fake("a").manifest
            manifest.text = TextPreprocessing(
                tokenizer: "tokenizer.json", maximumTokens: 16, queryPrefix: query, documentPrefix: document)
            return manifest.digest
        }
        let digests = [
            digest("", ""), digest("query: ", ""), digest("", "query: "), digest("query:", ""),
            digest("query: ", "passage: "), digest("a\n1:b", ""), digest("a", "1:b"),
        ]
        #expect(Set(digests).count == digests.count)
    }

    /// Vectors are kept under the digest: if it changed, all of them would have to be made anew.
    @Test func theDigestOfAModelIsTheSameInAllVersionsOfHearth() {
        #expect(
            ModelFolder.fake("a").manifest.digest
                == "b88f52b768a9dd5e3e28f7684ae854d66f7ed3f7409ad4be5ca6be6f711d05aa")
    }

    @Test func secondStartHashesNothingThatHasNotChanged() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        try folder.write(manifest(), to: "models/a/model.json")
        #expect(folder.scan(cache: "cache/checksums.json").folder("a") != nil)

        // A cache that says otherwise is believed, which shows that the file was not read again.
        let cache = folder.url.appendingPathComponent("cache/checksums.json")
        let honest = try String(contentsOf: cache, encoding: .utf8)
        let sum = try #require(folder.scan().folder("a")?.manifest.files["graph.bin"])
        try honest.replacingOccurrences(of: sum, with: String(repeating: "0", count: 64))
            .write(to: cache, atomically: true, encoding: .utf8)
        #expect(reason(folder.scan(cache: "cache/checksums.json"))?.contains("graph.bin is not") == true)

        // A file that was written anew is hashed anew.
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("models/a/graph.bin"))
        try folder.writeWeights(to: "models/a")
        #expect(folder.scan(cache: "cache/checksums.json").folder("a") != nil)
    }

    @Test func brokenChecksumCacheIsNoLoss() throws {
        let folder = try Folder()
        try folder.writeWeights(to: "models/a")
        try folder.write(manifest(), to: "models/a/model.json")
        try folder.write("not JSON", to: "cache.json")
        #expect(folder.scan(cache: "cache.json").folder("a") != nil)
    }
}
