import Foundation
import HearthCore
import HearthJSON

/// Sends records to a collection in parts that each arrive in time, and tells of those that were refused.
struct RecordUpload {
    private let client: APIClient
    private let collection: String
    private var lines = Data()
    private var lineCount = 0
    private(set) var sent = 0
    private(set) var upserted = 0
    private(set) var problems: [JSONValue] = []
    private(set) var problemCount = 0

    /// Bytes and lines of one part: a second or two of a server's time.
    private static let partBytes = 8 << 20
    private static let partLines = 4_096

    /// - Parameter collection: its id or name.
    init(_ client: APIClient, to collection: String) {
        self.client = client
        self.collection = collection
    }

    /// Adds a line; sends what has gathered when it is enough.
    mutating func add(_ line: Data) async throws {
        lines.append(line)
        lines.append(0x0A)
        lineCount += 1
        if lines.count >= Self.partBytes || lineCount >= Self.partLines { try await flush() }
    }

    /// Adds a record as a line.
    mutating func add(
        id: String, vector: [Float], payload: JSONObject?, document: String?
    ) async throws {
        var line: JSONValue = [
            "id": .string(id), "vector": .string(Data(littleEndian: vector).base64EncodedString()),
        ]
        if let payload { line["payload"] = .object(payload) }
        if let document { line["document"] = .string(document) }
        try await add(line.encoded())
    }

    /// Sends what has gathered.
    mutating func flush() async throws {
        guard lineCount > 0 else { return }
        let report = try await client.send(
            .post, "/api/collections/\(collection)/import", body: .lines(lines), timeout: .seconds(300))
        upserted += Int(report["upserted"]?.integerValue ?? 0)
        problemCount += Int(report["error_count"]?.integerValue ?? 0)
        for problem in report["errors"]?.arrayValue ?? [] where problems.count < Limits.shownProblems {
            var problem = problem
            problem["line"] = .int((problem["line"]?.integerValue ?? 0) + Int64(sent))
            problems.append(problem)
        }
        sent += lineCount
        lines.removeAll(keepingCapacity: true)
        lineCount = 0
    }
}
