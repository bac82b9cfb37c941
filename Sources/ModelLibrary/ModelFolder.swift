import Foundation
import HearthCore
package import HearthJSON

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

extension ModelFolder {
    /// A file beside what the manifest says of it.
    package struct FileCheck: Sendable, Equatable {
        package var name: String
        /// nil: the file is missing.
        package var bytes: Int?
        package var expected: String
        /// nil: the file is missing or cannot be read.
        package var actual: String?

        package var isGood: Bool { actual == expected }
    }

    static let manifestName = "model.json"

    /// Hashes every file that a manifest lists, without the cache; blocking.
    package static func check(_ manifest: ModelManifest, in path: String) -> [FileCheck] {
        manifest.files.sorted { $0.key < $1.key }.map { name, expected in
            FileCheck(
                name: name, bytes: FileDigest.bytes(of: "\(path)/\(name)"), expected: expected,
                actual: try? FileDigest.sha256(of: "\(path)/\(name)"))
        }
    }

    /// Files that the graphs of a model read and its manifest does not list, in the order of their names.
    static func unlistedFiles(
        of manifest: ModelManifest, in path: String
    ) -> [(graph: String, name: String)] {
        manifest.graphs.flatMap { graph in
            // A graph in a folder of its own names what lies beside it there.
            let folder = graph.split(separator: "/").dropLast().map { "\($0)/" }.joined()
            return ExternalData.names(inGraph: "\(path)/\(graph)").map { (graph: graph, name: folder + $0) }
        }.filter { manifest.files[$0.name] == nil }.sorted { $0.name < $1.name }
    }

    /// Reads the `model.json` of a folder.
    /// - Throws: ``ModelManifest/Defect``
    package static func manifest(in path: String) throws(ModelManifest.Defect) -> ModelManifest {
        let file = "\(path)/\(manifestName)"
        guard let bytes = FileDigest.bytes(of: file), bytes <= Limits.manifestBytes,
            let data = try? Data(contentsOf: URL(fileURLWithPath: file))
        else { throw ModelManifest.Defect(text: "model.json cannot be read.") }
        return try ModelManifest.read(data).get()
    }
}

extension ModelFolder {
    /// A manifest as JSON, with the names that it has in `model.json`.
    package static func json(of manifest: ModelManifest) throws -> JSONValue {
        try JSONParser.read(JSONEncoder().encode(manifest))
    }
}
