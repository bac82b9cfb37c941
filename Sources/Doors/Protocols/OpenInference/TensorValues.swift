import HearthCore
import HearthJSON

/// The values of a JSON tensor as numbers of its type.
struct TensorValues {
    private let input: OpenInferenceRequest.Input

    init(_ input: OpenInferenceRequest.Input) {
        self.input = input
    }

    /// - Throws: ``HearthError`` `invalid_request` for a type that Hearth does not compute with, or values beyond it.
    func tensor() throws(HearthError) -> Tensor {
        guard let type = ElementType(rawValue: input.datatype) else {
            let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            throw HearthError(
                .invalidRequest,
                "The input `\(input.name.prefix(80))` is of the type \"\(input.datatype.prefix(20))\", which no graph "
                    + "here takes.", hint: "There are \(known).")
        }
        let elements: Tensor.Elements =
            switch type {
            case .float32: .float32(try converted(Self.float))
            case .int64: .int64(try converted(\.integerValue))
            case .int32: .int32(try converted { $0.integerValue.flatMap { Int32(exactly: $0) } })
            case .uint8: .uint8(try converted { $0.integerValue.flatMap { UInt8(exactly: $0) } })
            }
        return Tensor(shape: input.shape, elements: elements)
    }

    /// The texts of a tensor of BYTES.
    /// - Throws: ``HearthError`` `invalid_request` for anything but strings.
    func texts() throws(HearthError) -> [String] { try converted(\.stringValue) }

    private static func float(_ value: JSONValue) -> Float? {
        guard let number = value.doubleValue.map({ Float($0) }), number.isFinite else { return nil }
        return number
    }

    private func converted<Value>(_ convert: (JSONValue) -> Value?) throws(HearthError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(input.values.count)
        for (index, value) in input.values.enumerated() {
            guard let value = convert(value) else {
                throw HearthError(
                    .invalidRequest,
                    "Value \(index) of `\(input.name.prefix(80))` is not of the type \(input.datatype).")
            }
            values.append(value)
        }
        return values
    }
}
