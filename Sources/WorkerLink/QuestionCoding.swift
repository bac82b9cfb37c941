import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import NIOCore

extension InferenceQuestion {
    /// The question as a message: its kind and settings in the header, its bytes as payloads.
    var message: InferenceWire.Message {
        switch self {
        case .ask(let input, let ability, let truncates):
            var message = input.message
            message.header["ability"] = .string(ability.rawValue)
            message.header["truncates"] = .bool(truncates)
            return message
        case .faces(let picture, let question):
            var message = EmbeddingInput.image(picture).message
            message.header["question"] = "faces"
            message.header["faces"] = question.json
            return message
        case .run(let tensors, let outputs):
            return .init(
                [
                    "question": "run", "outputs": .array(outputs.map(JSONValue.string)),
                    "tensors": .array(tensors.map(\.header)),
                ], payloads: tensors.map { ByteBuffer(elements: $0.tensor.elements) })
        }
    }

    /// - Throws: ``HearthError`` `invalid_request` for a message that is no question, or not whole.
    init(_ message: InferenceWire.Message) throws {
        let header = message.header
        if header["question"]?.stringValue == "faces" {
            guard let payload = message.payloads.first, message.payloads.count == 1, let question = header["faces"]
            else { throw InferenceWire.malformed }
            self = .faces(Picture(sharing: payload), try JSONValueDecoder.read(FaceQuestion.self, from: question))
            return
        }
        guard header["question"]?.stringValue == "run" else {
            guard let ability = header["ability"]?.stringValue else { throw InferenceWire.malformed }
            self = .ask(
                try EmbeddingInput(message), for: ModelAbility(rawValue: ability),
                truncates: header["truncates"]?.boolValue ?? true)
            return
        }
        let tensors = header["tensors"]?.arrayValue ?? []
        guard tensors.count == message.payloads.count else { throw InferenceWire.malformed }
        self = .run(
            try zip(tensors, message.payloads).map { try NamedTensor(header: $0, $1) },
            outputs: header["outputs"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}

extension FaceQuestion {
    /// As ``init(from:)`` reads it.
    fileprivate var json: JSONValue {
        var place: JSONObject = [
            "padding": .double(Double(search.padding)), "quarter_turns": .int(Int64(search.quarterTurns)),
            "tiles": .int(Int64(search.tiles)),
        ]
        place["long_side"] = search.longSide.map { .int(Int64($0)) }
        var fields: JSONObject = [
            "search": .object(place), "maximum_faces": .int(Int64(maximumFaces)), "embeds": .bool(embeds),
        ]
        fields["minimum_score"] = minimumScore.map { .double(Double($0)) }
        fields["detector"] = detector.map(JSONValue.string)
        fields["embedder"] = embedder.map(JSONValue.string)
        return .object(fields)
    }
}

extension EmbeddingInput {
    /// The input as a message: `question` in the header says what its payload is.
    fileprivate var message: InferenceWire.Message {
        switch self {
        case .image(let picture):
            // A picture that came over HTTP goes on from the memory that it arrived in.
            let bytes = picture.storage as? ByteBuffer ?? ByteBuffer(bytes: picture.bytes)
            return .init(["question": "image"], payloads: [bytes])
        case .text(let text, let role):
            var header: JSONValue = ["question": "text"]
            header["role"] = role.map { .string($0.rawValue) }
            return .init(header, payloads: [ByteBuffer(string: text)])
        case .tokens(let tokens):
            return .init(["question": "tokens"], payloads: [ByteBuffer(numbers: tokens)])
        }
    }

    /// - Throws: ``HearthError`` `invalid_request` for a message that holds no input, or not one.
    fileprivate init(_ message: InferenceWire.Message) throws {
        guard let payload = message.payloads.first, message.payloads.count == 1 else { throw InferenceWire.malformed }
        switch message.header["question"]?.stringValue {
        case "image": self = .image(Picture(sharing: payload))
        case "text":
            let role = message.header["role"]?.stringValue.flatMap { TextRole(rawValue: $0) }
            self = .text(String(buffer: payload), role: role)
        case "tokens": self = .tokens(try payload.numbers(of: Int32.self))
        default: throw InferenceWire.malformed
        }
    }
}

extension NamedTensor {
    /// All but the elements, which are the payload.
    var header: JSONValue {
        [
            "name": .string(name), "type": .string(tensor.elements.type.rawValue),
            "shape": .array(tensor.shape.map { .int(Int64($0)) }),
        ]
    }

    /// - Throws: ``HearthError`` `invalid_request` when shape and bytes do not fit.
    init(header: JSONValue, _ payload: ByteBuffer) throws {
        guard let name = header["name"]?.stringValue,
            let type = header["type"]?.stringValue.flatMap({ ElementType(rawValue: $0) }),
            let lengths = header["shape"]?.arrayValue
        else { throw InferenceWire.malformed }
        let shape = lengths.compactMap(\.integerValue).map { Int($0) }
        guard shape.count == lengths.count, shape.allSatisfy({ $0 >= 0 }) else {
            throw HearthError(.invalidRequest, "A tensor's shape is wrong.")
        }
        var bytes = type.size
        for length in shape {
            let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: length)
            guard !isTooLarge else { throw HearthError(.invalidRequest, "A tensor's shape is wrong.") }
            bytes = product
        }
        guard payload.readableBytes == bytes else {
            throw HearthError(.invalidRequest, "A tensor's shape does not fit its values.")
        }
        let elements: Tensor.Elements =
            switch type {
            case .float32: .float32(try payload.numbers(of: Float.self))
            case .int64: .int64(try payload.numbers(of: Int64.self))
            case .int32: .int32(try payload.numbers(of: Int32.self))
            case .uint8: .uint8(try payload.numbers(of: UInt8.self))
            }
        self.init(name: name, tensor: Tensor(shape: shape, elements: elements))
    }
}

extension ByteBuffer {
    /// The bytes of a tensor.
    init(elements: Tensor.Elements) {
        switch elements {
        case .float32(let values): self.init(numbers: values)
        case .int64(let values): self.init(numbers: values)
        case .int32(let values): self.init(numbers: values)
        case .uint8(let values): self.init(numbers: values)
        }
    }
}
