package import HearthCore
package import HearthInference
package import HearthModelLibrary

/// Makes answers of what a graph for pictures gives.
///
/// Which one a model has is data of its folder: `postprocess` in `model.json` names it. A reader belongs to one load of
/// a model; the threads that run its passes share it.
package protocol PictureReader: Sendable {
    /// The outputs that it reads, as places in the graph's signature.
    var outputs: [Int] { get }

    /// The answers of a pass, one for each picture, with what the graph gave and nothing else.
    /// - Parameters:
    ///   - tensors: The outputs, in the order of ``outputs``.
    ///   - pictures: What each picture was before it was brought to the graph's size.
    /// - Throws: ``HearthError`` `internal_error` when an output is not what the manifest says.
    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer]
}

/// One vector for each picture: the output that `output` in `model.json` names.
struct VectorReader: PictureReader {
    let outputs: [Int]
    private let output: ModelManifest.Output

    init(_ manifest: ModelManifest, signature: GraphSignature) throws(HearthError) {
        guard let output = manifest.output else {
            throw HearthError(.invalidConfiguration, "model.json names no output that is a vector.")
        }
        self.output = output
        outputs = [try signature.output(named: output.name)]
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        guard let tensor = tensors.first else { throw HearthError(.internalError, "The model gave no output.") }
        return try output.vectors(in: tensor, count: pictures.count).map { InferenceAnswer(vectors: [$0]) }
    }
}

/// The size of a picture as people see it, turned upright.
package struct PictureFrame: Sendable, Equatable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    init(_ header: ImageHeader) {
        // EXIF orientations from 5 on lie on their side.
        let isTurned = (5...8).contains(header.orientation ?? 1)
        self.init(
            width: isTurned ? header.height : header.width, height: isTurned ? header.width : header.height)
    }
}

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
        vector: { try VectorReader($0, signature: $1) },
        "yunet": { try YuNetReader($0, signature: $1) },
        "ssd": { try SSDReader($0, signature: $1) },
        "scored-boxes": { try ScoredBoxReader($0, signature: $1) },
        "points": { try PointReader($0, signature: $1) },
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
