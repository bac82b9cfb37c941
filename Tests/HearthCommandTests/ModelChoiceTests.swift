import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthCommand

/// What `make run` and `make demo` say of the models that they take.
@Suite struct ModelChoiceTests {
    private static let preferences = #"""
        {"characters": [{"id": "scatter", "because": "knows strangers"}],
         "products": [{"id": "good", "because": "finds more"}, {"id": "scatter", "because": "built in"}],
         "texts": [{"id": "many", "because": "100 languages", "isMultilingual": true},
                   {"id": "one", "because": "English"}]}
        """#

    private func choice(
        _ models: [String: ModelKind], _ environment: [String: String] = [:]
    ) async throws -> (choice: ModelChoice, settings: Settings) {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/preferences.json"
        try Data(Self.preferences.utf8).write(to: URL(fileURLWithPath: path))
        let settings = try await Settings.resolve(flags: [:], environment: environment)
        let library = ModelLibrary(
            entries: models.map { id, kind -> ModelLibrary.Entry in
                var manifest = ModelFolder.fake(id).manifest
                manifest.kind = kind
                return .usable(ModelFolder(id: id, path: "", manifest: manifest))
            })
        let choice = ModelChoice(settings, preferences: try ModelPreferences(at: path), library: library)
        return (choice, settings)
    }

    @Test func theBestOfEachKindIsTakenAndSaid() async throws {
        let (choice, settings) = try await choice([
            "scatter": .imageEmbedding, "good": .imageEmbedding, "one": .textEmbedding, "many": .textEmbedding,
        ])
        #expect(
            choice.line
                == "Characters by scatter (knows strangers), products by good (finds more), "
                + "texts by many (100 languages)."
        )
        #expect(choice.texts?.isMultilingual == true)
        let worker = settings.taking(choice).worker("w")
        #expect(worker.anchorModel == "scatter" && worker.productModel == "good" && worker.textModel == "many")
        let plain = settings.worker("w")
        #expect(plain.anchorModel == nil && plain.productModel == nil && plain.textModel == nil)
    }

    @Test func withoutAnyThereIsTheBuiltInModelAndAWordOnHowToGetMore() async throws {
        let choice = try await choice(["scatter": .imageEmbedding]).choice
        #expect(
            choice.line
                == "Pictures by scatter (built in), texts by none: `make models` makes models for both.")
    }

    @Test func whatASettingNamesIsKept() async throws {
        let (choice, settings) = try await choice(
            ["good": .imageEmbedding, "many": .textEmbedding, "mine": .imageEmbedding],
            ["HEARTH_ANCHOR_MODEL": "mine", "HEARTH_TEXT_MODEL": "theirs"])
        #expect(
            choice.line
                == "Pictures by mine (by your setting anchorModel), texts by theirs (by your setting textModel).")
        let worker = settings.taking(choice).worker("w")
        #expect(worker.anchorModel == "mine" && worker.productModel == "mine" && worker.textModel == "theirs")
    }

    @Test func productsMayHaveAModelOfTheirOwn() async throws {
        let (choice, settings) = try await choice(
            ["scatter": .imageEmbedding, "good": .imageEmbedding, "mine": .imageEmbedding],
            ["HEARTH_PRODUCT_MODEL": "mine"])
        #expect(choice.characters.id == "scatter" && choice.products.reason == "by your setting productModel")
        let worker = settings.taking(choice).worker("w")
        #expect(worker.anchorModel == "scatter" && worker.productModel == "mine")
        #expect(try WorkerSettings(environment: worker.environment) == worker)
    }

    @Test func aModelOfPicturesThatReadsTextsIsTakenForBoth() async throws {
        let choice = try await choice(
            ["joint": .imageTextEmbedding, "many": .textEmbedding], ["HEARTH_ANCHOR_MODEL": "joint"]
        ).choice
        #expect(choice.texts == .init(id: "joint", reason: "as pictures"))
    }
}
