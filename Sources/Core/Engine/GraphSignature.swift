/// What a graph takes and gives.
package struct GraphSignature: Sendable, Equatable, Codable {
    package var inputs: [TensorPort]
    package var outputs: [TensorPort]

    package init(inputs: [TensorPort], outputs: [TensorPort]) {
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The place of an output. Names differ between conversions of one model, so an index ("0") is a name as well.
    /// - Parameter name: nil: the first one.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package func output(named name: String?) throws(HearthError) -> Int {
        guard let name else {
            guard !outputs.isEmpty else { throw HearthError(.invalidConfiguration, "The graph has no output.") }
            return 0
        }
        if let place = outputs.firstIndex(where: { $0.name == name }) { return place }
        if let place = Int(name), outputs.indices.contains(place) { return place }
        throw HearthError(
            .invalidConfiguration, "The graph has no output \"\(name.prefix(80))\".",
            hint: "It has \(outputs.map(\.name).joined(separator: ", ")).")
    }
}
