package import Foundation
import HearthCore
import HearthJSON

/// Models that can be downloaded by name: `ModelFolders/downloads.json`; docs/models/model-json.md explains its fields.
package struct DownloadList: Sendable {
    /// One file of an entry.
    package struct File: Sendable, Equatable, Decodable {
        /// Below the entry's `base`; `{revision}` in it is replaced.
        package var path: String
        /// In the model's folder.
        package var name: String
        package var bytes: Int?
        package var sha256: String?
    }

    /// One model.
    package struct Entry: Sendable {
        package var name: String
        package var summary: String
        package var licence: String
        package var licenceAddress: String?
        package var commercial: Bool
        package var revision: String
        package var base: String
        package var files: [File]
        /// The `model.json`, with the digests that are known.
        package var manifest: ModelManifest

        /// Where a file lies, mirrors aside.
        package func address(of file: File) -> String {
            base + file.path.replacingOccurrences(of: "{revision}", with: revision)
        }

        /// Bytes of all files; nil when that is not known.
        package var bytes: Int? {
            files.reduce(0) { sum, file in sum.flatMap { sum in file.bytes.map { sum + $0 } } }
        }
    }

    package let entries: [Entry]
    /// Names of models that are wanted together, by a name for all of them.
    package let sets: [String: [String]]

    private static let keys: Set<String> = [
        "name", "summary", "licence", "licenceURL", "commercial", "revision", "base", "files", "manifest",
    ]
    private static let fileKeys: Set<String> = ["path", "name", "bytes", "sha256"]

    /// - Throws: ``HearthError`` `invalid_configuration` that names the entry and what is wrong with it.
    package init(reading data: Data) throws {
        guard data.count <= Limits.manifestBytes else { throw Self.broken("it has more than 1 MB") }
        let models: [JSONValue]
        let sets: [String: [String]]
        do {
            let document = try JSONParser.read(data)
            guard let list = document["models"]?.arrayValue else {
                throw Self.broken("it has no list \"models\"")
            }
            models = list
            sets = try Self.sets(document["sets"])
        } catch let error as HearthError where error.code == .invalidRequest {
            throw Self.broken("it is not JSON: \(error.message)")
        }
        let entries = try models.enumerated().map { index, value in
            let name = value["name"]?.stringValue ?? "number \(index + 1)"
            do {
                return try Self.entry(value)
            } catch let defect as ModelManifest.Defect {
                throw Self.broken("its model \(name.prefix(80)): \(defect.text)")
            }
        }
        guard Set(entries.map(\.name)).count == entries.count else { throw Self.broken("two models share a name") }
        for (name, members) in sets.sorted(by: { $0.key < $1.key }) {
            guard !entries.contains(where: { $0.name == name }) else {
                throw Self.broken("its set \(name) has the name of a model")
            }
            if let stray = members.first(where: { member in !entries.contains { $0.name == member } }) {
                throw Self.broken("its set \(name) names \(stray.prefix(80)), which is no model of the list")
            }
        }
        (self.entries, self.sets) = (entries, sets)
    }

    private static func sets(_ value: JSONValue?) throws(HearthError) -> [String: [String]] {
        guard let value else { return [:] }
        guard let object = value.objectValue else { throw broken("its \"sets\" are no object") }
        var sets: [String: [String]] = [:]
        for member in object.members {
            let names = (member.value.arrayValue ?? []).map(\.stringValue)
            guard ModelManifest.isIdentifier(member.key), !names.isEmpty, !names.contains(nil) else {
                throw broken("its set \(member.key.prefix(80)) is no list of names")
            }
            sets[member.key] = names.compactMap { $0 }
        }
        return sets
    }

    /// The models that a name means: one, or those of a set; none when it is not known.
    package func entries(named name: String) -> [Entry] {
        if let members = sets[name] { return members.compactMap(entry) }
        return entry(name).map { [$0] } ?? []
    }

    /// Reads the list at a path.
    package init(at path: String) throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw HearthError(
                .invalidConfiguration, "There is no list of downloads at \(path).",
                hint: "Keep the folder ModelFolders beside the programs, or name it by HEARTH_BUILT_IN_MODELS.",
                cause: error)
        }
        try self.init(reading: data)
    }

    /// The entry of that name, or the only one that has it as an alias.
    package func entry(_ name: String) -> Entry? {
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        let wanted = name.lowercased()
        let called = entries.filter { entry in
            entry.name == wanted || (entry.manifest.aliases ?? []).contains { $0.lowercased() == wanted }
        }
        return called.count == 1 ? called[0] : nil
    }

    private static func entry(_ value: JSONValue) throws -> Entry {
        func text(_ key: String) throws -> String {
            guard let text = value[key]?.stringValue, !text.isEmpty else {
                throw ModelManifest.Defect(text: "\"\(key)\" is missing or no text.")
            }
            return text
        }
        if let stray = value.objectValue?.keys.first(where: { !keys.contains($0) }) {
            throw ModelManifest.Defect(text: "\"\(stray.prefix(80))\" is not known.")
        }
        let name = try text("name")
        guard ModelManifest.isIdentifier(name) else {
            throw ModelManifest.Defect(text: "a name has \(ModelManifest.identifierRule)")
        }
        guard let commercial = value["commercial"]?.boolValue else {
            throw ModelManifest.Defect(text: "\"commercial\" is missing or not true or false.")
        }
        let files = try (value["files"]?.arrayValue ?? []).map(file)
        var manifest = value["manifest"] ?? [:]
        manifest["files"] = .object(
            files.reduce(into: JSONObject()) { $0[$1.name] = .string($1.sha256 ?? unknownDigest) })
        var read = try ModelManifest.read(manifest).get()
        if let defect = read.defect { throw ModelManifest.Defect(text: defect) }
        guard read.commercial == commercial else {
            throw ModelManifest.Defect(text: "\"commercial\" says something else than its manifest.")
        }
        read.files = read.files.filter { $0.value != unknownDigest }
        return Entry(
            name: name, summary: try text("summary"), licence: try text("licence"),
            licenceAddress: value["licenceURL"]?.stringValue, commercial: commercial, revision: try text("revision"),
            base: try text("base"), files: files, manifest: read)
    }

    /// Stands where a digest is not known yet, so that a manifest can be checked.
    static let unknownDigest = String(repeating: "0", count: 64)

    private static func file(_ value: JSONValue) throws -> File {
        if let stray = value.objectValue?.keys.first(where: { !fileKeys.contains($0) }) {
            throw ModelManifest.Defect(text: "\"files.\(stray.prefix(80))\" is not known.")
        }
        guard let path = value["path"]?.stringValue, let name = value["name"]?.stringValue else {
            throw ModelManifest.Defect(text: "a file lacks \"path\" or \"name\".")
        }
        let bytes = value["bytes"]?.integerValue.flatMap { Int(exactly: $0) }
        guard bytes.map({ (1...Limits.modelBytes).contains($0) }) ?? (value["bytes"] == nil) else {
            throw ModelManifest.Defect(text: "\(name.prefix(80)) has no length that is allowed.")
        }
        let sha256 = value["sha256"]?.stringValue
        guard sha256.map(FileDigest.isDigest) ?? (value["sha256"] == nil) else {
            throw ModelManifest.Defect(text: "\(name.prefix(80)) has no SHA-256 of 64 digits 0-9 and a-f.")
        }
        return File(path: path, name: name, bytes: bytes, sha256: sha256)
    }

    private static func broken(_ problem: String) -> HearthError {
        HearthError(
            .invalidConfiguration, "The list of downloads cannot be used: \(problem).",
            hint: "docs/models/model-json.md says what it holds.")
    }
}

/// Another place for all downloads: `HEARTH_MODEL_MIRROR`.
///
/// An address on huggingface.co keeps its path below the mirror, as mirrors of the hub (and `HF_ENDPOINT`) have it:
/// `https://huggingface.co/a/b` becomes `MIRROR/a/b`. Any other address keeps its host too:
/// `https://github.com/a/b` becomes `MIRROR/github.com/a/b`.
package struct DownloadMirror: Sendable, Equatable {
    private static let hub = "huggingface.co"
    private let base: String?

    /// - Parameter base: nil or empty: no mirror.
    /// - Throws: ``HearthError`` `invalid_configuration` when it is no address.
    package init(_ base: String?) throws {
        guard let base, !base.isEmpty else {
            self.base = nil
            return
        }
        guard let url = URL(string: base), ["http", "https"].contains(url.scheme?.lowercased() ?? ""),
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil
        else {
            throw HearthError(
                .invalidConfiguration, "The mirror `\(base)` is no address.",
                hint: "HEARTH_MODEL_MIRROR is a base such as https://mirror.example/models.")
        }
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
    }

    /// Where the mirror has what lies at an address.
    package func address(of original: String) -> String {
        guard let base, let parts = URLComponents(string: original), let host = parts.host else { return original }
        let port = parts.port.map { ":\($0)" } ?? ""
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        let place = host == Self.hub ? "" : "/\(host)\(port)"
        return base + place + parts.percentEncodedPath + query
    }

    /// What may be downloaded: https; plain http only when a digest proves the bytes, or from this machine.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func check(_ address: String, sha256: String?) throws {
        let url = URL(string: address)
        switch url?.scheme?.lowercased() {
        case "https" where url?.host?.isEmpty == false: return
        case "http" where url?.host?.isEmpty == false:
            guard sha256 == nil, !["127.0.0.1", "localhost", "[::1]", "::1"].contains(url?.host ?? "") else { return }
            throw HearthError(
                .invalidRequest, "\(address) is plain http, and no SHA-256 says what should arrive.",
                hint: "Use https, or give the digest (--sha256, or `files` in a manifest).")
        default:
            throw HearthError(
                .invalidRequest, "`\(address)` is no address of a file.", hint: "It begins with https://.")
        }
    }
}
