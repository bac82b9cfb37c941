import HearthCore

/// A project's zip file, as ``Studio/archive(of:for:)`` makes it: which of its entries are pictures and outputs.
///
/// Names of entries tell what belongs together; none of them becomes a path.
struct ProjectZip: Sendable {
    /// A file with what lies beside it.
    struct Item: Sendable {
        let file: ZipArchive.Entry
        let sidecar: ZipArchive.Entry
        let thumbnail: ZipArchive.Entry?

        var bytes: Int { file.length + sidecar.length + (thumbnail?.length ?? 0) }
        /// Whether it is a picture of a character, which outputs may refer to.
        var isAnchor: Bool { file.name.contains("/anchors/") }
    }

    let archive: ZipArchive
    /// Pictures of characters first.
    let items: [Item]
    let projectID: String
    /// Files without a recipe beside them, which say nothing of what they are.
    let unknownFiles: Int

    /// Bytes of all items together.
    var bytes: Int { items.reduce(0) { $0 + $1.bytes } }

    /// Reads and checks the list of entries; nothing is unpacked.
    /// - Throws: ``HearthError`` `invalid_request` for a file that is no such zip file, or is not safe to unpack.
    init(_ reader: any BlobReader, inflater: any Inflater) async throws {
        archive = try await ZipArchive(
            BlobSource(reader), inflater: inflater,
            bounds: ZipArchive.Bounds(entries: Limits.projectZipEntries, storedBytes: Limits.outputBytes))
        var (items, projects, beside): ([Item], Set<String>, Int) = ([], [], 0)
        let files = archive.entries.filter { $0.name.hasPrefix("\(Anchor.rootFolder)/") }
        for entry in files {
            let parts = entry.name.split(separator: "/")
            guard parts.count > 2, Identifier.isValid(parts[1]) else {
                throw Self.refused("has a folder of no project")
            }
            projects.insert(String(parts[1]))
            guard let sidecar = archive[entry.name + OutputFile.recipeSuffix] else { continue }
            let thumbnail = archive[entry.name + OutputFile.thumbnailSuffix]
            beside += thumbnail == nil ? 2 : 3
            items.append(Item(file: entry, sidecar: sidecar, thumbnail: thumbnail))
        }
        guard let project = projects.first, !items.isEmpty else { throw Self.refused("has no pictures or outputs") }
        guard projects.count == 1 else { throw Self.refused("has \(projects.count) projects") }
        projectID = project
        self.items = items.filter(\.isAnchor) + items.filter { !$0.isAnchor }
        unknownFiles = max(archive.entries.count - beside, 0)
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The zip file \(problem).", hint: "Send one that `hearth studio export` has written.")
    }
}

/// The identifiers that things of a zip file get here: their own, or others that are made of them where the project's
/// own is another tenant's. The same file gets the same ones again, so that it adds nothing the second time.
struct ImportedIdentifiers: Sendable {
    /// Nil: they keep their own.
    private let tenant: Tenant?
    /// Of the attempt, in the names of files: one that comes too late touches no file of another one.
    let mark: String

    /// - Parameters:
    ///   - tenant: whose the copies are; nil: things keep their identifiers.
    ///   - mark: letters and digits that no other attempt has.
    init(copiesFor tenant: Tenant?, mark: String) {
        self.tenant = tenant
        self.mark = mark
    }

    func here(_ id: String) -> String {
        guard let tenant else { return id }
        return Identifier.derived(from: "import/\(tenant.rawValue)/\(id)", sortedAs: id)
    }
}
