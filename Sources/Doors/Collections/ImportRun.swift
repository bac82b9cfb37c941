import Foundation
import HearthCollections
import HearthCore
import HearthJSON
import HearthText
import HearthVectorStore
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// One import: records are stored batch by batch as they arrive; an invalid one is reported, and the others are stored.
struct ImportRun {
    private let collections: NamedCollections
    private let collection: NamedCollection
    private var reader: RecordReader
    private var batch: [NumberedRecord] = []
    private var upserted = 0
    private var errorCount = 0
    private var errors: [ItemProblem] = []
    /// The first line that is not dealt with yet.
    private var nextLine: Int

    /// - Parameter first: the first line that the reader gives.
    init(_ collections: NamedCollections, into collection: NamedCollection, reader: RecordReader, first: Int) {
        self.collections = collections
        self.collection = collection
        self.reader = reader
        nextLine = first
    }

    /// Stores what the body of a request has.
    /// - Throws: ``HearthError`` with how far it came in its details; what was stored until then stays.
    mutating func read(_ body: AwaitedBody) async throws {
        do {
            var bytes = 0
            for try await chunk in body {
                bytes += chunk.readableBytes
                guard bytes <= Limits.importBytes else {
                    throw HearthError(
                        .bodyTooLarge, "The body is longer than \(Limits.importBytes) bytes.",
                        hint: "Send it in parts.")
                }
                reader.append(Data(buffer: chunk))
                while let record = try reader.next() { try await add(record) }
            }
            if let record = try reader.last() { try await add(record) }
            try await store()
        } catch {
            let shown =
                (error as? HearthError)
                ?? HearthError(
                    .invalidRequest, "The connection ended before the whole body had arrived.", cause: error)
            throw HearthError(
                shown.code, shown.message,
                hint: "Go on with from_line=\(nextLine)." + (shown.hint.map { " \($0)" } ?? ""),
                retryAfter: shown.retryAfter, details: report, cause: shown.cause)
        }
    }

    private mutating func add(_ record: NumberedRecord) async throws {
        batch.append(record)
        if batch.count >= Limits.importBatch { try await store() }
    }

    private mutating func store() async throws {
        // An id that comes twice in a file is no mistake: the later line counts. Within a batch it would be one.
        var last: [ByteKey: Int] = [:]
        for (index, record) in batch.enumerated() { if let id = record.source.id { last[ByteKey(id)] = index } }
        let unique = batch.enumerated().filter { index, record in
            record.source.id.map { last[ByteKey($0)] == index } ?? true
        }.map(\.element)
        let stored = try await collections.upsert(
            unique, into: collection.id, isPartial: true, of: collection.row.tenant,
            deadline: .now + Limits.inferenceDeadline)
        upserted += stored.count
        errorCount += stored.problems.count
        errors += stored.problems.prefix(max(0, Limits.shownProblems - errors.count))
        nextLine = reader.count + 1
        batch.removeAll(keepingCapacity: true)
    }

    /// How far it came.
    var report: JSONValue {
        [
            "collection_id": .string(collection.id), "upserted": .int(Int64(upserted)),
            "error_count": .int(Int64(errorCount)), "errors": .array(errors.map(Self.line)),
            "next_line": .int(Int64(nextLine)),
        ]
    }

    /// A problem with the number of its line.
    private static func line(_ problem: ItemProblem) -> JSONValue {
        var json = JSONObject()
        for member in problem.json.objectValue?.members ?? [] {
            json[member.key == "index" ? "line" : member.key] = member.value
        }
        return .object(json)
    }
}
