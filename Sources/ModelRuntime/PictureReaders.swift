package import HearthCore
package import HearthModelLibrary

/// The readers that there are, by their names in `model.json`.
package struct PictureReaders: Sendable {
    /// Makes a reader for a model, by its manifest and the graph's signature.
    /// - Throws: ``HearthError`` `invalid_configuration` when the two do not fit.
    package typealias Make =
        @Sendable (_ manifest: ModelManifest, _ signature: GraphSignature) throws -> any PictureReader

    private let makes: [String: Make]

    package init(_ makes: [String: Make]) { self.makes = makes }

    /// All readers of Hearth; one more is one more line here.
    package static let standard = PictureReaders([
        vector: { try VectorReader($0, signature: $1) }
    ])

    /// The reader of a model that names none and has an output.
    package static let vector = "vector"

    /// The reader of a model; nil when its pictures can only be run as tensors.
    /// - Throws: ``HearthError`` `invalid_configuration` for a name that is not known, and what the reader throws.
    func reader(for manifest: ModelManifest, _ signature: GraphSignature) throws -> (any PictureReader)? {
        guard manifest.image != nil, let name = manifest.postprocess?.name ?? manifest.output.map({ _ in Self.vector })
        else { return nil }
        guard let make = makes[name] else {
            throw HearthError(
                .invalidConfiguration, "model.json names the postprocessing \"\(name.prefix(80))\".",
                hint: "There are: \(makes.keys.sorted().joined(separator: ", ")).")
        }
        return try make(manifest, signature)
    }
}
