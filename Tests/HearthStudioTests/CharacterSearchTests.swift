import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Search by words over names, handles, descriptions and bibles.
@Suite(.timeLimit(.minutes(3))) struct CharacterSearchTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    @discardableResult
    private func make(
        _ name: String, _ fields: JSONValue = [:], project: String = "Woods", tenant: Tenant = .local
    ) async throws -> JSONValue {
        if try await bench.refusal("studio.projects.get", ["project": .string(project)], tenant: tenant) != nil {
            try await bench.call("studio.projects.create", ["name": .string(project)], tenant: tenant)
        }
        var input = fields
        (input["name"], input["project"]) = (.string(name), .string(project))
        return try await bench.call("studio.characters.create", input, tenant: tenant)
    }

    private func search(_ text: String, project: String? = nil, tenant: Tenant = .local) async throws -> [String] {
        try await matches(text, project: project, tenant: tenant).compactMap { $0["name"]?.stringValue }
    }

    private func matches(
        _ text: String, project: String? = nil, tenant: Tenant = .local
    ) async throws -> [JSONValue] {
        var input: JSONValue = ["q": .string(text)]
        if let project { input["project"] = .string(project) }
        return try await bench.call("studio.characters.search", input, tenant: tenant)["matches"]?.arrayValue ?? []
    }

    // MARK: What is found

    @Test func allTextsOfACharacterAreSearched() async throws {
        try await make(
            "Mira Sol",
            [
                "description": "A lighthouse keeper.", "backstory": "Born in a storm.", "voice": "Velvet.",
                "relationships": [["with": "Otto", "relation": "stepbrother"]], "do": ["Raincoat"],
                "dont": ["Umbrella"], "extra": ["birthplace": ["town": "Gullhaven", "year": 1987]],
            ])
        try await make("Otto", ["backstory": "Born in calm weather."])
        for text in [
            "sol", "mira_sol", "lighthouse", "storm", "velvet", "stepbrother", "raincoat", "umbrella", "gullhaven",
            "birthplace", "1987", "LIGHTH", "born storm", "\"born in a storm\"", "\"mira sol\"",
        ] {
            #expect(try await search(text) == ["Mira Sol"], "\(text)")
        }
        for text in ["born umbrella calm", "\"storm in a born\"", "ighthouse", "\"lighth\"", "nowhere"] {
            #expect(try await search(text) == [], "\(text)")
        }
        #expect(Set(try await search("born")) == ["Mira Sol", "Otto"])
    }

    @Test func namesCountMost() async throws {
        try await make("Otto", ["backstory": "Knows a fox, a fox and another fox."])
        try await make("Fox", ["backstory": "Alone."])
        #expect(try await search("fox") == ["Fox", "Otto"])
    }

    @Test(arguments: [
        ("名前は灯台守の娘です", "灯台"), ("名前は灯台守の娘です", "台守の"), ("名前は灯台守の娘です", "娘"), ("海のカモメが好き", "カモメ"),
        ("ผู้ดูแลประภาคารในหมู่บ้าน", "ประภาคาร"), ("हिन्दी में कहानी", "कहानी"), ("Смотритель маяка", "МАЯ"),
        ("Ζει στον φάρο", "φαρο"),
        ("حارسة المنارة القديمة", "المنارة"), ("등대지기의 딸", "등대"), ("Åsa från Malmö", "malmo"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
    ])
    func everyScriptIsSearched(text: String, query: String) async throws {
        try await make("One", ["backstory": .string(text)])
        try await make("Two", ["backstory": "Nothing of that."])
        #expect(try await search(query) == ["One"])
    }

    @Test func charactersOfScriptsWithoutBlanksMustStandTogether() async throws {
        try await make("One", ["backstory": "灯の台"])
        #expect(try await search("灯台") == [])
        #expect(try await search("灯 台") == ["One"])
    }

    @Test func aSnippetShowsWhereTheWordsStand() async throws {
        let long =
            String(repeating: "word ", count: 200) + "the hidden lantern glows\nat night "
            + String(repeating: "tail ", count: 200)
        try await make("Mira", ["backstory": .string(long), "voice": "A lantern."])
        let match = try #require(try await matches("lantern glow").first)
        #expect(match["handle"] == "mira" && match["is_provisional"] == false)
        let snippets = match["snippets"]?.arrayValue ?? []
        #expect(snippets.map { $0["field"] } == ["backstory", "voice"])
        let text = try #require(snippets.first?["text"]?.stringValue)
        #expect(text.hasPrefix("…") && text.hasSuffix("…") && !text.contains("\n"))
        #expect(text.unicodeScalars.count <= Limits.snippetLength + 2)
        let scalars = Array(text.unicodeScalars)
        let marked = (snippets.first?["marks"]?.arrayValue ?? []).map { mark in
            let (start, end) = (Int(mark["start"]?.integerValue ?? 0), Int(mark["end"]?.integerValue ?? 0))
            return String(String.UnicodeScalarView(scalars[start..<end]))
        }
        #expect(marked == ["lantern", "glows"])
    }

    // MARK: What is not found

    @Test func theSearchFollowsEachChangeInItsTransaction() async throws {
        let mira = try await make("Mira", ["backstory": "A storm."])["character_id"] ?? ""
        try await bench.call("studio.characters.bible.update", ["character_id": mira, "backstory": "A calm."])
        #expect(try await search("storm") == [])
        #expect(try await search("calm") == ["Mira"])
        try await bench.call("studio.characters.bible.restore", ["character_id": mira, "restore_version": 1])
        #expect(try await search("storm") == ["Mira"])
        #expect(try await search("calm") == [])
        try await bench.call("studio.characters.update", ["character_id": mira, "name": "Nova", "handle": "star"])
        #expect(try await search("mira") == [])
        #expect(try await search("nova") == ["Nova"])
        #expect(try await search("star") == ["Nova"])
        // What is refused changes nothing.
        _ = try await bench.refusal(
            "studio.characters.bible.update", ["character_id": mira, "backstory": "A flood.", "version": 1])
        #expect(try await search("flood") == [])
        let registered = try await bench.register("Registered", project: "Woods", picture: 1)
        #expect(try await search("registered") == ["Registered"])
        try await bench.call("studio.characters.delete", ["character_id": registered["character_id"] ?? ""])
        #expect(try await search("registered") == [])
    }

    @Test func deletedOnesAreGoneFromTheIndexAsWell() async throws {
        try await make("Mira", ["backstory": "A storm."])
        try await make("Otto", ["backstory": "A storm."], project: "Sea")
        try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(try await search("storm") == ["Otto"])
        try await DeletionUpkeep([bench.studio], logger: .quiet).finish()
        #expect(try await bench.count("character_texts") == 1)
        #expect(try await bench.count("character_texts_index") == 1)
    }

    @Test func eachTenantAndProjectFindsItsOwn() async throws {
        try await make("Mira", ["backstory": "A storm."])
        try await make("Otto", ["backstory": "A storm."], project: "Sea")
        try await make("Theirs", ["backstory": "A storm."], tenant: other)
        #expect(Set(try await search("storm")) == ["Mira", "Otto"])
        #expect(try await search("storm", project: "Sea") == ["Otto"])
        #expect(try await search("storm", tenant: other) == ["Theirs"])
        let theirs = try await bench.refusal(
            "studio.characters.search", ["q": "storm", "project": "Sea"], tenant: other)
        #expect(theirs?.code == .notFound)
        // The name of a tenant is no word that another one finds anything by.
        #expect(try await search("local", tenant: other) == [])
        #expect(try await search("x6c6f63616c") == [])
    }

    @Test(arguments: [
        "", "  ", "!!!", "\"\"", "🙂", String(repeating: "x", count: 201), String(repeating: "a ", count: 17),
    ])
    func whatIsNoSearchIsRefused(text: String) async throws {
        #expect(try await bench.refusal("studio.characters.search", ["q": .string(text)])?.code == .invalidRequest)
    }

    @Test(arguments: [
        "\"", "mira\"", "a OR b", "NOT mira", "mira NEAR otto", "title:mira", "mira*", "(mira", "^mira",
        "{title}: mira",
        "'; DROP TABLE characters; --", "mira AND", "-mira", "%", "scope:x", "\u{0}mira", "a + b",
    ])
    func theDatabasesOwnLanguageIsNotSpoken(text: String) async throws {
        try await make("Mira", ["backstory": "a b or not near title and drop table characters scope x"])
        let error = try await bench.refusal("studio.characters.search", ["q": .string(text)])
        #expect(error == nil || error?.code == .invalidRequest, "\(text)")
        #expect(try await bench.count("characters") == 1)
    }

    /// Against what a plain look through all texts says, for words of few letters in many combinations.
    @Test(arguments: [1, 2, 3] as [UInt64]) func theIndexFindsWhatALookThroughAllTextsFinds(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let letters = ["a", "b", "ab", "ba", "abc", "灯", "台", "灯台", "É", "x1"]
        var texts: [String: String] = [:]
        for number in 0..<30 {
            let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? "a"
            }.joined(separator: " ")
            texts["C\(number)"] = text
            try await make("C\(number)", ["backstory": .string(text)])
        }
        for _ in 0..<40 {
            let words = (0..<Int.random(in: 1...2, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? "a"
            }
            let query = try TextQuery(words.joined(separator: " "))
            let expected = texts.filter { _, text in
                let all = TextWords.words(of: text)
                return query.phrases.allSatisfy { $0.place(in: all) != nil }
            }.keys
            let input: JSONValue = ["q": .string(words.joined(separator: " ")), "limit": 50]
            let found = try await bench.call("studio.characters.search", input)["matches"]?.arrayValue ?? []
            #expect(Set(found.compactMap { $0["name"]?.stringValue }) == Set(expected), "\(words), seed \(seed)")
        }
    }
}
