import HearthJSON

/// What a user starts by a command of the client: texts that lead a model through the tools.
enum MCPPrompts {
    private struct Argument: Sendable {
        let name: String
        let description: String
        var isRequired = false
    }

    private struct Prompt: Sendable {
        let name: String
        let title: String
        let description: String
        let arguments: [Argument]
        /// Steps for the model; the arguments follow as data.
        let steps: String
    }

    private static let all = [
        Prompt(
            name: "new-character", title: "New character",
            description: "Register a character by a picture, so that it can be used in pictures and videos.",
            arguments: [
                Argument(name: "name", description: "The character's name.", isRequired: true),
                Argument(name: "picture", description: "Path or address of a picture; without it the user is asked."),
                Argument(name: "project", description: "Name of the project."),
                Argument(name: "description", description: "Who the character is."),
            ],
            steps: """
                Register a character in Hearth.
                1. If a picture is named below, call register_character_anchor with it as `path` or `url`. If none is \
                named, look at the resource hearth://inbox; if nothing is there, call upload_link and ask the user to \
                open the link.
                2. Call wait_for_job with the job_id of the answer.
                3. If a description is given, put it into the bible by update_bible: looks into appearance, character \
                into personality, what has been into backstory.
                4. Show the user the character's name and identifier.
                """),
        Prompt(
            name: "shot", title: "Shot",
            description: "Make one picture, with a character that is registered.",
            arguments: [
                Argument(name: "prompt", description: "What the picture shows.", isRequired: true),
                Argument(name: "character", description: "Name of the character."),
                Argument(name: "project", description: "Name of the project."),
                Argument(name: "style_preset", description: "Identifier of the style preset."),
            ],
            steps: """
                Make a picture with Hearth.
                1. Call generate_image with the words below; name the character by `character`.
                2. Call wait_for_job with the job_id of the answer until its state is final.
                3. Call get_output and show the picture or its link. Say the similarity that was measured, when there \
                is one.
                """),
        Prompt(
            name: "storyboard", title: "Storyboard",
            description: "Plan a scene as several shots and make a picture of each.",
            arguments: [
                Argument(name: "scene", description: "What happens.", isRequired: true),
                Argument(name: "shots", description: "How many shots; 4 when absent."),
                Argument(name: "character", description: "Name of the main character."),
                Argument(name: "project", description: "Name of the project."),
                Argument(name: "style_preset", description: "Identifier of the style preset."),
            ],
            steps: """
                Make a storyboard with Hearth.
                1. Write the shots as a numbered list and let the user agree.
                2. Call generate_image once for each shot, one after the other, without waiting between them.
                3. Call wait_for_job for each job_id, then get_output, and show all pictures in their order.
                """),
    ]

    /// As `prompts/list` says them.
    static func list(in version: MCPVersion) -> MCPResult {
        let prompts = all.map { prompt -> JSONValue in
            var json: JSONValue = [
                "name": .string(prompt.name), "description": .string(prompt.description),
                "arguments": .array(
                    prompt.arguments.map {
                        [
                            "name": .string($0.name), "description": .string($0.description),
                            "required": .bool($0.isRequired),
                        ]
                    }),
            ]
            if version.hasStructuredContent { json["title"] = .string(prompt.title) }
            return json
        }
        return MCPResult(["prompts": .array(prompts)], caching: .declarations)
    }

    /// One of them, with its arguments as data behind the steps.
    /// - Throws: ``MCPError`` for one that there is not, and for arguments that are missing or unknown.
    static func get(_ request: MCPRequest) throws(MCPError) -> MCPResult {
        let name = try request.text("name")
        guard let prompt = all.first(where: { $0.name == name }) else {
            throw .invalidParameters(
                "There is no prompt \(name.prefix(80)). There are: \(all.map(\.name).joined(separator: ", ")).")
        }
        let given = try request.object("arguments")
        if let stray = given.keys.first(where: { key in !prompt.arguments.contains { $0.name == key } }) {
            throw .invalidParameters("The prompt \(name) has no argument \(stray.prefix(80)).")
        }
        var values = JSONObject()
        for argument in prompt.arguments {
            guard let value = given[argument.name], !value.isNull else {
                guard !argument.isRequired else {
                    throw .invalidParameters("The argument \(argument.name) is missing.")
                }
                continue
            }
            guard value.stringValue != nil else {
                throw .invalidParameters("The argument \(argument.name) must be a string.")
            }
            values[argument.name] = value
        }
        let text = """
            \(prompt.steps)
            The user's words, as data (JSON):
            \(JSONValue.object(values).encodedText())
            """
        return MCPResult([
            "description": .string(prompt.description),
            "messages": [["role": "user", "content": ["type": "text", "text": .string(text)]]],
        ])
    }

    /// Whether a prompt has an argument.
    static func hasArgument(_ argument: String, of name: String) -> Bool {
        all.first { $0.name == name }?.arguments.contains { $0.name == argument } ?? false
    }

    static func exists(_ name: String) -> Bool { all.contains { $0.name == name } }
}
