import Foundation
package import HearthCollections
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird

/// The streams of collections: export and import, which no operation can be because they do not fit into memory.
package struct CollectionDoor: Door {
    private let collections: NamedCollections

    package init(collections: NamedCollections) {
        self.collections = collections
    }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .get, "/api/collections/{collection}/export", streamsAnswer: true,
                describe: Self.exported, answer: export),
            DoorRoute(
                .post, "/api/collections/{collection}/import", access: .credential(.write),
                body: Self.imported,
                describe: OpenAPIEntry(
                    "collections.import", "Add or replace the records of a file in the body.",
                    parameters: [
                        Self.format("jsonl", "npy"),
                        OpenAPIEntry.query(
                            "from_line", "Where to go on after another import has stopped.",
                            ["type": "integer", "minimum": 1]),
                        OpenAPIEntry.query("id_prefix", "Begins the names of a matrix's rows."),
                    ], answer: Self.report), answer: load),
        ]
    }

    private static var exported: OpenAPIEntry {
        var entry = OpenAPIEntry(
            "collections.export", "A collection as a file of one moment.",
            parameters: [format("jsonl", "npy", "ids")], mediaType: "application/jsonl", answer: BodyRule.file)
        entry.otherMediaTypes = ["application/octet-stream"]
        return entry
    }

    /// A file without a line is as good as any.
    private static var imported: BodyRule {
        var rule = BodyRule(
            content: ["application/jsonl": BodyRule.file, "application/octet-stream": BodyRule.file],
            limit: Limits.importBytes)
        rule.isOptional = true
        return rule
    }

    private static func format(_ words: String...) -> JSONValue {
        OpenAPIEntry.query(
            "format", "The first one by itself.",
            ["type": "string", "enum": .array(words.map { .string($0) })])
    }

    private static let report: JSONValue = [
        "type": "object",
        "properties": [
            "upserted": ["type": "integer"], "error_count": ["type": "integer"],
            "errors": ["type": "array", "items": ["type": "object"]], "next_line": ["type": "integer"],
        ],
    ]

    private func export(_ call: DoorCall) async throws -> Response {
        let format: CollectionExport.Format = try call.query().word("format") ?? .jsonl
        let export = try await collections.export(call.parameter("collection"), format, of: call.tenant)
        return ExportReply(export, format).response
    }

    private func load(_ call: DoorCall) async throws -> Response {
        let query = try call.query()
        let first = try query.count("from_line") ?? 1
        let format: RecordReader.Format = try query.word("format") ?? .jsonl
        let prefix = try query.string("id_prefix") ?? ""
        guard prefix.utf8.count <= Limits.recordIDBytes / 2 else {
            throw HearthError(.invalidRequest, "`id_prefix` is too long.")
        }
        // What is read ahead and on its way into the store counts like any other body.
        let reservation = call.reservation()
        try reservation.grow(by: Limits.importMemoryBytes)
        defer { withExtendedLifetime(reservation) {} }
        var run = ImportRun(
            collections, into: try await collections.find(call.parameter("collection"), of: call.tenant),
            reader: RecordReader(format, idPrefix: prefix, first: first), first: first)
        try await run.read(call.arrivingBody)
        return JSONReply(run.report).response
    }
}
