import HearthCore
import HearthJSON

/// Checks that the values of a JSON tensor fill its shape.
enum TensorShape {
    /// The lengths of a shape.
    /// - Throws: ``HearthError`` `invalid_request` for anything but non-negative integers, or too many of them.
    static func lengths(_ shape: [JSONValue], of name: String) throws(HearthError) -> [Int] {
        guard shape.count <= Limits.tensorRank else {
            throw HearthError(
                .invalidRequest, "The shape of `\(name.prefix(80))` has \(shape.count) dimensions.",
                hint: "At most \(Limits.tensorRank).")
        }
        var lengths: [Int] = []
        for length in shape {
            guard let length = length.integerValue.flatMap({ Int(exactly: $0) }), length >= 0 else {
                throw HearthError(.invalidRequest, "The shape of `\(name.prefix(80))` must be of whole numbers.")
            }
            lengths.append(length)
        }
        return lengths
    }

    /// The values in row-major order, sent flat or nested as the shape has it.
    /// - Throws: ``HearthError`` `invalid_request` when they do not fill the shape.
    static func flat(_ data: [JSONValue], _ lengths: [Int], of name: String) throws(HearthError) -> [JSONValue] {
        var count = 1
        for length in lengths {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
            guard !isTooLarge else { throw misfit(name, lengths, "no request can fill it") }
            count = product
        }
        guard data.first?.arrayValue != nil else {
            guard data.count == count else { throw misfit(name, lengths, "there are \(data.count) values") }
            return data
        }
        var values: [JSONValue] = []
        values.reserveCapacity(min(count, Limits.tensorValues))
        try append(data, lengths[...], to: &values) { () throws(HearthError) in
            throw misfit(name, lengths, "the nested lists have another one")
        }
        return values
    }

    private static func append(
        _ data: [JSONValue], _ lengths: ArraySlice<Int>, to values: inout [JSONValue],
        refuse: () throws(HearthError) -> Void
    ) throws(HearthError) {
        if data.count != lengths.first { try refuse() }
        let rest = lengths.dropFirst()
        guard !rest.isEmpty else {
            values.append(contentsOf: data)
            return
        }
        for row in data {
            if let row = row.arrayValue {
                try append(row, rest, to: &values, refuse: refuse)
            } else {
                try refuse()
            }
        }
    }

    private static func misfit(_ name: String, _ lengths: [Int], _ what: String) -> HearthError {
        HearthError(
            .invalidRequest, "The data of `\(name.prefix(80))` do not have the shape \(lengths): \(what).",
            hint: "Send them flat in row-major order, or nested as the shape.")
    }
}

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
