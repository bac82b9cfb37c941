import HearthCore
import HearthModelLibrary

/// Several texts as one pass: padded, masked, and pooled again. Pure.
struct TextPass {
    let sequences: [[Int32]]
    /// Tokens of each row, padding included.
    let length: Int
    let paddingID: Int32

    /// Lengths are rounded up, because a library prepares itself once for each shape that it meets: to 4 for a lone
    /// text, to 8 for several, and coarser where a few tokens more weigh little.
    init(_ sequences: [[Int32]], preprocessing: TextPreprocessing, paddingID: Int32) {
        self.sequences = sequences
        self.paddingID = paddingID
        let longest = max(1, sequences.map(\.count).max() ?? 1)
        switch preprocessing.padding {
        case .maximum: length = max(longest, preprocessing.maximumTokens)
        case .longest:
            length = min(
                Self.rounded(longest, lone: sequences.count == 1), max(longest, preprocessing.maximumTokens))
        }
    }

    /// The lengths that lone texts are rounded to, up to a longest one.
    static func lengths(upTo limit: Int) -> [Int] {
        var lengths: [Int] = []
        var next = 1
        while next <= limit {
            let length = min(rounded(next, lone: true), limit)
            lengths.append(length)
            next = length + 1
        }
        return lengths
    }

    private static func rounded(_ length: Int, lone: Bool) -> Int {
        let fine = lone ? 4 : 8
        let step = length <= 64 ? fine : length <= 256 ? fine * 4 : fine * 16
        return (length + step - 1) / step * step
    }

    /// The inputs of a graph, by their usual names (Hugging Face's), in the order of its signature.
    /// - Throws: ``HearthError`` `invalid_configuration` for an input that Hearth does not know to fill.
    func inputs(of signature: GraphSignature) throws(HearthError) -> [Tensor] {
        var tensors: [Tensor] = []
        for port in signature.inputs { tensors.append(try input(port)) }
        return tensors
    }

    /// Names of the inputs that take token ids.
    static let tokenPorts: Set<String> = ["input_ids", "input"]

    private func input(_ port: TensorPort) throws(HearthError) -> Tensor {
        let shape = [sequences.count, length]
        switch port.name {
        case let name where Self.tokenPorts.contains(name):
            return try tensor(port, shape) { row, column in
                column < row.count ? row[column] : paddingID
            }
        case "attention_mask": return try tensor(port, shape) { row, column in column < row.count ? 1 : 0 }
        case "token_type_ids": return try tensor(port, shape) { _, _ in 0 }
        case "position_ids": return try tensor(port, shape) { _, column in Int32(clamping: column) }
        // The state of decoders that can go on with a text: which row goes on with which.
        case "beam_idx": return Tensor(shape: [sequences.count], elements: .int32(sequences.indices.map(Int32.init)))
        default:
            throw HearthError(
                .invalidConfiguration, "The graph wants an input \"\(port.name.prefix(80))\".",
                hint: "Texts become input_ids, attention_mask, token_type_ids and position_ids.")
        }
    }

    private func tensor(
        _ port: TensorPort, _ shape: [Int], _ value: ([Int32], Int) -> Int32
    ) throws(HearthError) -> Tensor {
        switch port.type {
        case .int32:
            return Tensor(
                shape: shape, elements: .int32(sequences.flatMap { row in (0..<length).map { value(row, $0) } }))
        case .int64:
            return Tensor(
                shape: shape, elements: .int64(sequences.flatMap { row in (0..<length).map { Int64(value(row, $0)) } }))
        case .float32, .uint8, nil:
            throw HearthError(.invalidConfiguration, "The graph's input \(port.name) takes no whole numbers.")
        }
    }

    /// One vector a text from the graph's output.
    ///
    /// - Parameter output: `[n, length, dims]`, or `[n, dims]` for graphs that pool by themselves.
    /// - Throws: ``HearthError`` `internal_error` when the output has another size.
    func pooled(_ output: Tensor, by pooling: TextPreprocessing.Pooling, dims: Int) throws(HearthError) -> [[Float]] {
        let values = output.values
        let rows = pooling == .none ? 1 : length
        guard values.count == sequences.count * rows * dims else {
            throw HearthError(
                .internalError, "The model gives the shape \(output.shape); model.json says \(dims) dimensions.")
        }
        return sequences.enumerated().map { index, sequence in
            let start = index * rows * dims
            let count = max(1, sequence.count)
            switch pooling {
            case .none, .cls: return Array(values[start..<(start + dims)])
            case .last: return Array(values[(start + (count - 1) * dims)..<(start + count * dims)])
            case .mean: return Self.mean(values, from: start, rows: count, dims: dims)
            }
        }
    }

    private static func mean(_ values: [Float], from start: Int, rows: Int, dims: Int) -> [Float] {
        var sum = [Float](repeating: 0, count: dims)
        values.withUnsafeBufferPointer { values in
            sum.withUnsafeMutableBufferPointer { sum in
                for row in 0..<rows {
                    let base = start + row * dims
                    for column in 0..<dims { sum[column] += values[base + column] }
                }
            }
        }
        let factor = 1 / Float(rows)
        return sum.map { $0 * factor }
    }
}
