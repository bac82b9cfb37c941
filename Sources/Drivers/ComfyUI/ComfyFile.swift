import HearthCore
import HearthJSON

/// A file that an output node has written, as the history names it.
struct ComfyFile: Sendable, Equatable {
    var name: String
    var subfolder: String
    /// `output` or `temp`.
    var type: String
    var node: String

    /// Of all output nodes, those that are kept before those that are not.
    ///
    /// Nodes list files under several names: pictures, and videos of `SaveVideo`, as `images`, those of other
    /// extensions as `gifs` or `videos`.
    static func files(in outputs: JSONValue?) -> [ComfyFile] {
        var files: [ComfyFile] = []
        for output in outputs?.objectValue?.members ?? [] {
            for list in ["images", "gifs", "videos", "video"] {
                for entry in output.value[list]?.arrayValue ?? [] where files.count < Limits.comfyUIFiles {
                    if let file = ComfyFile(entry, node: output.key) { files.append(file) }
                }
            }
        }
        return files.filter { $0.type == "output" } + files.filter { $0.type != "output" }
    }

    init(name: String, subfolder: String, type: String, node: String) {
        self.name = name
        self.subfolder = subfolder
        self.type = type
        self.node = node
    }

    private init?(_ entry: JSONValue, node: String) {
        guard let name = entry["filename"]?.stringValue, !name.isEmpty, name.utf8.count <= 500 else { return nil }
        let subfolder = entry["subfolder"]?.stringValue ?? ""
        guard subfolder.utf8.count <= 1_000 else { return nil }
        self.init(name: name, subfolder: subfolder, type: entry["type"]?.stringValue ?? "output", node: node)
    }

    private static let videoExtensions: Set<String> = ["mp4", "webm", "mkv", "mov"]

    /// By its name; what it is its bytes say.
    var kind: OutputKind {
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return Self.videoExtensions.contains(ending) ? .video : .image
    }
}
