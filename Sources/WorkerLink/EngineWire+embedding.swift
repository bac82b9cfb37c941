package import Foundation
package import HearthCore
package import HearthInference
import HearthJSON

extension EngineWire {
    /// A request for a vector, as a frame's header; the picture, text or ids are its payload.
    private struct EmbeddingHeader: Codable, Sendable {
        var model: String?
        /// `image`, `text` or `tokens`.
        var kind: String
        var role: TextRole?
        var truncates: Bool
        var tenant: Tenant
        var timeoutMilliseconds: Int64
    }

    package static func frame(_ request: EmbeddingRequest, now: ContinuousClock.Instant) throws -> Frame {
        let kind: String
        var role: TextRole?
        let payload: Data
        switch request.input {
        case .image(let bytes): (kind, payload) = ("image", bytes)
        case .text(let text, let given): (kind, role, payload) = ("text", given, Data(text.utf8))
        case .tokens(let tokens): (kind, payload) = ("tokens", body(of: tokens.map(UInt32.init(bitPattern:))))
        }
        let header = EmbeddingHeader(
            model: request.model, kind: kind, role: role, truncates: request.truncates, tenant: request.tenant,
            timeoutMilliseconds: max(0, (request.deadline - now).nanoseconds / 1_000_000))
        return Frame(try JSONValueEncoder.encode(header), payload: payload)
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package static func request(_ frame: Frame, now: ContinuousClock.Instant) throws -> EmbeddingRequest {
        let header = try JSONValueDecoder.read(EmbeddingHeader.self, from: frame.header)
        let input: EmbeddingInput
        switch header.kind {
        case "image": input = .image(frame.payload)
        case "text": input = .text(String(decoding: frame.payload, as: UTF8.self), role: header.role)
        case "tokens" where frame.payload.count % 4 == 0:
            input = .tokens(words(in: frame.payload).map(Int32.init(bitPattern:)))
        default: throw HearthError(.invalidRequest, "The frame is of an unknown kind, or not whole.")
        }
        return EmbeddingRequest(
            model: header.model, input: input, truncates: header.truncates, tenant: header.tenant,
            deadline: now + .milliseconds(header.timeoutMilliseconds))
    }

    /// All of an ``EmbeddingResult`` but the vector.
    private struct ResultHeader: Codable, Sendable {
        var model: ModelIdentity
        var norm: Float
        var tokens: Int
        var decodeNS: Int64
        var queueNS: Int64
        var computeNS: Int64
        var batch: Int
    }

    /// An error as it crosses the socket.
    private struct ErrorHeader: Codable, Sendable {
        var code: String
        var message: String
        var hint: String?
        var retryAfter: Int?
    }

    package static func frame(_ result: Result<EmbeddingResult, HearthError>) throws -> Frame {
        switch result {
        case .success(let result):
            let timings = result.timings
            let header = ResultHeader(
                model: result.model, norm: result.norm, tokens: result.tokens, decodeNS: timings.decode.nanoseconds,
                queueNS: timings.queue.nanoseconds, computeNS: timings.compute.nanoseconds, batch: timings.batch)
            return Frame(try JSONValueEncoder.encode(header), payload: body(of: result.vector))
        case .failure(let error):
            let header = ErrorHeader(
                code: error.code.rawValue, message: error.message, hint: error.hint, retryAfter: error.retryAfter)
            return Frame(["error": try JSONValueEncoder.encode(header)])
        }
    }

    /// - Throws: ``HearthError`` `internal_error` when the frame has not the model's length.
    package static func result(_ frame: Frame) throws -> Result<EmbeddingResult, HearthError> {
        if let error = frame.header["error"] {
            let header = try JSONValueDecoder.read(ErrorHeader.self, from: error)
            return .failure(
                HearthError(
                    HearthError.Code(rawValue: header.code), header.message, hint: header.hint,
                    retryAfter: header.retryAfter))
        }
        let header = try JSONValueDecoder.read(ResultHeader.self, from: frame.header)
        guard frame.payload.count % 4 == 0, frame.payload.count / 4 == header.model.dims else {
            throw HearthError(.internalError, "The worker answered with a vector of the wrong length.")
        }
        return .success(
            EmbeddingResult(
                vector: words(in: frame.payload).map(Float.init(bitPattern:)), norm: header.norm,
                tokens: header.tokens, model: header.model,
                timings: InferenceTimings(
                    decode: .nanoseconds(header.decodeNS), queue: .nanoseconds(header.queueNS),
                    compute: .nanoseconds(header.computeNS), batch: header.batch)))
    }

    /// The bytes of a vector, float32 little-endian.
    package static func body(of vector: [Float]) -> Data { body(of: vector.map { $0.bitPattern }) }

    static func body(of words: [UInt32]) -> Data {
        var words = words.map { $0.littleEndian }
        return Data(bytes: &words, count: words.count * 4)
    }

    static func words(in data: Data) -> [UInt32] {
        data.withUnsafeBytes { buffer in
            (0..<(buffer.count / 4)).map {
                UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
            }
        }
    }
}
