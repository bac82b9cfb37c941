import HearthCore
import HearthJSON
import HearthSQLite
import Testing

@testable import HearthStudio

/// Handles: what prompts call characters by.
@Suite(.timeLimit(.minutes(3))) struct HandleTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    private func make(_ name: String, project: String = "Woods", handle: String? = nil) async throws -> JSONValue {
        if try await bench.refusal("studio.projects.get", ["project": .string(project)]) != nil {
            try await bench.call("studio.projects.create", ["name": .string(project)])
        }
        var input: JSONValue = ["name": .string(name), "project": .string(project)]
        if let handle { input["handle"] = .string(handle) }
        return try await bench.call("studio.characters.create", input)
    }

    private func mentions(_ prompt: String, project: JSONValue?, tenant: Tenant = .local) async throws -> [Mention] {
        let (studio, id) = (bench.studio, project?.stringValue ?? "")
        return try await bench.store.read { db in
            try studio.characters(mentionedIn: prompt, project: id, tenant: tenant, in: db)
        }
    }

    // MARK: Names

    @Test(arguments: [
        ("Sarah", "sarah"), ("Sarah Connor", "sarah_connor"), ("  Dr. O'Neil—Smith!  ", "dr_oneil_smith"),
        ("Zoë Ångström", "zoe_angstrom"), ("Сара Коннор", "sara_konnor"), ("Ελένη", "elene"), ("名前", "ming_qian"),
        ("한지민", "hanjimin"), ("Øyvind ß", "oyvind_ss"), ("👩‍👩‍👧", "character"), ("___", "character"), ("R2-D2", "r2_d2"),
    ])
    func aNameSuggestsAHandle(name: String, handle: String) throws {
        #expect(Handle.derived(from: name) == handle)
        #expect(try Handle(handle).text == handle)
    }

    @Test func aLongNameGivesAHandleOfTheLongestLength() {
        let handle = Handle.derived(from: String(repeating: "ab ", count: 60))
        #expect(handle.count <= Limits.handleLength && !handle.hasSuffix("_"))
        let numbered = Handle.numbered(String(repeating: "x", count: 32), 17)
        #expect(numbered.count == 32 && numbered.hasSuffix("_17"))
    }

    @Test(arguments: ["", "@", "sa rah", "säräh", "sarah!", String(repeating: "x", count: 33), "@@sarah"])
    func whatNoPromptCanMentionIsRefused(handle: String) async throws {
        #expect(throws: HearthError.self) { try Handle(handle) }
        let error = await #expect(throws: HearthError.self) { try await make("Sarah", handle: handle) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func handlesAreUniqueWithinTheirProject() async throws {
        #expect(try await make("Sarah")["handle"] == "sarah")
        #expect(try await make("Sárah")["handle"] == "sarah_2", "a suggestion is numbered")
        #expect(try await make("S'arah")["handle"] == "sarah_3")
        let error = await #expect(throws: HearthError.self) { try await make("Other", handle: "@SARAH") }
        #expect(error?.code == .conflict)
        #expect(try await make("Sarah", project: "Sea")["handle"] == "sarah", "another project")
        #expect(try await bench.count("characters") == 4)
    }

    @Test func aHandleIsChangedAndFreedByADeletion() async throws {
        let sarah = try await make("Sarah")
        let otto = try await make("Otto")
        let id = sarah["character_id"] ?? ""
        let update = "studio.characters.update"
        #expect(try await bench.call(update, ["character_id": id, "handle": "@Captain"])["handle"] == "captain")
        let taken = try await bench.refusal(update, ["character_id": id, "handle": "otto"])
        #expect(taken?.code == .conflict)
        #expect(try await bench.call(update, ["character_id": id, "name": "Sara"])["handle"] == "captain", "it stays")
        try await bench.call("studio.characters.delete", ["character_id": otto["character_id"] ?? ""])
        #expect(try await bench.call(update, ["character_id": id, "handle": "otto"])["handle"] == "otto")
    }

    @Test func registeredCharactersHaveHandlesToo() async throws {
        let first = try await bench.register("Mira Sol", project: "Woods", picture: 1)
        let shown = try await bench.call("studio.characters.get", ["character_id": first["character_id"] ?? ""])
        #expect(shown["handle"] == "mira_sol")
        // More than numbers are tried for.
        var handles: Set<String> = []
        for number in 0..<30 {
            let accent = String(repeating: "\u{301}", count: number + 1)
            handles.insert(try await make("Mi\(accent)ra")["handle"]?.stringValue ?? "")
        }
        #expect(handles.count == 30 && handles.allSatisfy { $0.hasPrefix("mira") && $0.count <= 32 })
    }

    // MARK: Prompts

    @Test func aPromptMentionsCharacters() async throws {
        let sarah = try await make("Sarah Connor", handle: "sarah")
        let otto = try await make("Otto")
        let project = sarah["project_id"]
        let found = try await mentions("@Sarah meets @otto; (@sarah) smiles.", project: project)
        #expect(found.map(\.handle) == ["sarah", "otto"])
        #expect(found.map { JSONValue.string($0.characterID) } == [sarah["character_id"], otto["character_id"]])
        let plain = bench.studio.plainPrompt("@sarah's hat, @otto! a@otto.example @@otto", mentions: found)
        #expect(plain == "Sarah Connor's hat, Otto! a@otto.example @otto")
        #expect(try await mentions("no one, mail@sarah.example, @ noon, @@sarah", project: project) == [])
    }

    @Test func anUnknownMentionIsToldOfWithTheOneThatIsProbablyMeant() async throws {
        let sarah = try await make("Sarah")
        _ = try await make("Otto")
        let error = await #expect(throws: HearthError.self) {
            try await mentions("@sarha runs", project: sarah["project_id"])
        }
        #expect(error?.code == .notFound && error?.message.contains("@sarha") == true)
        #expect(error?.hint?.contains("Did you mean @sarah?") == true && error?.hint?.contains("@otto") == true)
        let strange = await #expect(throws: HearthError.self) {
            try await mentions("@quetzalcoatl", project: sarah["project_id"])
        }
        #expect(strange?.hint?.contains("Did you mean") == false)
        let many = (0...Limits.mentions).map { "@c\($0)" }.joined(separator: " ")
        let tooMany = await #expect(throws: HearthError.self) { try await mentions(many, project: sarah["project_id"]) }
        #expect(tooMany?.code == .invalidRequest)
    }

    @Test func noCharacterOfAnotherProjectOrTenantOrThatIsDeletedIsMentioned() async throws {
        let sarah = try await make("Sarah")
        let sea = try await make("Otto", project: "Sea")
        let gone = try await make("Gone")
        try await bench.call("studio.characters.delete", ["character_id": gone["character_id"] ?? ""])
        for (prompt, project, tenant) in [
            ("@sarah", sea["project_id"], Tenant.local), ("@sarah", sarah["project_id"], other),
            ("@gone", sarah["project_id"], .local),
        ] {
            let error = await #expect(throws: HearthError.self) {
                try await mentions(prompt, project: project, tenant: tenant)
            }
            #expect(error?.code == .notFound)
            if tenant == other { #expect(error?.hint?.contains("@sarah") == false, "its handles are not told") }
        }
    }
}
