import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import NIOCore

extension InferenceQuestion {
    /// The question as a message: its kind and settings in the header, its bytes as payloads.
    var message: InferenceWire.Message {
        switch self {
        case .embed(.image(let picture), _):
            // A picture that came over HTTP goes on from the memory that it arrived in.
            let bytes = picture.storage as? ByteBuffer ?? ByteBuffer(bytes: picture.bytes)
            return .init(["question": "image"], payloads: [bytes])
        case .embed(.text(let text, let role), let truncates):
            var header: JSONValue = ["question": "text", "truncates": .bool(truncates)]
            header["role"] = role.map { .string($0.rawValue) }
            return .init(header, payloads: [ByteBuffer(string: text)])
        case .embed(.tokens(let tokens), let truncates):
            return .init(
                ["question": "tokens", "truncates": .bool(truncates)], payloads: [ByteBuffer(numbers: tokens)])
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
        let truncates = header["truncates"]?.boolValue ?? true
        switch (header["question"]?.stringValue, message.payloads.count) {
        case ("image", 1):
            self = .embed(.image(Picture(sharing: message.payloads[0])))
        case ("text", 1):
            let role = header["role"]?.stringValue.flatMap { TextRole(rawValue: $0) }
            self = .embed(.text(String(buffer: message.payloads[0]), role: role), truncates: truncates)
        case ("tokens", 1):
            self = .embed(.tokens(try message.payloads[0].numbers(of: Int32.self)), truncates: truncates)
        case ("run", let count):
            let tensors = header["tensors"]?.arrayValue ?? []
            guard tensors.count == count else { throw InferenceWire.malformed }
            self = .run(
                try zip(tensors, message.payloads).map { try NamedTensor(header: $0, $1) },
                outputs: header["outputs"]?.arrayValue?.compactMap(\.stringValue) ?? [])
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
