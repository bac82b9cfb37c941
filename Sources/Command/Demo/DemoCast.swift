import Foundation
import HearthCore

/// The pictures of a demonstration: characters, each with one picture to register and others to find it by.
struct DemoCast {
    /// A character's pictures.
    struct Member {
        let project: String
        let name: String
        /// Registered.
        let anchor: String
        /// Looked for; the anchor itself when there is no other picture.
        let queries: [String]
    }

    let members: [Member]

    /// Reads a folder: one sub-folder a character, or one a project with a sub-folder a character.
    /// - Throws: ``HearthError`` `not_found` when there is no picture in it.
    init(folder: String) throws {
        let root = URL(fileURLWithPath: folder)
        var members: [Member] = []
        for outer in Self.folders(in: root) {
            if let member = Self.member(outer, project: root.lastPathComponent) {
                members.append(member)
            } else {
                members += Self.folders(in: outer).compactMap { Self.member($0, project: outer.lastPathComponent) }
            }
        }
        guard !members.isEmpty else {
            throw HearthError(
                .notFound, "There are no pictures in \(folder).",
                hint: "Make one sub-folder for each character, with pictures in it.")
        }
        self.members = members
    }

    private static func member(_ folder: URL, project: String) -> Member? {
        let pictures = contents(of: folder).filter {
            ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff"].contains($0.pathExtension.lowercased())
        }.map(\.path)
        guard let anchor = pictures.first else { return nil }
        let others = Array(pictures.dropFirst())
        return Member(
            project: project, name: folder.lastPathComponent, anchor: anchor,
            queries: others.isEmpty ? [anchor] : others)
    }

    private static func folders(in folder: URL) -> [URL] {
        contents(of: folder).filter {
            (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
        }
    }

    private static func contents(of folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().map { folder.appending(path: $0) }
    }
}
