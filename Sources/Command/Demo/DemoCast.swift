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
    /// How many of them are told apart by the names of their pictures, which lie in no sub-folder; they come first.
    private let named: Int

    /// Reads a folder: one sub-folder a character, or one a project with a sub-folder a character. Pictures that lie in
    /// no sub-folder are told apart by their names, as ``LabelledPictures`` does.
    /// - Throws: ``HearthError`` `not_found` when there is no such folder, or no picture in it.
    init(folder: String) throws {
        try NamedFile.requireFolder(folder, hint: LabelledPictures.layout)
        let root = URL(fileURLWithPath: folder)
        var members = Self.membersByName(in: root)
        named = members.count
        for outer in Self.folders(in: root) {
            if let member = Self.member(outer, project: root.lastPathComponent) {
                members.append(member)
            } else {
                members += Self.folders(in: outer).compactMap { Self.member($0, project: outer.lastPathComponent) }
            }
        }
        guard !members.isEmpty else {
            throw HearthError(
                .notFound, "There are no pictures in \(folder), nor in its sub-folders.",
                hint: LabelledPictures.layout)
        }
        self.members = members
    }

    /// What there is, in words: `3 characters in 1 project`.
    var text: String {
        let projects = Set(members.map(\.project)).count
        return "\(counted(members.count, "character")) in \(counted(projects, "project"))"
    }

    /// How pictures that lie in no sub-folder were understood; nil: there are none.
    var note: String? {
        guard named > 0 else { return nil }
        let shown = members.prefix(min(named, 5)).map { member in
            let pictures = Set([member.anchor] + member.queries).count
            return "\(member.name) (\(counted(pictures, "picture")))"
        }
        let more = named > 5 ? " and \(named - 5) more" : ""
        return "Pictures that lie in no sub-folder show whom their names begin with: "
            + "\(shown.joined(separator: ", "))\(more). One sub-folder for each character says it for sure."
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
        member(folder.lastPathComponent, pictures(in: folder).map(\.path), project: project)
    }

    private static func member(_ name: String, _ pictures: [String], project: String) -> Member? {
        guard let anchor = pictures.first else { return nil }
        let others = Array(pictures.dropFirst())
        return Member(project: project, name: name, anchor: anchor, queries: others.isEmpty ? [anchor] : others)
    }

    /// The characters of the pictures that lie in a folder itself, in the order of their names.
    private static func membersByName(in folder: URL) -> [Member] {
        let owned = Dictionary(grouping: pictures(in: folder)) { LabelledPictures.owner(of: $0.stem) }
        return owned.sorted { $0.key < $1.key }.compactMap { owner, pictures in
            member(owner, pictures.map(\.path), project: folder.lastPathComponent)
        }
    }

    /// The pictures that lie in a folder itself.
    private static func pictures(in folder: URL) -> [(stem: String, path: String)] {
        contents(of: folder).compactMap { file in
            LabelledPictures.stem(ofPicture: file.lastPathComponent).map { ($0, file.path) }
        }
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
