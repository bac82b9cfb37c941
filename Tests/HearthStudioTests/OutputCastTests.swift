import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Who is seen in an output and in which style, as far as prompt and project say it.
@Suite(.timeLimit(.minutes(3))) struct OutputCastTests {
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

    // MARK: Calls without a project

    @Test func aCharacterOfOneProjectStandsForIt() async throws {
        let jet = try await bench.register("Jet", project: "Tales", picture: 1)
        for input: JSONValue in [["prompt": "rides", "character": "JET"], ["prompt": "@jet rides"]] {
            let answer = try await bench.call("studio.outputs.generate", input)
            #expect(answer["character_id"] == jet["character_id"] && answer["project_id"] == jet["project_id"])
        }
        #expect(try await bench.call("studio.projects.list", [:])["items"]?.arrayValue?.count == 1, "none was made")
    }

    @Test func aNameThatSeveralProjectsHaveIsRefusedWithTheirNames() async throws {
        try await bench.register("Jet", project: "Tales", picture: 1)
        try await bench.register("Jet", project: "Woods", picture: 2)
        for input: JSONValue in [["prompt": "rides", "character": "Jet"], ["prompt": "@jet rides"]] {
            let error = try await bench.refusal("studio.outputs.generate", input)
            #expect(error?.code == .invalidRequest && error?.message.contains("Tales, Woods") == true)
            #expect(error?.hint?.contains("`project`") == true)
        }
    }

    @Test func aNameThatThereIsNotNamesThoseThatMayBeMeant() async throws {
        let mira = try await bench.register("Mira", project: "Tales", picture: 1)
        try await bench.register("Otto", project: "Woods", picture: 2)
        let near = try await bench.refusal("studio.outputs.generate", ["prompt": "walks", "character": "Mirra"])
        #expect(near?.code == .notFound && near?.hint == "Did you mean `Mira`? `GET /api/characters` lists them.")
        let elsewhere = try await bench.refusal(
            "studio.outputs.generate", ["prompt": "walks", "character": "Mira", "project": "Woods"])
        #expect(elsewhere?.hint == "`Mira` is in another project: Tales.")
        for operation in ["studio.characters.get", "studio.characters.delete", "studio.characters.bible.get"] {
            let named = try await bench.refusal(operation, ["character_id": "mira"])
            let id = mira["character_id"]?.stringValue ?? "?"
            #expect(named?.hint?.contains("\(id) (project Tales)") == true, "\(operation): \(named?.hint ?? "")")
        }
        let unknown = try await bench.refusal("studio.characters.get", ["character_id": "Xenia"])
        #expect(unknown?.hint == "`GET /api/characters` lists them.")
    }

    // MARK: Characters of videos

    private static let introduction = "studio.outputs.introduce"

    private func made(_ input: JSONValue) async throws -> JSONValue {
        let answer = try await bench.call("studio.outputs.generate", input)
        try await bench.run([Studio.renderName(of: "plain")])
        return answer["output_id"] ?? ""
    }

    @Test func aVideoWithoutACharacterIntroducesAProvisionalOne() async throws {
        let id = try await made(["prompt": "rain", "kind": "video"])
        let input: JSONValue = ["output_id": id]
        #expect(try await bench.call("studio.outputs.get", input)["made_character_id"] == nil)
        try await bench.run([Self.introduction])
        let output = try await bench.call("studio.outputs.get", input)
        let character: JSONValue = ["character_id": output["made_character_id"] ?? ""]
        #expect(try await bench.call("studio.characters.get", character)["is_provisional"] == true)
        let anchors = try await bench.call("studio.anchors.list", character)["items"]?.arrayValue
        #expect(anchors?.map { $0["sha256"] } == [output["file"]?["sha256"]], "the file is its own frame")
        #expect(output["character_id"] == nil, "nobody has said that it is in the video")
        _ = try await bench.runJob(Self.introduction, input: input)
        #expect(try await bench.count("characters") == 1, "tried again")
        try await bench.call("studio.characters.drop", character)
        let left = try await bench.call("studio.outputs.get", input)
        #expect(left["made_character_id"] == nil && left["file"] == output["file"], "the output stays")
    }

    @Test func otherOutputsIntroduceNobody() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        _ = try await made(["prompt": "rain"])
        _ = try await made(["prompt": "rain", "kind": "video", "project": "Woods", "character": "Mira"])
        _ = try await made(["prompt": "@mira walks", "kind": "video", "project": "Woods"])
        #expect(try await bench.lease(Self.introduction).isEmpty)
        #expect(try await bench.count("characters") == 1)
    }

    @Test func anOutputThatIsDeletedIntroducesNobody() async throws {
        let id = try await made(["prompt": "rain", "kind": "video"])
        try await bench.call("studio.outputs.delete", ["output_id": id])
        try await bench.run([Self.introduction])
        #expect(try await bench.count("characters") == 0)
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
