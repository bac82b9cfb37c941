/// A folder whose weights are what its manifest says: ready to be loaded.
package struct ModelFolder: Sendable {
    /// The folder's name; the id of the model everywhere.
    package let id: String
    package let path: String
    package let manifest: ModelManifest
    /// SHA-256 in hex over weights, preprocessing and output.
    package let digest: String
    /// Bytes of all files that the manifest lists.
    package let bytes: Int

    package init(id: String, path: String, manifest: ModelManifest, bytes: Int = 0) {
        self.id = id
        self.path = path
        self.manifest = manifest
        self.bytes = bytes
        digest = manifest.digest
    }

    /// Path of a file of the model.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// The precision that it computes with, when the settings and the machine would take `free`.
    package func precision(free: String) -> String { manifest.precision ?? free }
}
