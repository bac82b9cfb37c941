import Foundation
package import HTTPTypes
package import HearthCollections
import HearthCore
import HearthJSON
package import Hummingbird

/// The streams of collections: export and import, which no operation can be because they do not fit into memory.
package struct CollectionDoor: Sendable {
    private let collections: NamedCollections
    private let budget: BodyBudget

    package init(collections: NamedCollections, budget: BodyBudget) {
        self.collections = collections
        self.budget = budget
    }

    /// Adds `GET /api/collections/{collection}/export` and `POST /api/collections/{collection}/import`.
    package func add(to router: Router<DoorContext>) {
        router.get("/api/collections/{collection}/export") { request, context in
            try await export(request, context)
        }
        router.post("/api/collections/{collection}/import") { request, context in
            try await load(request, context)
        }
    }

    /// Methods at a path of this door, for 405.
    package func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        guard parts.count == 4, parts[0] == "api", parts[1] == "collections" else { return [] }
        return parts[3] == "export" ? [.get] : parts[3] == "import" ? [.post] : []
    }

    private func export(_ request: Request, _ context: DoorContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let format = try Self.word(request, "format", CollectionExport.Format.self) ?? .jsonl
        let export = try await collections.export(
            Self.reference(context), format, of: principal.tenant)
        return ExportReply(export, format).response
    }

    private func load(_ request: Request, _ context: DoorContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        guard principal.permission >= .write else {
            throw HearthError(.forbidden, "This credential may not import records.")
        }
        let query = try QueryFields(request.uri.query ?? "").fields
        let first = try Self.number(query.first { $0.0 == "from_line" }?.1) ?? 1
        let format = try Self.word(request, "format", RecordReader.Format.self) ?? .jsonl
        let prefix = query.first { $0.0 == "id_prefix" }?.1 ?? ""
        guard prefix.utf8.count <= Limits.recordIDBytes / 2 else {
            throw HearthError(.invalidRequest, "`id_prefix` is too long.")
        }
        // What is read ahead and on its way into the store counts like any other body.
        let reservation = budget.reservation()
        try reservation.grow(by: Limits.importMemoryBytes)
        defer { withExtendedLifetime(reservation) {} }
        var run = ImportRun(
            collections, into: try await collections.find(Self.reference(context), of: principal.tenant),
            reader: RecordReader(format, idPrefix: prefix, first: first), first: first)
        try await run.read(request)
        return JSONReply(run.report).response
    }

    private static func reference(_ context: DoorContext) throws(HearthError) -> String {
        guard let text = context.parameters.get("collection")?.removingPercentEncoding else {
            throw HearthError(.invalidRequest, "The path is not validly encoded.")
        }
        return text
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ request: Request, _ name: String, _ type: Word.Type
    ) throws(HearthError) -> Word? where Word.RawValue == String {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let word = Word(rawValue: String(text)) else {
            throw HearthError(
                .invalidRequest, "There is no `\(name)` \"\(text.prefix(40))\".",
                hint: "There are: \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return word
    }

    private static func number(_ text: String?) throws(HearthError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 1 else {
            throw HearthError(.invalidRequest, "`from_line` must be a number from 1 on.")
        }
        return number
    }

    /// The routes of this door for `/openapi.json`.
    package static let openAPI: [OpenAPIRoute] = [
        OpenAPIRoute(
            .get, "/api/collections/{collection}/export", "collections.export",
            "A collection as a file of one moment: `?format=jsonl` (the default), `npy`, or `ids`.",
            answer: ["type": "string", "contentMediaType": "application/jsonl"]),
        OpenAPIRoute(
            .post, "/api/collections/{collection}/import", "collections.import",
            "Add or replace the records of a file in the body: `?format=jsonl` (the default) or `npy`; "
                + "`from_line` goes on where another import has stopped, `id_prefix` names the rows of a matrix.",
            answer: [
                "type": "object",
                "properties": [
                    "upserted": ["type": "integer"], "error_count": ["type": "integer"],
                    "errors": ["type": "array", "items": ["type": "object"]], "next_line": ["type": "integer"],
                ],
            ]),
    ]
}
