import Foundation
import HearthCore

/// One look through the model roots; gathers entries and notes, never fails as a whole.
struct ModelScan {
    private static let graphSuffixes = ["xml", "onnx", "tflite"]

    private let configuration: ModelLibrary.Configuration
    private let descriptors: [ModelManifest]
    private var checksums: ChecksumCache
    private(set) var entries: [ModelLibrary.Entry] = []
    private(set) var notes: [String] = []

    init(_ configuration: ModelLibrary.Configuration) {
        self.configuration = configuration
        checksums = ChecksumCache(path: configuration.checksumCache)
        var found: [ModelManifest] = []
        for folder in configuration.descriptors {
            for name in Self.names(in: folder) where name.hasSuffix(".json") {
                switch Self.manifest(at: "\(folder)/\(name)") {
                case .success(let manifest): found.append(manifest)
                case .failure(let defect): notes.append("The descriptor \(name) is not used: \(defect.text)")
                }
            }
        }
        descriptors = found
    }

    /// Takes the root itself when it is a model folder, else each of its sub-folders that is one.
    mutating func visit(root: String) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
            notes.append("The model folder \(root) does not exist.")
            return
        }
        if Self.isModel(root) {
            visit(model: root)
        } else {
            for name in Self.names(in: root) where isModelFolder("\(root)/\(name)") { visit(model: "\(root)/\(name)") }
        }
    }

    /// Keeps the checksums for the next start.
    mutating func finish() {
        do {
            try checksums.save()
        } catch {
            notes.append("The checksum cache cannot be written; the next start hashes all weights again.")
        }
    }

    /// Whether a folder looks like a model: by its own files, or because a descriptor's files lie below it.
    private func isModelFolder(_ path: String) -> Bool {
        Self.isModel(path)
            || descriptors.contains { $0.files.keys.allSatisfy { FileDigest.bytes(of: "\(path)/\($0)") != nil } }
    }

    private mutating func visit(model path: String) {
        let id = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        guard !entries.contains(where: { $0.id == id }) else {
            notes.append("A second model folder is named \(id); the first one is used.")
            return
        }
        entries.append(entry(id: id, path: path))
    }

    /// What a folder is.
    mutating func entry(id: String, path: String) -> ModelLibrary.Entry {
        func refusal(_ reason: String, _ manifest: ModelManifest?) -> ModelLibrary.Refusal {
            .init(id: id, kind: manifest?.kind ?? .unknown, licence: manifest?.licence, reason: reason)
        }
        func refused(_ reason: String, _ manifest: ModelManifest? = nil) -> ModelLibrary.Entry {
            .refused(refusal(reason, manifest))
        }
        let manifest: ModelManifest
        if FileManager.default.fileExists(atPath: "\(path)/\(ModelFolder.manifestName)") {
            switch Self.manifest(at: "\(path)/\(ModelFolder.manifestName)") {
            case .success(let own): manifest = own
            case .failure(let defect): return refused(defect.text)
            }
        } else if let described = descriptors.first(where: { mismatch(of: $0, in: path) == nil }) {
            manifest = described
        } else {
            let reason = "The folder has no model.json, and its files are of no model that Hearth knows."
            // The name says that it should be one that Hearth knows: then something is wrong with its files.
            return descriptors.contains { $0.id == id } ? refused(reason) : .skipped(refusal(reason, nil))
        }
        if let defect = manifest.defect { return refused(defect, manifest) }
        guard manifest.commercial || configuration.allowsNonCommercial else {
            return refused(
                "The licence, \(manifest.licence), forbids commercial use, and the settings do not allow such models.",
                manifest)
        }
        if let mismatch = mismatch(of: manifest, in: path) { return refused(mismatch, manifest) }
        if let unlisted = ModelFolder.unlistedFiles(of: manifest, in: path).first {
            return refused(
                "\(unlisted.graph) reads \(unlisted.name.prefix(80)), for which model.json has no checksum.", manifest)
        }
        let bytes = manifest.files.keys.reduce(0) { $0 + (FileDigest.bytes(of: "\(path)/\($1)") ?? 0) }
        return .usable(ModelFolder(id: id, path: path, manifest: manifest, bytes: bytes))
    }

    /// The first file that is not what the manifest says; small files are looked at first.
    private mutating func mismatch(of manifest: ModelManifest, in path: String) -> String? {
        let files = manifest.files.map { name, sha256 in
            (name: name, sha256: sha256, bytes: FileDigest.bytes(of: "\(path)/\(name)"))
        }
        if let missing = files.filter({ $0.bytes == nil }).map(\.name).min() { return "\(missing) is missing." }
        for file in files.sorted(by: { ($0.bytes ?? 0, $0.name) < ($1.bytes ?? 0, $1.name) }) {
            guard let actual = try? checksums.sha256(of: "\(path)/\(file.name)") else {
                return "\(file.name) cannot be read."
            }
            guard actual == file.sha256 else { return "\(file.name) is not the file that model.json describes." }
        }
        return nil
    }
}

extension ModelScan {
    private static func manifest(at path: String) -> Result<ModelManifest, ModelManifest.Defect> {
        guard let bytes = FileDigest.bytes(of: path), bytes <= Limits.manifestBytes,
            let data = try? Data(contentsOf: URL(fileURLWithPath: path))
        else { return .failure(.init(text: "model.json cannot be read.")) }
        return ModelManifest.read(data)
    }

    private static func isModel(_ path: String) -> Bool {
        names(in: path).contains { name in
            name == ModelFolder.manifestName || graphSuffixes.contains { name.hasSuffix(".\($0)") }
        }
    }

    /// Names in a folder, sorted, without hidden ones; none when it cannot be read.
    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}
