package import struct Foundation.Data

/// What front and worker say to each other over the worker's unix socket (HTTP/1.1).
///
/// `POST /embed?model=ID`: the body is the encoded picture, `x-hearth-timeout-ms` how long the caller waits. The
/// answer's body is the vector, float32 little-endian; ``EmbeddingHeader`` stands in `x-hearth-embedding` as JSON.
/// `GET /status`: ``EngineStatus`` as JSON. Errors are Hearth's error shape.
package enum EngineWire {
    package static let embedPath = "/embed"
    package static let statusPath = "/status"
    package static let timeoutField = "x-hearth-timeout-ms"
    package static let embeddingField = "x-hearth-embedding"

    /// All of an ``EmbeddingResult`` but the vector.
    package struct EmbeddingHeader: Codable, Sendable {
        package var model: ModelIdentity
        package var decodeNS: Int64
        package var queueNS: Int64
        package var computeNS: Int64
        package var batch: Int

        package init(_ result: EmbeddingResult) {
            model = result.model
            decodeNS = result.timings.decode.nanoseconds
            queueNS = result.timings.queue.nanoseconds
            computeNS = result.timings.compute.nanoseconds
            batch = result.timings.batch
        }

        /// The result that this header and a body describe.
        /// - Throws: ``HearthError`` `internal_error` when the body has not the model's length.
        package func result(body: Data) throws -> EmbeddingResult {
            guard body.count == model.dims * 4 else {
                throw HearthError(.internalError, "The worker answered with a vector of the wrong length.")
            }
            let vector = body.withUnsafeBytes { buffer in
                (0..<model.dims).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
                }
            }
            return EmbeddingResult(
                vector: vector, model: model,
                timings: InferenceTimings(
                    decode: .nanoseconds(decodeNS), queue: .nanoseconds(queueNS), compute: .nanoseconds(computeNS),
                    batch: batch))
        }
    }

    /// The bytes of a vector.
    package static func body(of vector: [Float]) -> Data {
        var words = vector.map(\.bitPattern.littleEndian)
        return Data(bytes: &words, count: words.count * 4)
    }
}

extension Duration {
    /// Whole nanoseconds.
    package var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
