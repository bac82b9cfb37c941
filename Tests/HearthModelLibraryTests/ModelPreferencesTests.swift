import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct ModelPreferencesTests {
    /// The list that comes with Hearth.
    private func shipped() throws -> ModelPreferences {
        try ModelPreferences(at: TestFolders.models.appending(path: "preferences.json").path)
    }

    private func library(_ models: [(String, ModelKind)], refused: [String] = []) -> ModelLibrary {
        ModelLibrary(
            entries: models.map { id, kind -> ModelLibrary.Entry in
                var manifest = ModelFolder.fake(id).manifest
                manifest.kind = kind
                return .usable(ModelFolder(id: id, path: "", manifest: manifest))
            } + refused.map { .refused(.init(id: $0, kind: .imageEmbedding, reason: "No.")) })
    }

    @Test func theListNamesOnlyModelsThatHearthBringsOrMakes() throws {
        let preferences = try shipped()
        let makes = try String(contentsOf: TestFolders.package.appending(path: "Tools/models/make.py"), encoding: .utf8)
        for use in ModelPreferences.Use.allCases {
            let entries = preferences.entries(for: use)
            #expect(!entries.isEmpty && Set(entries.map(\.id)).count == entries.count)
            for entry in entries {
                #expect(entry.id == "scatter" || makes.contains("\"\(entry.id)\""), "\(entry.id)")
                #expect(!entry.because.isEmpty && !entry.because.hasSuffix("."), "\(entry.id)")
            }
        }
        for use in [ModelPreferences.Use.characters, .products] {
            #expect(preferences.entries(for: use).last?.id == "scatter", "what is always there comes last")
        }
    }

    @Test func theBestIsTheFirstThatIsThere() throws {
        let preferences = try shipped()
        let both = library([
            ("scatter", .imageEmbedding), ("efficientnet-lite-scatter", .imageEmbedding),
            ("all-minilm-l6-v2", .textEmbedding), ("other", .imageTextEmbedding),
        ])
        #expect(preferences.best(for: .products, in: both)?.id == "efficientnet-lite-scatter")
        #expect(preferences.best(for: .characters, in: both)?.id == "scatter", "the other takes strangers for known")
        #expect(preferences.best(for: .texts, in: both)?.id == "all-minilm-l6-v2")
        #expect(preferences.best(for: .texts, in: library([("other", .textEmbedding)])) == nil, "it was not measured")
    }

    @Test func aModelThatCannotBeUsedIsPassedOver() throws {
        let damaged = library([("scatter", .imageEmbedding)], refused: ["efficientnet-lite-scatter"])
        #expect(try shipped().best(for: .products, in: damaged)?.id == "scatter")
        let disguised = library([("all-minilm-l6-v2", .imageEmbedding)])
        #expect(try shipped().best(for: .texts, in: disguised) == nil, "its folder says that it reads no texts")
    }

    @Test func aListThatCannotBeReadIsAnError() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/preferences.json"
        #expect(throws: HearthError.self) { try ModelPreferences(at: path) }
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: HearthError.self) { try ModelPreferences(at: path) }
    }
}
