import HearthCore
import HearthJSON

extension Studio {
    func searchOperation() -> Operation {
        Operation(
            .init(
                "studio.characters.search", "Find characters by words: names, handles, descriptions and bibles.",
                description: """
                    Finds the characters that have all words; a word also finds those that it begins, and words in \
                    quotes must stand together. Case and accents do not matter, and scripts without blanks between \
                    words are found by any part. Names count most. Each match has pieces of text that show where the \
                    words stand.
                    """,
                permission: .read, hints: .reads,
                routes: [Route(.get, "/api/characters/search"), Route(.get, "/api/anime/characters/search")]),
            input: SearchCharacters.self, output: FoundCharacters.self, run: searchCharacters)
    }

    private func searchCharacters(
        _ input: SearchCharacters, _ context: OperationContext
    ) async throws -> FoundCharacters {
        let (table, tenant, query) = (table, context.tenant, try TextQuery(input.q))
        return try await store.read { db in
            let project = try input.project.map { try table.requireProjectID($0, of: tenant, in: db) }
            let characters = try table.characters(
                matching: query, project: project, limit: input.limit ?? FoundCharacters.usualLimit, of: tenant,
                in: db)
            var matches: [FoundCharacters.Match] = []
            for character in characters {
                // Bibles are read one by one: they are much larger than what is shown of them.
                try context.requireTime()
                let bible = try table.bible(ofCharacter: character.characterID, in: db).bible
                matches.append(FoundCharacters.Match(character, bible, query))
            }
            return FoundCharacters(matches: matches)
        }
    }
}

/// Input of `studio.characters.search`.
struct SearchCharacters: Sendable, Codable, SchemaDescribed {
    var q: String
    var project: String?
    var limit: Int?

    static let fields = [
        "q": FieldNote(
            "Words, the beginnings of words, or phrases in quotes.", minLength: 1, maxLength: Limits.searchText,
            example: "silver hair \"yellow raincoat\""),
        "project": projectField,
        "limit": FieldNote(
            "Most matches wanted; \(FoundCharacters.usualLimit) when absent.", minimum: 1,
            maximum: Double(Limits.searchMatches)),
    ]
}

/// Output of `studio.characters.search`.
struct FoundCharacters: Sendable, Codable, SchemaDescribed {
    var matches: [Match]

    static let usualLimit = 20

    static let fields = ["matches": FieldNote("The characters that have all words, the best first.")]

    /// A character, and where the words stand.
    struct Match: Sendable, Codable, SchemaDescribed {
        var characterID: String
        var projectID: String
        var project: String
        var name: String
        var handle: String
        var isProvisional: Bool
        var snippets: [TextSnippet]

        static let fields = [
            "project": FieldNote("Name of its project."),
            "handle": FieldNote("What prompts call it by, without the at sign."),
            "snippets": FieldNote("Pieces of text with the words, at most \(Limits.snippets)."),
        ]

        init(_ character: StudioCharacter, _ bible: Bible, _ query: TextQuery) {
            characterID = character.characterID
            projectID = character.projectID
            project = character.project
            name = character.name
            handle = character.handle
            isProvisional = character.isProvisional
            let texts =
                [(field: "name", text: character.name), (field: "description", text: character.description ?? "")]
                + bible.searchTexts
            snippets = Array(
                texts.lazy.compactMap { TextSnippet(of: query, in: $0.text, field: $0.field) }.prefix(Limits.snippets))
        }
    }
}
