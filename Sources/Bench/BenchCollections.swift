import Foundation
import HearthCore
import HearthJSON

/// Collections of vectors at a server, over one connection.
final class BenchCollections {
    private let connection: BenchConnection

    init(port: Int) throws { connection = try BenchConnection(.port(port)) }

    /// Sends a whole request.
    /// - Returns: the milliseconds until the whole answer was there.
    /// - Throws: ``HearthError`` `internal_error` when it is refused.
    @discardableResult
    func send(_ request: [UInt8]) throws -> Double {
        let start = ContinuousClock.now
        let answer = try connection.send(request)
        let time = (ContinuousClock.now - start).fractionalMilliseconds
        guard (200..<300).contains(answer.status) else {
            let message = (try? JSONParser.read(answer.body))?["error"]?["message"]?.stringValue
            throw HearthError(.internalError, message ?? "The server answers with \(answer.status).")
        }
        return time
    }

    /// Makes a collection and fills it in batches.
    /// - Parameter faces: where its vectors come from.
    /// - Returns: seconds that the server took.
    @discardableResult
    func fill(_ name: String, count: Int, batch: Int = 500, from faces: inout BenchFaces) throws -> Double {
        var time = try send(Self.creation(name))
        for first in stride(from: 0, to: count, by: batch) {
            time += try send(Self.upsert(name, first: first, faces.vectors(min(batch, count - first))))
        }
        return time / 1_000
    }

    /// Milliseconds of searches for what is like random records.
    func searches(_ count: Int, in name: String, records: Int, k: Int, _ faces: inout BenchFaces) throws -> [Double] {
        try (0..<count).map { _ in try send(Self.search(name, like: faces.below(records), k: k)) }
    }

    // MARK: Requests

    static func creation(_ name: String) -> [UInt8] {
        post("/api/collections", #"{"name":"\#(name)","dims":\#(BenchFaces.dims)}"#)
    }

    static func upsert(_ name: String, first: Int, _ vectors: [[Float]]) -> [UInt8] {
        let records = vectors.enumerated().map { place, vector in
            #"{"id":"f\#(first + place)","vector":"\#(base64(vector))","payload":{"face":\#(place)}}"#
        }
        return post("/api/collections/\(name)/records", #"{"records":[\#(records.joined(separator: ","))]}"#)
    }

    /// A search for what is like a stored record.
    static func search(_ name: String, like number: Int, k: Int) -> [UInt8] {
        post("/api/collections/\(name)/query", #"{"id":"f\#(number)","k":\#(k)}"#)
    }

    /// A search for what is like a vector.
    static func search(_ name: String, for vector: [Float], k: Int) -> [UInt8] {
        post("/api/collections/\(name)/query", #"{"vector":"\#(base64(vector))","k":\#(k)}"#)
    }

    private static func base64(_ vector: [Float]) -> String {
        vector.withUnsafeBytes { Data($0) }.base64EncodedString()
    }

    private static func post(_ path: String, _ body: String) -> [UInt8] {
        let head = "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        return Array("\(head)content-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }
}
