import HearthCore

/// A graph whose answers a test writes.
final class ScriptedSession: ModelSession {
    let signature: GraphSignature
    private let body: @Sendable ([Tensor], [Int]) throws -> [Tensor]
    /// Shapes of the inputs of each pass.
    let passes = Locked<[[[Int]]]>([])

    init(
        inputs: [TensorPort], outputs: [TensorPort], _ body: @escaping @Sendable ([Tensor], [Int]) throws -> [Tensor]
    ) {
        signature = GraphSignature(inputs: inputs, outputs: outputs)
        self.body = body
    }

    func sibling() throws -> any ModelSession {
        ScriptedSession(inputs: signature.inputs, outputs: signature.outputs, body)
    }

    func run(_ inputs: [Tensor], outputs: [Int]) throws -> [Tensor] {
        passes.withLock { $0.append(inputs.map(\.shape)) }
        return try body(inputs, outputs)
    }

    /// A graph for pictures of 2 × 2 pixels: `[first value, 0]`.
    static func pictures(batch: Int = -1, outputs: [String] = ["out"]) -> ScriptedSession {
        ScriptedSession(
            inputs: [TensorPort(name: "in", type: .float32, shape: [batch, 3, 2, 2])],
            outputs: outputs.map { TensorPort(name: $0, type: .float32, shape: [batch, 2]) }
        ) { inputs, outputs in
            let count = inputs[0].shape[0]
            let size = inputs[0].values.count / max(1, count)
            return outputs.map { place in
                Tensor(
                    shape: [count, 2],
                    values: (0..<count).flatMap { [inputs[0].values[$0 * size] + Float(place), 0] })
            }
        }
    }

    /// A graph for texts: the vector of each token is `[0, its id]`.
    static func texts() -> ScriptedSession {
        ScriptedSession(
            inputs: [TensorPort(name: "input_ids", type: .int32, shape: [-1, -1])],
            outputs: [TensorPort(name: "out", type: .float32, shape: [-1, -1, 2])]
        ) { inputs, _ in
            guard case .int32(let ids) = inputs[0].elements else { return [] }
            return [Tensor(shape: inputs[0].shape + [2], values: ids.flatMap { [0, Float($0)] })]
        }
    }
}
