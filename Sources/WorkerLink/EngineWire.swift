package import Foundation
import HearthCore
package import HearthJSON

/// What front and worker say to each other over the worker's unix socket (HTTP/1.1).
///
/// `POST /embed`: a frame for each input; the answer has a frame for each of them, in their order, that holds the
/// vector or says why there is none. `POST /infer`: a frame that names the model, then one for each tensor; the answer
/// is a frame for each output. `POST /load`, `POST /unload`: names in the query, the worker's new state as answer.
/// `GET /status`: ``EngineStatus`` as JSON. `GET /metrics`: its metrics as text. What fails as a whole is Hearth's error
/// shape.
package enum EngineWire {
    package static let embedPath = "/embed"
    package static let inferPath = "/infer"
    package static let loadPath = "/load"
    package static let unloadPath = "/unload"
    package static let statusPath = "/status"
    package static let metricsPath = "/metrics"
    /// How long a caller waits, in milliseconds; callers of the embedding doors may send it too.
    package static let timeoutField = "x-hearth-timeout-ms"

    /// A JSON header and bytes: `u32` length, header, `u32` length, payload; numbers little-endian.
    package struct Frame: Sendable, Equatable {
        package var header: JSONValue
        package var payload: Data

        package init(_ header: JSONValue, payload: Data = Data()) {
            self.header = header
            self.payload = payload
        }
    }

    package static func encode(_ frames: [Frame]) -> Data {
        var data = Data(capacity: frames.reduce(0) { $0 + $1.payload.count + 256 })
        func append(_ bytes: Data) {
            withUnsafeBytes(of: UInt32(clamping: bytes.count).littleEndian) { data.append(contentsOf: $0) }
            data.append(bytes)
        }
        for frame in frames {
            append(frame.header.encoded())
            append(frame.payload)
        }
        return data
    }

    /// - Throws: ``HearthError`` `invalid_request` when the bytes are no frames.
    package static func decode(_ data: Data) throws -> [Frame] {
        var frames: [Frame] = []
        var rest = data[...]
        func next() throws(HearthError) -> Data {
            guard rest.count >= 4 else { throw malformed }
            let length = rest.prefix(4).withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
            rest = rest.dropFirst(4)
            guard rest.count >= length else { throw malformed }
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
        while !rest.isEmpty {
            let header = try next()
            frames.append(Frame(try JSONParser.read(header), payload: try next()))
        }
        return frames
    }

    private static let malformed = HearthError(.invalidRequest, "The frames are malformed.")
}
