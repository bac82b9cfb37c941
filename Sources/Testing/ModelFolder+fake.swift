import HearthCore
package import HearthModelLibrary

extension ModelFolder {
    /// An image embedder that only exists in memory: pictures of 2 × 2 pixels, a graph that does not exist.
    package static func fake(_ id: String, dims: Int = 4) -> ModelFolder {
        let manifest = ModelManifest(
            id: id, kind: .imageEmbedding, description: "fake", licence: "CC0", commercial: true, source: "none",
            revision: "1", weights: "graph.onnx", files: ["graph.onnx": String(repeating: "0", count: 64)],
            image: ImagePreprocessing(width: 2, height: 2),
            output: .init(name: nil, dims: dims, normalise: true))
        return ModelFolder(id: id, path: "/fake/\(id)", manifest: manifest)
    }
}
