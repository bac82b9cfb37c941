import Foundation
import HearthCore

/// What an installation will do: which files come from where, and the manifest that they get. Nothing is done yet.
package struct InstallPlan: Sendable {
    /// Where a file comes from.
    package enum Place: Sendable, Equatable {
        case address(String)
        case path(String)

        /// The place of another file beside it.
        func beside(_ name: String) -> Place {
            switch self {
            case .address(let base): .address("\(base)/\(name)")
            case .path(let base): .path("\(base)/\(name)")
            }
        }
    }

    /// One file of the model.
    package struct Item: Sendable, Equatable {
        /// In the model's folder.
        package var name: String
        package var place: Place
        package var bytes: Int?
        /// nil: what comes is pinned.
        package var sha256: String?
    }

    package var id: String
    /// The `model.json` but for digests that are not known yet.
    package var manifest: ModelManifest
    package var items: [Item]
    /// What goes along when it is there: goldens with their pictures, licence texts.
    package var companions: Place?
    /// Where the licence can be read.
    package var licenceAddress: String?
    /// What people read as the origin.
    package var from: String

    /// A model of the library.
    package init(_ entry: DownloadList.Entry, mirror: DownloadMirror) throws {
        let items = try entry.files.map { file in
            let address = mirror.address(of: entry.address(of: file))
            try DownloadMirror.check(address, sha256: file.sha256)
            return Item(name: file.name, place: .address(address), bytes: file.bytes, sha256: file.sha256)
        }
        try self.init(
            id: entry.name, manifest: entry.manifest, items: items, companions: nil,
            from: mirror.address(of: entry.files.first.map(entry.address) ?? entry.base))
        licenceAddress = entry.licenceAddress
    }

    /// A model whose files lie under their own names at one place: a folder, or an address.
    /// - Parameters:
    ///   - manifest: `files` may lack digests that are not known.
    ///   - folder: what the names of files are below; no slash at the end.
    /// - Throws: ``HearthError`` `invalid_request` when the manifest cannot be used.
    package init(id: String, manifest: ModelManifest, folder: Place) throws {
        let names = Set(manifest.files.keys).union(manifest.neededFiles).sorted()
        let items = try names.map { name in
            let place = folder.beside(name)
            if case .address(let address) = place {
                try DownloadMirror.check(address, sha256: manifest.files[name])
            }
            return Item(name: name, place: place, sha256: manifest.files[name])
        }
        let from =
            switch folder {
            case .address(let text), .path(let text): text
            }
        try self.init(id: id, manifest: manifest, items: items, companions: folder, from: from)
    }

    private init(
        id: String, manifest: ModelManifest, items: [Item], companions: Place?, from: String
    ) throws {
        guard ModelManifest.isIdentifier(id) else {
            throw HearthError(
                .invalidRequest, "`\(id.prefix(80))` cannot be the id of a model.",
                hint: "In an id, \(ModelManifest.identifierRule) --id gives another one.")
        }
        var complete = manifest
        complete.id = id
        for item in items where complete.files[item.name] == nil {
            complete.files[item.name] = DownloadList.unknownDigest
        }
        if let defect = complete.defect {
            throw HearthError(.invalidRequest, defect, hint: "docs/models/model-json.md explains each field.")
        }
        self.id = id
        self.manifest = manifest
        self.manifest.id = id
        self.items = items
        self.companions = companions
        self.from = from
    }

    /// Where a file is that lies beside another one; nil when that one does not end with its own name.
    func place(beside other: String, of name: String) -> Place? {
        guard let item = items.first(where: { $0.name == other }) else { return nil }
        switch item.place {
        case .address(let address):
            return address.hasSuffix("/\(other)") ? .address(address.dropLast(other.count) + name) : nil
        case .path(let path): return path.hasSuffix("/\(other)") ? .path(path.dropLast(other.count) + name) : nil
        }
    }

    /// Bytes that are known to come.
    package var knownBytes: Int { items.reduce(0) { $0 + ($1.bytes ?? 0) } }

    /// A name for a model made of a file's or repository's name.
    package static func identifier(from name: String) -> String {
        let plain = name.lowercased().unicodeScalars.map { scalar -> Swift.Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || "._-".unicodeScalars.contains(scalar) ? Swift.Character(scalar) : "-"
        }
        return String(String(plain).drop { !$0.isLetter && !$0.isNumber }.prefix(64))
    }
}
