package import HearthCore

/// A folder whose weights are what its manifest says: ready to be loaded.
package struct ModelFolder: Sendable {
    /// The folder's name; the id of the model everywhere.
    package let id: String
    package let path: String
    package let manifest: ModelManifest
    /// SHA-256 in hex over weights, preprocessing and output.
    package let digest: String
    /// How pictures are prepared.
    package let preprocessing: ImagePreprocessing

    /// - Parameter preprocessing: The manifest's `image`, which a valid manifest has.
    init(id: String, path: String, manifest: ModelManifest, preprocessing: ImagePreprocessing) {
        self.id = id
        self.path = path
        self.manifest = manifest
        self.preprocessing = preprocessing
        digest = manifest.digest
    }

    /// Path of the graph file.
    package var graphPath: String { "\(path)/\(manifest.weights)" }

    /// Shape of `count` inputs, batch first.
    package func inputShape(count: Int) -> [Int] {
        switch preprocessing.layout {
        case .nchw: [count, 3, preprocessing.height, preprocessing.width]
        case .nhwc: [count, preprocessing.height, preprocessing.width, 3]
        }
    }
}
