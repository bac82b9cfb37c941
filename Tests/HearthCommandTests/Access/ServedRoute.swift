import HearthCore
import HearthJSON

/// A route as the running server describes it, and the permission that its work needs by the rules of
/// `docs/identity.md`: told from what it does, not from what its code asks for.
struct ServedRoute: CustomStringConvertible {
    /// What a caller must show.
    enum Need: Equatable {
        /// Anyone may call.
        case nothing
        case permission(Permission)
        /// Nobody may: the protocol has it, this server does not do it.
        case nobody
        /// A secret that stands in the path; without it there is nothing there.
        case link
    }

    let method: String
    let path: String
    /// The operation that answers it, as `GET /api/operations` describes it; nil: a route of a protocol.
    let operation: JSONValue?
    let isSocket: Bool

    var description: String { "\(method) \(path)" }

    /// Every route of `GET /openapi.json`, and the call by name of every operation.
    static func all(of front: AssembledFront, key: String) async throws -> [ServedRoute] {
        let document = try await front.send("GET", "/openapi.json", key: key).json
        let operations = try await front.send("GET", "/api/operations", key: key).json.arrayValue ?? []
        var byRoute: [String: JSONValue] = [:]
        for operation in operations {
            for route in operation["routes"]?.arrayValue ?? [] { byRoute[route.stringValue ?? ""] = operation }
        }
        var routes: [ServedRoute] = []
        for path in document["paths"]?.objectValue?.members ?? [] where path.key != byName {
            for verb in path.value.objectValue?.members ?? [] {
                let method = verb.key.uppercased()
                routes.append(
                    ServedRoute(
                        method: method, path: path.key, operation: byRoute["\(method) \(path.key)"],
                        isSocket: verb.value["responses"]?["101"] != nil || path.key.hasPrefix("/ws/")))
            }
        }
        for operation in operations {
            let name = operation["name"]?.stringValue ?? ""
            routes.append(
                ServedRoute(
                    method: "POST", path: byName.replacing("{operation}", with: name), operation: operation,
                    isSocket: false))
        }
        return routes
    }

    private static let byName = "/api/operations/{operation}"

    /// Names of the parameters in the path.
    var parameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// Whether the operation is called by its name, so that its fields are all in the body.
    var isByName: Bool { path.hasPrefix("/api/operations/") }

    /// Nil: nothing here says it, and whoever has added the route adds a word to these rules.
    var need: Need? {
        if let operation { return need(of: operation).map { .permission($0) } }
        if path == "/health" { return .nothing }
        if path == "/mcp/uploads/{upload_id}" { return .link }
        // A page or a sign of life by GET, vectors of texts by POST.
        if path == "/" { return .permission(.read) }
        // Figures of all tenants together.
        if path == "/metrics" { return .permission(.operate) }
        switch method {
        case "GET": return .permission(.read)
        case "PUT", "PATCH", "DELETE": return .permission(.write)
        default: break
        }
        let words = path.split(separator: "/").filter { !$0.hasPrefix("{") }
        guard let last = words.last.map(String.init) else { return nil }
        if Self.refused.contains(last) { return .nobody }
        return Self.permissions.first { $0.words.contains(last) }.map { .permission($0.permission) }
    }

    /// By the last word of the path of a POST that is no operation.
    private static let permissions: [(permission: Permission, words: Set<String>)] = [
        // Questions that do not fit into a query.
        (
            .read,
            [
                "batch", "embed", "embeddings", "get", "index", "infer", "mcp", "predict", "query", "search", "show",
                "similarity",
            ]
        ),
        (
            .write,
            [
                "add", "collections", "databases", "delete", "edits", "fork", "generations", "import", "update",
                "uploads", "upsert",
            ]
        ),
        // Models are of the server, not of a tenant.
        (.operate, ["load", "unload"]),
    ]
    private static let refused: Set<String> = ["reset", "tenants"]

    /// By what it works on, and by what it says that it does.
    private func need(of operation: JSONValue) -> Permission? {
        guard let name = operation["name"]?.stringValue, let declared = operation["permission"]?.stringValue,
            let isReadOnly = operation["hints"]?["read_only"]?.boolValue
        else { return nil }
        if name.hasPrefix("identity.") { return .admin }
        if name == "system.stats" { return .operate }
        if ["models.", "system.", "tenants."].contains(where: name.hasPrefix) { return isReadOnly ? .read : .operate }
        // A step that the server runs for itself is for administrators.
        if operation["runs"] == "queued", operation["routes"]?.arrayValue?.isEmpty == true {
            return Permission(rawValue: declared).flatMap { $0 >= .admin ? $0 : nil }
        }
        return isReadOnly ? .read : .write
    }
}
