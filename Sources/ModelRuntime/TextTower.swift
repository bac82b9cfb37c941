import HearthCore
import HearthInference
import HearthModelLibrary

/// The graph of a model that reads texts, and what has to be known to read its embedding.
final class TextTower: Sendable {
    let session: any ModelSession
    let output: ModelManifest.Output
    /// Place of the output in the graph.
    private let place: Int

    /// - Throws: ``HearthError`` `invalid_configuration` when the graph has no such output.
    init(_ session: any ModelSession, output: ModelManifest.Output) throws(HearthError) {
        self.session = session
        self.output = output
        place = try session.signature.output(named: output.name)
    }

    /// Runs a pass and reads its output.
    func run(_ inputs: [Tensor]) throws -> Tensor {
        guard let tensor = try session.run(inputs, outputs: [place]).first else {
            throw HearthError(.internalError, "The model gave no output.")
        }
        return tensor
    }
}

extension ModelManifest.Output {
    /// The vectors of a pass, with their lengths before they were normalised.
    /// - Throws: ``HearthError`` `internal_error` when the output has another size than the manifest says, or holds
    ///   values that are no numbers.
    func vectors(in tensor: Tensor, count: Int) throws(HearthError) -> [Embedding] {
        let values = tensor.values
        guard count > 0, values.count == count * dims else {
            throw HearthError(
                .internalError,
                "The model gives \(values.count / max(1, count)) values; model.json says \(dims).")
        }
        var vectors: [Embedding] = []
        vectors.reserveCapacity(count)
        for index in 0..<count {
            vectors.append(try scaled(Array(values[(index * dims)..<((index + 1) * dims)])))
        }
        return vectors
    }

    /// A vector brought to length 1, when the model wants it.
    func scaled(_ values: [Float]) throws(HearthError) -> Embedding {
        let norm = values.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
        guard Float(norm).isFinite else {
            throw HearthError(.internalError, "The model gave a vector that is not finite.")
        }
        guard normalise, norm > 0 else { return Embedding(values) }
        // In double: the inverse of a very small length is beyond a float.
        return Embedding(values.map { Float(Double($0) / norm) }, norm: Float(norm))
    }
}
