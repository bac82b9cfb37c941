package import HearthCore
import HearthJSON

import struct Foundation.Data

/// A project as files: unpacked into another data folder, `studio.reindex` makes its rows there.
extension Studio: ArchiveOwner {
    /// The pictures of a project's characters and its finished outputs with their sidecars, under the paths that they
    /// have in the data folder.
    package func archive(of id: String, for tenant: Tenant) async throws -> FileArchive {
        let (table, outputTable) = (table, outputTable)
        let project = try await store.read { db in
            try table.project(try table.requireProjectID(id, of: tenant, in: db), of: tenant, in: db)
        }
        var files: [(path: String, bytes: Int)] = []
        var last = ""
        while true {
            let after = last
            let page = try await store.read { db in
                try table.anchorFiles(ofProject: project.projectID, after: after, limit: Limits.sweepPage, in: db)
            }
            files += page.map { ($0.path, $0.bytes) }
            guard page.count == Limits.sweepPage, files.count <= Limits.archiveEntries else { break }
            last = page.last?.id ?? ""
        }
        last = ""
        while true {
            let after = last
            let page = try await store.read { db in
                try outputTable.archivedFiles(
                    ofProject: project.projectID, after: after, limit: Limits.sweepPage, in: db)
            }
            for file in page {
                files.append((file.path, file.bytes))
                if let bytes = file.thumbnailBytes { files.append((file.path + OutputFile.thumbnailSuffix, bytes)) }
            }
            guard page.count == Limits.sweepPage, files.count <= Limits.archiveEntries else { break }
            last = page.last?.id ?? ""
        }
        guard files.count <= Limits.archiveEntries else {
            throw HearthError(
                .unprocessable, "The project has too many files for one archive.",
                hint: "At most \(Limits.archiveEntries).")
        }
        let found = try await entries(of: files)
        var entries = found.entries
        if !found.leftOut.isEmpty {
            let list = Self.leftOutHeading + found.leftOut.map { "\n\($0)" }.joined() + "\n"
            entries.append(
                .init(
                    name: "\(Anchor.rootFolder)/\(project.projectID)/left-out.txt", content: .bytes(Data(list.utf8))))
        }
        return FileArchive(name: "project-\(project.projectID)", entries: entries)
    }

    private static let leftOutHeading =
        "These files are not in the archive: they are gone, cannot be read, or have another length than when they were"
        + " made."

    /// Each file, and the recipe beside it where there is one; and the paths of those that are not there whole. One
    /// damaged file must not keep a project from leaving.
    ///
    /// Recipes are read here: they are written again when similarity is measured, and the length of an archive is told
    /// before its first byte is sent.
    private func entries(
        of files: [(path: String, bytes: Int)]
    ) async throws -> (entries: [FileArchive.Entry], leftOut: [String]) {
        var (entries, leftOut, held): ([FileArchive.Entry], [String], Int) = ([], [], 0)
        for file in files {
            guard try await isWhole(file) else {
                leftOut.append(file.path)
                continue
            }
            entries.append(.init(name: file.path, content: .file(path: file.path, bytes: file.bytes)))
            guard !file.path.hasSuffix(OutputFile.thumbnailSuffix) else { continue }
            let recipe = file.path + OutputFile.recipeSuffix
            do {
                let reader = try await blobs.open(recipe)
                held += reader.size
                guard held <= Limits.archiveHeldBytes else {
                    throw HearthError(
                        .unprocessable, "The recipes of the project are too large for one archive.",
                        hint: "At most \(Limits.archiveHeldBytes >> 20) MB.")
                }
                entries.append(.init(name: recipe, content: .bytes(try await reader.read(0..<reader.size))))
            } catch let error as HearthError where error.code == .notFound {
                // Written when the picture gets its vector: it may have none yet.
            }
        }
        return (entries, leftOut)
    }

    private func isWhole(_ file: (path: String, bytes: Int)) async throws -> Bool {
        do {
            return try await blobs.open(file.path).size == file.bytes
        } catch let error as HearthError where error.code == .notFound || error.code == .fileUnreadable {
            return false
        }
    }
}

extension StudioTable {
    /// Pictures of a project, by identifier.
    func anchorFiles(
        ofProject project: String, after: String, limit: Int, in db: any SQLConnection
    ) throws -> [(id: String, path: String, bytes: Int)] {
        try db.rows(
            """
            SELECT id, path, bytes FROM kept_anchors WHERE project_id = \(project) AND id > \(after)
            ORDER BY id LIMIT \(limit)
            """
        ) { row in (try row.next(), try row.next(), try row.next()) }
    }
}

extension OutputTable {
    /// Files of a project's outputs, by identifier.
    func archivedFiles(
        ofProject project: String, after: String, limit: Int, in db: any SQLConnection
    ) throws -> [(id: String, path: String, bytes: Int, thumbnailBytes: Int?)] {
        try db.rows(
            """
            SELECT f.id, f.path, f.bytes, f.thumbnail_bytes FROM output_files f
              JOIN kept_outputs o ON o.id = f.output_id
            WHERE o.project_id = \(project) AND f.id > \(after) ORDER BY f.id LIMIT \(limit)
            """
        ) { row in (try row.next(), try row.next(), try row.next(), try row.next()) }
    }
}
