import HearthCore
import HearthJSON

/// Completes what a user types into an argument of a prompt, or into a parameter of a resource's address.
struct MCPCompletion: Sendable {
    let resources: MCPResources

    /// Where values come from: an operation that lists them, and the field that is a value.
    private struct Source {
        let operation: String
        let field: String
    }

    private static let sources = [
        "character": Source(operation: "studio.characters.list", field: "name"),
        "project": Source(operation: "studio.projects.list", field: "name"),
        "style_preset": Source(operation: "studio.presets.list", field: "id"),
        "job_id": Source(operation: "jobs.list", field: "job_id"),
        "character_id": Source(operation: "studio.characters.list", field: "character_id"),
        "project_id": Source(operation: "studio.projects.list", field: "project_id"),
        "output_id": Source(operation: "studio.outputs.list", field: "output_id"),
    ]

    /// The values that begin with what was typed.
    /// - Throws: ``MCPError`` for an argument of what there is not; what an operation throws.
    func complete(_ request: MCPRequest, for caller: MCPCaller) async throws -> MCPResult {
        let (reference, argument) = (try request.object("ref"), try request.object("argument"))
        guard let name = argument["name"]?.stringValue, let typed = argument["value"]?.stringValue else {
            throw MCPError.invalidParameters("`argument` must have a `name` and a `value`.")
        }
        try Self.check(reference, argument: name)
        let found = try await values(name, typed: typed, for: caller)
        let shown = found.prefix(Limits.mcpCompletions)
        return MCPResult([
            "completion": [
                "values": .array(shown.map { .string($0) }), "total": .int(Int64(found.count)),
                "hasMore": .bool(found.count > shown.count),
            ]
        ])
    }

    private static func check(_ reference: JSONObject, argument: String) throws(MCPError) {
        switch reference["type"] {
        case "ref/prompt":
            let name = reference["name"]?.stringValue ?? ""
            guard MCPPrompts.exists(name) else { throw .invalidParameters("There is no prompt \(name.prefix(80)).") }
            guard MCPPrompts.hasArgument(argument, of: name) else {
                throw .invalidParameters("The prompt \(name) has no argument \(argument.prefix(80)).")
            }
        case "ref/resource":
            let uri = reference["uri"]?.stringValue ?? ""
            guard MCPResourceURI.templates.contains(where: { $0.text == uri }), uri.contains("{\(argument)}") else {
                throw .invalidParameters("There is no such template, or it has no such parameter.")
            }
        default: throw .invalidParameters("`ref` must be of type ref/prompt or ref/resource.")
        }
    }

    private func values(_ argument: String, typed: String, for caller: MCPCaller) async throws -> [String] {
        guard let source = Self.sources[argument] else { return [] }
        let fields = resources.registry[source.operation]?.inputSchema["properties"]
        let input: JSONObject = fields?["limit"] == nil ? [:] : ["limit": .int(Int64(Limits.pageSize))]
        let page = try await resources.call(source.operation, input, for: caller)
        let items = page?["items"]?.arrayValue ?? []
        var seen: Set<String> = []
        return items.compactMap { $0[source.field]?.stringValue }
            .filter { $0.lowercased().hasPrefix(typed.lowercased()) && seen.insert($0).inserted }
    }
}
