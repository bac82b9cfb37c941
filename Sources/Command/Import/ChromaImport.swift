import Foundation
import HearthCore
import HearthDoors
import HearthJSON

/// Brings collections over, and counts afterwards.
struct ChromaImport {
    /// What is wanted.
    struct Plan: Sendable {
        /// Of collections; all when empty.
        var names: Set<String>
        /// The metadata key whose values become collections of their own.
        var splitKey: String?
        var isDry: Bool
        var skipsExisting: Bool
    }

    private struct Target {
        var report: ChromaImportReport
        var upload: RecordUpload?
        var collectionID = ""
    }

    let source: any ChromaSource
    let client: APIClient
    let plan: Plan
    let isQuiet: Bool

    /// - Throws: ``HearthError`` of either side, and `conflict` when a collection here is of another kind.
    mutating func run() async throws -> [ChromaImportReport] {
        let all = try await source.collections()
        if let missing = plan.names.subtracting(all.map(\.name)).min() {
            throw HearthError(
                .notFound, "There is no collection \"\(missing)\" on the other side.",
                hint: "There are: \(all.prefix(20).map(\.name).joined(separator: ", ")).")
        }
        var reports: [ChromaImportReport] = []
        for collection in all where plan.names.isEmpty || plan.names.contains(collection.name) {
            reports += try await bring(collection)
        }
        return reports
    }

    private func bring(_ collection: ChromaCollection) async throws -> [ChromaImportReport] {
        var targets: [String: Target] = [:]
        var start: Int? = 0
        var read = 0
        // An empty one comes over too.
        if plan.splitKey == nil { targets[collection.name] = try await target(collection.name, collection) }
        while let from = start {
            // A dry run needs to look at records only to know how they would be split.
            if plan.isDry, plan.splitKey == nil {
                targets[collection.name]?.report.read = collection.count
                break
            }
            let page = try await source.page(of: collection, from: from, readsVectors: !plan.isDry)
            for (name, records) in Dictionary(grouping: page.records, by: { name(of: $0, in: collection) }) {
                var known: Target =
                    if let known = targets[name] { known } else { try await target(name, collection) }
                try await send(records, to: &known)
                targets[name] = known
            }
            read += page.records.count
            if !isQuiet {
                Terminal.overwrite("\(collection.name): \(read) of \(counted(collection.count, "record"))")
            }
            start = page.next
        }
        if !isQuiet { Terminal.overwrite("") }
        var reports: [ChromaImportReport] = []
        for name in targets.keys.sorted() {
            guard var known = targets[name] else { continue }
            try await finish(&known)
            reports.append(known.report)
        }
        return reports
    }

    /// Where a record goes.
    private func name(of record: ChromaRecord, in collection: ChromaCollection) -> String {
        guard let key = plan.splitKey, let value = record.metadata?[key], !value.isNull else { return collection.name }
        return "\(collection.name).\(Self.word(value.stringValue ?? value.encodedText()))"
    }

    /// A text as part of a name: letters and digits stay, other bytes become `_` and two hexadecimal digits, so that
    /// two texts never become one name.
    static func word(_ text: String) -> String {
        let bytes = Array(text.utf8)
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let isName = bytes.allSatisfy { isPlain($0) || $0 == 0x2D || $0 == 0x2E }
        if isName, let last = bytes.last, isPlain(last) { return text }
        guard !bytes.isEmpty else { return "_00" }
        return bytes.map { byte in
            isPlain(byte) ? String(UnicodeScalar(byte)) : "_" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// The collection here, made when it is missing.
    private func target(_ name: String, _ collection: ChromaCollection) async throws -> Target {
        var target = Target(report: ChromaImportReport(source: collection.name, target: name))
        guard !plan.isDry else { return target }
        let space = try ChromaSpace(
            configuration: collection.configuration, schema: collection.schema,
            metadata: collection.metadata.objectValue)
        // By Chroma's own words, so that its clients find here what they have said there.
        var body: JSONValue = [
            "name": .string(name), "configuration": collection.configuration, "metadata": collection.metadata,
            "get_or_create": true,
        ]
        if body["configuration"]?["hnsw"]?.objectValue == nil {
            body["configuration"] = ["hnsw": ["space": .string(space.name)]]
        }
        let made = try await client.send(
            .post, "/api/v2/tenants/default_tenant/databases/default_database/collections", body: .json(body))
        guard made["configuration_json"]?["hnsw"]?["space"]?.stringValue == space.name,
            let id = made["id"]?.stringValue
        else {
            throw HearthError(
                .conflict, "There is a collection \"\(name)\" here already, with another metric.",
                hint: "Delete or rename it first.")
        }
        target.collectionID = id
        target.upload = RecordUpload(client, to: id)
        return target
    }

    private func send(_ records: [ChromaRecord], to target: inout Target) async throws {
        target.report.read += records.count
        guard var upload = target.upload else { return }
        let known = plan.skipsExisting ? try await existing(records, in: target.collectionID) : []
        for record in records where !known.contains(record.id) {
            var payload = record.metadata ?? JSONObject()
            if let uri = record.uri { payload["chroma:uri"] = .string(uri) }
            try await upload.add(
                id: record.id, vector: record.vector, payload: payload.isEmpty ? nil : payload,
                document: record.document)
        }
        target.upload = upload
    }

    private func existing(_ records: [ChromaRecord], in collection: String) async throws -> Set<String> {
        let answer = try await client.send(
            .post, "/api/collections/\(collection)/records/get",
            body: .json(["ids": .array(records.map { .string($0.id) })]))
        return Set(answer["records"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? [])
    }

    /// Sends the rest, and counts what is there now.
    private func finish(_ target: inout Target) async throws {
        guard var upload = target.upload else { return }
        try await upload.flush()
        target.report.problems = upload.problems
        target.report.problemCount = upload.problemCount
        let count = try await client.send(.get, "/api/collections/\(target.collectionID)/count")
        target.report.stored = Int(count["count"]?.integerValue ?? 0)
    }
}
