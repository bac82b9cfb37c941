package import HearthCatalogue
import HearthCore

extension ModelFolder {
    /// Shape of `count` inputs, batch first.
    package func inputShape(count: Int) -> [Int] {
        guard let image = manifest.image else { return [count] }
        return switch image.layout {
        case .nchw: [count, 3, image.height, image.width]
        case .nhwc: [count, image.height, image.width, 3]
        }
    }

    /// The embeddings in a pass' output, each of length 1.
    /// - Throws: ``HearthError`` `internal_error` when the output has another size than the manifest says, or holds
    ///   values that are no numbers.
    func vectors(in output: Tensor, count: Int) throws(HearthError) -> [[Float]] {
        let dims = manifest.output?.dims ?? 0
        guard output.values.count == count * dims else {
            throw HearthError(
                .internalError,
                "The model \(id) gives \(output.values.count / max(1, count)) values; model.json says \(dims).")
        }
        var vectors: [[Float]] = []
        vectors.reserveCapacity(count)
        for index in 0..<count {
            let values = Array(output.values[(index * dims)..<((index + 1) * dims)])
            let norm = values.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
            guard norm.isFinite else {
                throw HearthError(.internalError, "The model \(id) gave a vector that is not finite.")
            }
            let factor = manifest.output?.normalise == true && norm > 0 ? Float(1 / norm) : 1
            vectors.append(factor == 1 ? values : values.map { $0 * factor })
        }
        return vectors
    }
}
