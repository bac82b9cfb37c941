import Foundation
package import HearthCore
package import HearthInference
package import HearthJSON
package import NIOCore

/// What front and worker say to each other over the worker's unix socket (HTTP/1.1).
///
/// `POST /answer`: a message for each request; the answer has a message for each of them, in their order, that holds
/// the answer or says why there is none. `POST /load`, `POST /unload`: names in the query, the worker's new state as
/// answer. `GET /status`: `EngineStatus` as JSON. `GET /metrics`: its metrics as text. What fails as a whole is
/// Hearth's error shape.
package enum InferenceWire {
    package static let answerPath = "/answer"
    package static let loadPath = "/load"
    package static let unloadPath = "/unload"
    package static let statusPath = "/status"
    package static let metricsPath = "/metrics"

    /// A JSON header and any number of payloads.
    ///
    /// On the wire: `u32` length and bytes of the header, `u32` number of payloads, then `u32` length and bytes of
    /// each; numbers are little-endian.
    package struct Message: Sendable, Equatable {
        package var header: JSONValue
        package var payloads: [ByteBuffer]

        package init(_ header: JSONValue, payloads: [ByteBuffer] = []) {
            self.header = header
            self.payloads = payloads
        }
    }

    /// The bytes of messages in pieces, to be sent one behind the other.
    ///
    /// A payload of ``Limits/copiedPayloadBytes`` or more is a piece of its own and shares its storage: it is not
    /// copied. Smaller ones are gathered, because each piece costs a part of a system call.
    package static func encode(_ messages: [Message]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var gathered = ByteBuffer()
        for message in messages {
            let header = message.header.encoded()
            gathered.writeInteger(UInt32(clamping: header.count), endianness: .little)
            gathered.writeBytes(header)
            gathered.writeInteger(UInt32(clamping: message.payloads.count), endianness: .little)
            for payload in message.payloads {
                gathered.writeInteger(UInt32(clamping: payload.readableBytes), endianness: .little)
                guard payload.readableBytes >= Limits.copiedPayloadBytes else {
                    gathered.writeImmutableBuffer(payload)
                    continue
                }
                pieces += [gathered, payload]
                gathered = ByteBuffer()
            }
        }
        if gathered.readableBytes > 0 { pieces.append(gathered) }
        return pieces
    }

    /// The messages in a body; their payloads are slices of it.
    /// - Throws: ``HearthError`` `invalid_request` when the bytes are no messages.
    package static func decode(_ body: ByteBuffer) throws -> [Message] {
        var messages: [Message] = []
        var rest = body
        func next() throws(HearthError) -> ByteBuffer {
            guard let length = rest.readInteger(endianness: .little, as: UInt32.self),
                let bytes = rest.readSlice(length: Int(length))
            else { throw malformed }
            return bytes
        }
        while rest.readableBytes > 0 {
            let header = try next().json()
            guard let count = rest.readInteger(endianness: .little, as: UInt32.self),
                // Each payload has a length of four bytes: nothing is allocated for a number that cannot be true.
                Int(count) <= rest.readableBytes / 4
            else { throw malformed }
            messages.append(Message(header, payloads: try (0..<count).map { _ in try next() }))
        }
        return messages
    }

    static let malformed = HearthError(.invalidRequest, "The message is malformed, or not whole.")
}

extension ByteBuffer {
    // Both ends are on one machine, and both kinds of machine that Hearth runs on are little-endian.

    /// The readable bytes as JSON.
    /// - Throws: ``HearthError`` `invalid_request`.
    func json() throws -> JSONValue { try withUnsafeReadableBytes { try JSONParser.read($0) } }

    /// The bytes of numbers.
    init<Element: BitwiseCopyable>(numbers: [Element]) {
        self = numbers.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    /// The numbers in the readable bytes; their count is a multiple of the size of one.
    func numbers<Element: BitwiseCopyable>(of type: Element.Type) throws(HearthError) -> [Element] {
        let size = MemoryLayout<Element>.size
        guard readableBytes.isMultiple(of: size) else { throw InferenceWire.malformed }
        return withUnsafeReadableBytes { bytes in
            [Element](unsafeUninitializedCapacity: bytes.count / size) { numbers, count in
                UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
                count = bytes.count / size
            }
        }
    }
}

extension InferenceWire {
    /// The body of `POST /answer`, for callers that write to the socket themselves.
    package static func body(of requests: [InferenceRequest], now: ContinuousClock.Instant) -> [UInt8] {
        encode(requests.map { message($0, now: now) }).flatMap { Array($0.readableBytesView) }
    }

    /// A request as a message; the bytes of its question are the payloads.
    package static func message(_ request: InferenceRequest, now: ContinuousClock.Instant) -> Message {
        var message = request.question.message
        message.header["model"] = request.model.map(JSONValue.string)
        message.header["priority"] = .string(request.priority.rawValue)
        message.header["tenant"] = .string(request.tenant.rawValue)
        message.header["timeout_ms"] = .int(max(0, (request.deadline - now).milliseconds))
        return message
    }

    /// - Throws: ``HearthError`` `invalid_request` when the message is no request.
    package static func request(_ message: Message, now: ContinuousClock.Instant) throws -> InferenceRequest {
        guard let priority = message.header["priority"]?.stringValue.flatMap({ InferencePriority(rawValue: $0) }),
            let tenant = message.header["tenant"]?.stringValue,
            let timeout = message.header["timeout_ms"]?.integerValue, timeout >= 0
        else { throw malformed }
        return InferenceRequest(
            try InferenceQuestion(message), of: message.header["model"]?.stringValue, priority: priority,
            tenant: Tenant(rawValue: tenant), deadline: now + .milliseconds(min(timeout, Int64(UInt32.max))))
    }

    /// An answer, or why there is none, as a message.
    ///
    /// Payloads: a vector each, its norm before its values; then a tensor each. Regions are few, and so they are in the
    /// header: as JSON that their type describes, so that a new field of theirs changes nothing here.
    package static func message(_ answer: Result<InferenceAnswer, HearthError>) -> Message {
        do {
            return try message(answer.get())
        } catch {
            let error = error as? HearthError ?? HearthError(.internalError, "The answer cannot be sent.", cause: error)
            var fields: JSONObject = ["code": .string(error.code.rawValue), "message": .string(error.message)]
            fields["hint"] = error.hint.map(JSONValue.string)
            fields["retry_after"] = error.retryAfter.map { .int(Int64($0)) }
            return Message(["error": .object(fields)])
        }
    }

    /// - Throws: ``JSONError`` when regions cannot be written.
    private static func message(_ answer: InferenceAnswer) throws -> Message {
        let timings = answer.timings
        let times = [timings.decode, timings.queue, timings.compute].map(\.nanoseconds) + [Int64(timings.batch)]
        var header: JSONObject = [
            "vectors": .int(Int64(answer.vectors.count)), "tokens": .int(Int64(answer.tokens)),
            "timings": .array(times.map(JSONValue.int)),
        ]
        if let model = answer.model {
            header["model"] = [
                "id": .string(model.id), "digest": .string(model.digest), "dims": .int(Int64(model.dims)),
                "precision": .string(model.precision),
            ]
        }
        var payloads = answer.vectors.map { ByteBuffer(numbers: [$0.norm] + $0.values) }
        if !answer.regions.isEmpty { header["regions"] = try JSONValueEncoder.encode(answer.regions) }
        if let faces = answer.faces { header["faces"] = try JSONValueEncoder.encode(faces) }
        if !answer.tensors.isEmpty {
            header["tensors"] = .array(answer.tensors.map(\.header))
            payloads += answer.tensors.map { ByteBuffer(elements: $0.tensor.elements) }
        }
        return Message(.object(header), payloads: payloads)
    }

    /// - Throws: ``HearthError`` `invalid_request` when the message is no answer, or a vector has not the model's
    ///   length.
    package static func answer(_ message: Message) throws -> Result<InferenceAnswer, HearthError> {
        let header = message.header
        if let error = header["error"] {
            guard let code = error["code"]?.stringValue, let text = error["message"]?.stringValue else {
                throw malformed
            }
            return .failure(
                HearthError(
                    HearthError.Code(rawValue: code), text, hint: error["hint"]?.stringValue,
                    retryAfter: error["retry_after"]?.integerValue.map { Int($0) }))
        }
        guard let vectors = header["vectors"]?.integerValue, let tokens = header["tokens"]?.integerValue,
            let timings = header["timings"]?.arrayValue?.compactMap(\.integerValue), timings.count == 4
        else { throw malformed }
        let model = try header["model"].map(identity)
        let payloads = message.payloads
        guard vectors >= 0, vectors <= payloads.count else { throw malformed }
        var answer = InferenceAnswer(
            model: model, tokens: Int(tokens),
            timings: InferenceTimings(
                decode: .nanoseconds(timings[0]), queue: .nanoseconds(timings[1]), compute: .nanoseconds(timings[2]),
                batch: Int(timings[3])))
        answer.vectors = try payloads.prefix(Int(vectors)).map { try embedding($0, dims: model?.dims) }
        if let regions = header["regions"] {
            answer.regions = try JSONValueDecoder.read([PictureRegion].self, from: regions)
        }
        if let faces = header["faces"] { answer.faces = try JSONValueDecoder.read(FaceReport.self, from: faces) }
        let rest = payloads.dropFirst(Int(vectors))
        let tensors = header["tensors"]?.arrayValue ?? []
        guard tensors.count == rest.count else { throw malformed }
        answer.tensors = try zip(tensors, rest).map { try NamedTensor(header: $0, $1) }
        return .success(answer)
    }

    private static func identity(_ fields: JSONValue) throws(HearthError) -> ModelIdentity {
        guard let id = fields["id"]?.stringValue, let digest = fields["digest"]?.stringValue,
            let dims = fields["dims"]?.integerValue, let precision = fields["precision"]?.stringValue
        else { throw malformed }
        return ModelIdentity(id: id, digest: digest, dims: Int(dims), precision: precision)
    }

    private static func embedding(_ payload: ByteBuffer, dims: Int?) throws(HearthError) -> Embedding {
        let numbers = try payload.numbers(of: Float.self)
        guard let dims, let norm = numbers.first, numbers.count - 1 == dims else {
            throw HearthError(.invalidRequest, "A vector has not the length of its model.")
        }
        return Embedding(Array(numbers.dropFirst()), norm: norm)
    }
}
