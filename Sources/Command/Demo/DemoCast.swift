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

        /// Whether it is looked for by the very picture that was registered, which proves little.
        var hasOnePicture: Bool { queries == [anchor] }
    }

    let members: [Member]

    /// Reads a folder: one sub-folder a character, or one a project with a sub-folder a character.
    /// - Throws: ``HearthError`` `not_found` when there is no picture in it.
    init(folder: String) throws {
        guard NamedFile.isFolder(folder) else {
            throw HearthError(
                .notFound, "There is no folder \(folder).",
                hint: "--images names a folder with one sub-folder for each character, with pictures in it.")
        }
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
                .notFound, "There are no pictures in the sub-folders of \(folder).",
                hint: "Make one sub-folder for each character, with pictures in it (JPEG, PNG, WebP, GIF or TIFF).")
        }
        self.members = members
    }

    /// What there is, in words: `3 characters in 1 project`.
    var text: String {
        let projects = Set(members.map(\.project)).count
        return "\(Wording.count(members.count, "character")) in \(Wording.count(projects, "project"))"
    }

    /// What must be said of characters that are looked for by the picture that was registered; nil: there are none.
    static func caveat(of members: [Member]) -> String? {
        let lone = members.filter(\.hasOnePicture).map(\.name)
        guard !lone.isEmpty else { return nil }
        let names = lone.prefix(5).joined(separator: ", ") + (lone.count > 5 ? " and \(lone.count - 5) more" : "")
        return "\(names) \(lone.count == 1 ? "has" : "have") one picture only, which is registered and looked for: "
            + "more pictures would show more."
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
