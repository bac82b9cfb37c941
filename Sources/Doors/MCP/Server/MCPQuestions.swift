import HearthCore
import HearthJSON

/// Asks the user which character is meant when a call names one that there is not.
///
/// A client that can show forms is asked (`input_required`), and repeats the call with the answer. Another one gets the
/// names in the error, and its model asks.
struct MCPQuestions: Sendable {
    let resources: MCPResources
    let state: MCPQuestionState

    /// The argument that the question is about.
    private static let field = "character"
    /// The answer for a character that is to be made.
    static let create = "Create a new character"
    /// The project of calls that name none.
    private static let project = "default"
    /// Names that a form offers.
    private static let choices = 20

    /// What came of an answer.
    enum Answer: Sendable {
        /// The call, as the user wants it.
        case call(JSONObject)
        /// The user does not want it.
        case refused
    }

    /// Reads the answer that a repeated call brings.
    /// - Returns: nil when it brings none.
    /// - Throws: ``MCPError`` for a state that is not ours, or not for this call; what making a character throws.
    func answer(_ request: MCPRequest, _ tool: MCPTool, _ arguments: JSONObject, _ caller: MCPCaller) async throws
        -> Answer?
    {
        guard request.params["inputResponses"] != nil || request.params["requestState"] != nil else { return nil }
        let shown = try request.text("requestState")
        guard state.accepts(shown, tool: tool.name, arguments: arguments, for: caller.principal) else {
            throw MCPError.invalidParameters(
                "`requestState` is not of this call, or is too old. Send the call again without it.")
        }
        guard let response = try request.object("inputResponses")[Self.field]?.objectValue,
            let action = response["action"]?.stringValue
        else { throw MCPError.invalidParameters("`inputResponses` has no answer to `\(Self.field)`.") }
        guard action == "accept" else { return .refused }
        guard let chosen = response["content"]?[Self.field]?.stringValue else {
            throw MCPError.invalidParameters("The answer to `\(Self.field)` names no character.")
        }
        var arguments = arguments
        guard chosen == Self.create else {
            arguments[Self.field] = .string(chosen)
            return .call(arguments)
        }
        var input: JSONObject = ["name": arguments[Self.field] ?? ""]
        if let project = arguments["project"] ?? arguments["project_id"], !project.isNull {
            input["project"] = project
        } else {
            // It may not be there yet; one that is has the name already.
            _ = try? await resources.call("studio.projects.create", ["name": .string(Self.project)], for: caller)
        }
        _ = try await resources.call("studio.characters.create", input, for: caller)
        return .call(arguments)
    }

    /// What is answered to a call that has failed for want of a character.
    /// - Returns: nil when it has failed for another reason.
    func ask(
        after error: HearthError, _ request: MCPRequest, _ tool: MCPTool, _ arguments: JSONObject, _ caller: MCPCaller
    ) async -> MCPResult? {
        guard error.code == .notFound, let name = arguments[Self.field]?.stringValue else { return nil }
        let names = await names(arguments, caller)
        // Something else is not there: a project, or a character that the prompt mentions.
        guard !names.contains(where: { $0.lowercased() == name.lowercased() }) else { return nil }
        guard request.canAsk, !request.version.hasHandshake else {
            guard !names.isEmpty else { return nil }
            let list: JSONValue = ["characters": .array(names.map { .string($0) })]
            let shown = HearthError(error.code, error.message, hint: error.hint, details: list)
            let next = "Ask the user which of these characters is meant, or make one by register_character_anchor."
            return MCPToolResult(shown, next: next).result(in: request.version)
        }
        let form: JSONValue = [
            "type": "object",
            "properties": [
                Self.field: [
                    "type": "string", "title": "Character",
                    "enum": .array((names + [Self.create]).map { .string($0) }),
                ]
            ],
            "required": [.string(Self.field)],
        ]
        let question: JSONValue = [
            "method": "elicitation/create",
            "params": [
                "mode": "form",
                "message": .string("There is no character named \"\(name.prefix(80))\". Which is meant?"),
                "requestedSchema": form,
            ],
        ]
        let sealed = state.seal(tool: tool.name, arguments: arguments, for: caller.principal)
        return MCPResult(
            ["inputRequests": [Self.field: question], "requestState": .string(sealed)], type: "input_required")
    }

    private func names(_ arguments: JSONObject, _ caller: MCPCaller) async -> [String] {
        var input: JSONObject = ["limit": .int(Int64(Self.choices))]
        let project = arguments["project"] ?? arguments["project_id"] ?? .null
        input["project"] = project.isNull ? JSONValue.string(Self.project) : project
        let page = try? await resources.call("studio.characters.list", input, for: caller)
        return page?["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    }
}
