import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Who is seen in an output and in which style, as far as prompt and project say it.
@Suite(.timeLimit(.minutes(1))) struct OutputCastTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    private func recipe(_ input: JSONValue) async throws -> JSONValue {
        try #require(try await bench.call("studio.outputs.generate", input)["recipe"])
    }

    // MARK: Handles

    @Test func aHandleInThePromptPutsTheCharacterIntoTheOutput() async throws {
        let mira = try await bench.register("Mira Sol", project: "Woods", picture: 1)
        let answer = try await bench.call(
            "studio.outputs.generate", ["prompt": "@mira_sol walks, a@b.example, 12 @@ noon", "project": "Woods"])
        #expect(answer["character_id"] == mira["character_id"])
        let recipe = try #require(answer["recipe"])
        #expect(recipe["prompt"] == "@mira_sol walks, a@b.example, 12 @@ noon")
        #expect(recipe["plain_prompt"] == "Mira Sol walks, a@b.example, 12 @ noon")
        #expect(recipe["positive"] == recipe["plain_prompt"])
        #expect(recipe["references"]?.arrayValue?.map { $0["anchor_id"] } == [mira["anchor_id"]])
    }

    @Test func theCharacterThatIsNamedStaysTheMainOne() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        let answer = try await bench.call(
            "studio.outputs.generate",
            ["prompt": "@mira waves at @otto and @mira", "character": "Otto", "project": "Woods"])
        #expect(answer["character_id"] == otto["character_id"])
        let seen = answer["recipe"]?["references"]?.arrayValue?.map { $0["character_id"] }
        #expect(seen == [otto["character_id"], mira["character_id"]])
    }

    @Test func anUnknownHandleLeavesNothing() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        let before = try await bench.inventory()
        let error = try await bench.refusal(
            "studio.outputs.generate", ["prompt": "@mirra walks", "project": "Woods"])
        #expect(error?.code == .notFound && error?.hint?.contains("Did you mean @mira?") == true)
        #expect(try await bench.inventory() == before)
        #expect(try await bench.count("outputs") == 0)
    }

    @Test func aPromptWithoutHandlesIsKeptOnce() async throws {
        #expect(try await recipe(["prompt": "rain"])["plain_prompt"] == nil)
    }

    // MARK: Style

    @Test func theStyleOfTheProjectIsThatOfCallsThatNameNone() async throws {
        try await bench.call(
            "studio.presets.create", ["id": "ink_wash", "name": "Ink wash", "positive": "ink wash of {prompt}"])
        try await bench.call("studio.projects.create", ["name": "Woods", "style": "ink_wash"])
        let own = try await recipe(["prompt": "rain", "project": "Woods"])
        #expect(own["style_preset"] == "ink_wash" && own["positive"] == "ink wash of rain")
        let named = try await recipe(["prompt": "rain", "project": "Woods", "style_preset": "manga"])
        #expect(named["style_preset"] == "manga")
        #expect(try await recipe(["prompt": "rain"])["style_preset"] == "none", "a project without a style")
    }
}
