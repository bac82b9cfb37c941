import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// One thing of every kind that a tenant can have, and how routes name them.
struct AccessWorld {
    let key: String
    /// Stands in whatever the tenant has stored, and in no name.
    let secret: String
    private var things: [String: [String]] = [:]

    // MARK: Names

    /// The kind of thing that a field or a parameter of a path means; "": something of the server, not of a tenant.
    static func kind(of name: String) -> String? {
        switch name {
        case "other_character_id": "character_id"
        case "product_id": "product"
        case "project_id": "project"
        case "project", "character_id", "anchor_id", "job_id", "file_id", "product", "image_id", "scan_id", "import_id",
            "output_id", "collection", "key_id", "tenant", "database", "workflow", "preset":
            name
        // A model, and the version of one; the secret of a link.
        case "id", "model", "version", "upload_id": ""
        default: nil
        }
    }

    /// The parameters of a route's path, and the fields of its operation that may mean a tenant's thing.
    static func names(of route: ServedRoute) -> [String] {
        let fields = route.operation?["input"]?["properties"]?.objectValue?.keys ?? []
        // The tenant of a new key is a text, and who may say it has its own test.
        let named = fields.filter { kind(of: $0)?.isEmpty == false && $0 != "tenant" }
        return route.parameters + named.filter { !route.parameters.contains($0) }
    }

    /// A path with its parameters.
    static func target(_ path: String, _ value: (String) -> String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.hasPrefix("{") ? value(String(segment.dropFirst().dropLast())) : String(segment)
        }.joined(separator: "/")
    }

    /// What stands for a parameter that no thing of a tenant is needed for.
    static func neutral(_ name: String) -> String? {
        switch name {
        case "tenant": "default_tenant"
        case "database": "default_database"
        case "id", "model", "upload_id": "nothing"
        case "version": "1"
        default: nil
        }
    }

    /// A value of the same form that names nothing.
    static func absent(like value: String) -> String {
        Identifier.isValid(value) ? Identifier.make() : "\(value)-absent"
    }

    /// What the tenant's things of a kind are called: by id, and by name where that is allowed.
    func values(of name: String) -> [String] { Self.kind(of: name).flatMap { things[$0] } ?? [] }

    // MARK: Things

    /// Keys of two tenants, and of who operates the server.
    static func makeKeys(
        in folder: TemporaryFolder
    ) async throws -> (owner: String, stranger: String, operatorKey: String) {
        func key(_ tenant: String) async throws -> String {
            try await AssembledFront.makeKey(
                in: folder, ["name": "test", "permission": "admin", "tenant": .string(tenant)])
        }
        return (try await key("owner"), try await key("stranger"), try await key("local"))
    }

    /// Makes the things of a tenant.
    init(_ front: AssembledFront, key: String, secret: String) async throws {
        self.key = key
        self.secret = secret
        let name = "thing-\(secret.count)"
        func make(_ method: String, _ path: String, _ body: JSONValue) async throws -> JSONValue {
            let answer = try await front.send(method, path, body: body, key: key)
            try #require((200..<300).contains(answer.status), "\(path): \(answer.text)")
            return answer.json
        }
        func note(_ kind: String, _ values: JSONValue?...) throws {
            things[kind] = try values.map { try #require($0?.stringValue, "\(kind)") }
        }
        let project = try await make("POST", "/api/projects", ["name": .string(name)])
        try note("project", project["project_id"], .string(name))
        let anchor = try await make(
            "POST", "/api/anchors", ["project": .string(name), "name": "Ada", "image_base64": Self.picture])
        try note("character_id", anchor["character_id"])
        try note("anchor_id", anchor["anchor_id"])
        try note("job_id", anchor["job_id"])
        _ = try await make(
            "PATCH", "/api/characters/\(anchor["character_id"]?.stringValue ?? "")", ["description": .string(secret)])
        let output = try await make("POST", "/generate", ["prompt": .string(secret), "project": .string(name)])
        try note("output_id", output["output_id"])
        let product = try await make(
            "POST", "/products", ["external_id": .string(name), "title": .string(secret), "image_base64": Self.picture])
        try note("product", product["product"]?["product_id"], .string(name))
        try note("image_id", product["product"]?["images"]?[0]?["image_id"])
        try note("file_id", anchor["anchor_id"], product["product"]?["images"]?[0]?["image_id"])
        try note("import_id", try await make("POST", "/products/imports", ["format": "jsonl"])["import_id"])
        let collection = try await make("POST", "/api/collections", ["name": .string(name), "dims": 2])
        try note("collection", collection["collection_id"] ?? collection["id"], .string(name))
        _ = try await make(
            "POST", "/api/collections/\(name)/records",
            ["records": [["id": "a", "vector": [1, 0], "document": .string(secret)]]])
        _ = try await make("POST", "/api/v2/tenants/default_tenant/databases", ["name": .string(name)])
        try note("database", .string(name))
        let preset = try await make(
            "POST", "/api/presets",
            ["id": .string(name), "name": .string(name), "positive": .string("{prompt}, \(secret)")])
        try note("preset", preset["id"])
        let workflow = try await make(
            "POST", "/api/workflows",
            ["name": .string(name), "summary": .string(secret), "file_base64": .string(Self.workflow)])
        try note("workflow", workflow["workflow"])
        let made = try await make("POST", "/api/keys", ["name": .string(secret), "permission": "read"])
        try note("key_id", made["key"]?["key_id"])
        try note("tenant", made["key"]?["tenant"])
    }

    /// A graph of one text, in base64.
    static let workflow = Data(
        #"{"6":{"class_type":"CLIPTextEncode","inputs":{"text":""},"_meta":{"title":"hearth:prompt"}}}"#.utf8
    ).base64EncodedString()

    /// A grey PNG of 16 by 16 pixels.
    static let picture: JSONValue =
        """
        iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAHjM1mKAAAAAElFTkSuQmCC
        """

    // MARK: Calls

    /// Calls a route: with `given`, and with the tenant's own things where it needs one more.
    func call(
        _ route: ServedRoute, of front: AssembledFront, with given: [String: String]
    ) async throws -> AssembledFront.Answer {
        func value(_ name: String) -> String {
            given[name] ?? Self.neutral(name) ?? values(of: name).first ?? "nothing"
        }
        var target = Self.target(route.path, value)
        let fields = self.fields(of: route, given, value)
        let headers = ["x-hearth-timeout-ms": "20"]
        if route.isSocket { return try await front.openSocket(target, key: key) }
        guard route.method == "GET" else {
            return try await front.send(route.method, target, body: .object(fields), key: key, headers: headers)
        }
        let query = fields.members.compactMap { field in field.value.stringValue.map { "\(field.key)=\($0)" } }
        if !query.isEmpty { target += "?\(query.joined(separator: "&"))" }
        return try await front.send("GET", target, key: key, headers: headers)
    }

    /// Fields of a request besides those in the path.
    private func fields(
        of route: ServedRoute, _ given: [String: String], _ value: (String) -> String
    ) -> JSONObject {
        guard let input = route.operation?["input"] else { return route.method == "GET" ? [:] : Self.protocolFields }
        let required = Set(input["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        var fields = JSONObject()
        for property in input["properties"]?.objectValue?.members ?? [] where !route.parameters.contains(property.key) {
            let name = property.key
            if given[name] != nil || (required.contains(name) && Self.kind(of: name) != nil) {
                fields[name] = .string(value(name))
            } else if required.contains(name) {
                fields[name] = Self.samples[name] ?? Self.sample(property.value)
            }
        }
        // What is not required by the schema, and without which the operation would not look at the ids.
        let name = route.operation?["name"]?.stringValue ?? ""
        if name.hasSuffix("workflows.add") { fields["file_base64"] = .string(Self.workflow) }
        if name.hasSuffix(".register") || name.hasSuffix("images.add") || name.hasSuffix("pictures.add") {
            fields["image_base64"] = Self.picture
        }
        if name.hasSuffix("imports.append") { fields["file_base64"] = "e30K" }
        if name == "collections.query" { fields["vector"] = [1, 0] }
        if name == "collections.records.delete" { fields["ids"] = ["a"] }
        return fields
    }

    private static let samples: [String: JSONValue] = [
        "records": [["id": "b", "vector": [0, 1]]], "ids": ["a"], "limits": [:],
    ]

    /// A value that a schema allows.
    private static func sample(_ schema: JSONValue) -> JSONValue {
        if let word = schema["enum"]?.arrayValue?.first { return word }
        return switch schema["type"]?.stringValue {
        case "integer", "number": schema["minimum"] ?? 1
        case "boolean": false
        case "array": []
        case "object": [:]
        default: "sample"
        }
    }

    /// Whatever a route of a protocol may look for.
    private static let protocolFields: JSONObject = [
        "ids": ["a"], "embeddings": [[1, 0]], "query_embeddings": [[1, 0]], "new_name": "renamed", "name": "made",
        "input": "text", "model": "nothing",
    ]

    /// What the tenant sees of its own things: the answers of every route that reads one.
    func snapshot(_ routes: [ServedRoute], of front: AssembledFront) async throws -> [String: String] {
        var seen: [String: String] = [:]
        for route in routes where route.method == "GET" && route.parameters.contains(where: { !values(of: $0).isEmpty })
        {
            var isSeen = false
            let name = route.parameters.last ?? ""
            for value in values(of: name) {
                let answer = try await call(route, of: front, with: [name: value])
                // A character's file says when it was made.
                let text = answer.text.replacing(/"exported_at":\d+/, with: "")
                seen["\(route) \(value)"] = "\(answer.status) \(text)"
                isSeen = isSeen || answer.status < 300 && answer.status != 0
            }
            #expect(isSeen, "\(route) shows the owner nothing, so that it could show a stranger nothing")
        }
        return seen
    }
}
