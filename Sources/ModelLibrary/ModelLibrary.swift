import Foundation
package import HearthCore

/// The models that were found on disk, verified or with the reason why they cannot be used.
package struct ModelLibrary: Sendable {
    /// Where models are looked for, and what is allowed.
    package struct Configuration: Sendable {
        /// Folders that hold model folders, or are one; the first one that has an id wins.
        package var roots: [String]
        /// Folders with descriptor files (`*.json`) for model folders that lack a `model.json`.
        package var descriptors: [String]
        /// File that remembers verified checksums between starts.
        package var checksumCache: String?
        /// Whether weights whose licence forbids commercial use may be loaded.
        package var allowsNonCommercial: Bool

        package init(
            roots: [String], descriptors: [String] = [], checksumCache: String? = nil,
            allowsNonCommercial: Bool = false
        ) {
            self.roots = roots
            self.descriptors = descriptors
            self.checksumCache = checksumCache
            self.allowsNonCommercial = allowsNonCommercial
        }
    }

    /// A folder that looks like a model and is not used.
    package struct Refusal: Sendable, Equatable {
        package var id: String
        package var kind: ModelKind
        package var licence: String?
        /// One sentence, safe to show.
        package var reason: String

        package init(id: String, kind: ModelKind, licence: String? = nil, reason: String) {
            self.id = id
            self.kind = kind
            self.licence = licence
            self.reason = reason
        }
    }

    /// A folder that looks like a model, and whether it can be used.
    package enum Entry: Sendable {
        case usable(ModelFolder)
        /// It should work and does not.
        case refused(Refusal)
        /// It is nothing that Hearth serves.
        case skipped(Refusal)

        package var id: String {
            switch self {
            case .usable(let folder): folder.id
            case .refused(let refusal), .skipped(let refusal): refusal.id
            }
        }
    }

    /// In the order of the roots, then by name; ids are unique.
    package let entries: [Entry]
    /// What the operator should know: roots that are missing, names that are taken, caches that cannot be written.
    package let notes: [String]

    package init(entries: [Entry], notes: [String] = []) {
        self.entries = entries
        self.notes = notes
    }

    /// Looks through the roots; blocking. The first start hashes all weights, later ones only what has changed.
    package init(scanning configuration: Configuration) {
        var scan = ModelScan(configuration)
        for root in configuration.roots { scan.visit(root: root) }
        scan.finish()
        self.init(entries: scan.entries, notes: scan.notes)
    }

    /// What one folder is, by its own `model.json` or by a descriptor; blocking.
    package static func entry(at path: String, descriptors: [String], allowsNonCommercial: Bool) -> Entry {
        var scan = ModelScan(
            Configuration(roots: [], descriptors: descriptors, allowsNonCommercial: allowsNonCommercial))
        return scan.entry(id: URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent, path: path)
    }

    /// The usable folder of that id.
    package func folder(_ id: String) -> ModelFolder? {
        for case .usable(let folder) in entries where folder.id == id { return folder }
        return nil
    }
}
