import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Characters that were made from an output: confirmed, merged or dropped.
@Suite(.timeLimit(.minutes(3))) struct ProvisionalCharacterTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")
    private let output = Identifier.make()

    init() async throws { bench = try await StudioBench() }

    private func project() async throws -> String {
        let project = try await bench.call("studio.projects.create", ["name": "Woods"])
        return project["project_id"]?.stringValue ?? ""
    }

    private func make(
        _ picture: Int, output: String, project: String, tenant: Tenant = .local
    ) async throws -> ProvisionalCharacter {
        try await bench.studio.makeProvisionalCharacter(
            of: InspectedImage(bench.picture(picture)), output: output, project: project, tenant: tenant)
    }

    private func show(_ id: String) async throws -> JSONValue {
        try await bench.call("studio.characters.get", ["character_id": .string(id)])
    }

    @Test func aPictureOfAnOutputMakesACharacterThatIsFoundAndMarked() async throws {
        let project = try await project()
        let made = try await make(1, output: output, project: project)
        #expect(made.name == "Unnamed 1" && made.handle == "unnamed_1")
        #expect(try await show(made.characterID)["is_provisional"] == true)
        try await bench.runJobs()
        let match = try await bench.recall(picture: 1)["matches"]?[0]
        #expect(match?["character_id"] == .string(made.characterID) && match?["is_provisional"] == true)
        #expect(match?["handle"] == "unnamed_1")
        let second = try await make(2, output: Identifier.make(), project: project)
        #expect(second.name == "Unnamed 2")
        for (isProvisional, count) in [(true, 2), (false, 0)] {
            let page = try await bench.call("studio.characters.list", ["is_provisional": .bool(isProvisional)])
            #expect(page["items"]?.arrayValue?.count == count)
        }
        let found = try await bench.call("studio.characters.search", ["q": "unnamed"])["matches"]?[0]
        #expect(found?["is_provisional"] == true)
    }

    @Test func aJobThatIsTriedAgainMakesNoSecondCharacter() async throws {
        let project = try await project()
        let first = try await make(1, output: output, project: project)
        #expect(try await make(1, output: output, project: project) == first)
        // Another best frame of the same output is another picture of the same character.
        let again = try await make(2, output: output, project: project)
        #expect(again.characterID == first.characterID && again.anchorID != first.anchorID)
        let many = try await concurrentMap(Array(0..<8)) { _ in
            try await make(5, output: "another", project: project).characterID
        }
        #expect(Set(many).count == 1)
        #expect(try await bench.count("characters") == 2)
    }

    @Test func aConfirmedOneHasItsNameAndHandle() async throws {
        let made = try await make(1, output: output, project: try await project())
        let id = JSONValue.string(made.characterID)
        let confirmed = try await bench.call("studio.characters.confirm", ["character_id": id, "name": "Mira Sol"])
        #expect(confirmed["is_provisional"] == false && confirmed["name"] == "Mira Sol")
        #expect(confirmed["handle"] == "mira_sol")
        let again = try await bench.call("studio.characters.confirm", ["character_id": id, "name": "Mira"])
        #expect(again["name"] == "Mira" && again["handle"] == "mira_sol", "a handle that is in use stays")
        let drop = try await bench.refusal("studio.characters.drop", ["character_id": id])
        #expect(drop?.code == .conflict)
        #expect(try await show(made.characterID)["name"] == "Mira")
        #expect(try await bench.call("studio.characters.search", ["q": "mira"])["matches"]?.arrayValue?.count == 1)
    }

    @Test func aNameOfAnotherCharacterConfirmsNothing() async throws {
        try await bench.register("Mira", project: "Woods", picture: 9)
        let project = try await bench.call("studio.projects.get", ["project": "Woods"])["project_id"]?.stringValue
        let made = try await make(1, output: output, project: project ?? "")
        let error = try await bench.refusal(
            "studio.characters.confirm", ["character_id": .string(made.characterID), "name": "MIRA"])
        #expect(error?.code == .conflict)
        #expect(try await show(made.characterID)["is_provisional"] == true)
    }

    @Test func oneThatIsDroppedLeavesNothing() async throws {
        let made = try await make(1, output: output, project: try await project())
        let id = JSONValue.string(made.characterID)
        #expect(try await bench.call("studio.characters.drop", ["character_id": id])["anchor_count"] == 1)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("characters") == 0)
        #expect(try await bench.refusal("studio.characters.drop", ["character_id": id])?.code == .notFound)
    }

    @Test func oneThatIsMergedIsTheCharacterThatItIs() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let project = mira["project_id"]?.stringValue ?? ""
        let made = try await make(2, output: output, project: project)
        let merged = try await bench.merge(["character_id": .string(made.characterID)], into: mira)
        #expect(merged["character"]?["anchor_count"] == 2 && merged["character"]?["is_provisional"] == false)
        // The job that made it is tried once more: the picture is the merged character's now.
        let again = try await make(2, output: output, project: project)
        #expect(.string(again.characterID) == mira["character_id"] && again.anchorID == made.anchorID)
        let undone = try await bench.call(
            "studio.characters.unmerge", ["character_id": .string(made.characterID)])
        #expect(undone["restored"]?["is_provisional"] == true)
    }

    @Test func noneIsMadeInAnothersProject() async throws {
        let project = try await project()
        for (id, tenant) in [(project, other), (Identifier.make(), .local)] {
            let error = await #expect(throws: HearthError.self) {
                try await make(1, output: output, project: id, tenant: tenant)
            }
            #expect(error?.code == .notFound)
        }
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("characters") == 0)
        // The same output of two tenants is two characters.
        let theirs = try await bench.call("studio.projects.create", ["name": "Woods"], tenant: other)
        let first = try await make(1, output: output, project: project)
        let second = try await make(
            1, output: output, project: theirs["project_id"]?.stringValue ?? "", tenant: other)
        #expect(first.characterID != second.characterID)
        for verb in ["confirm", "drop"] {
            let error = try await bench.refusal(
                "studio.characters.\(verb)", ["character_id": .string(first.characterID)], tenant: other)
            #expect(error?.code == .notFound, "\(verb)")
        }
    }
}
