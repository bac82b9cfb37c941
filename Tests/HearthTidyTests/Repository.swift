import Foundation

/// The tree that this file is in.
enum Repository {
    /// Three levels above this file.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Files that a build or a run makes; git ignores them.
    static let generated = ["Package.resolved", ".build", ".build-", ".deps", ".demo", ".swiftpm", "hearth-data"]

    /// Larger files are data, not text that a person wrote.
    private static let maximumBytes = 1 << 20

    /// Every text file that people wrote, in the order of their paths.
    static let textFiles = Result {
        try paths(under: "").compactMap { path -> TextFile? in
            let url = root.appendingPathComponent(path)
            let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            guard size <= maximumBytes, let text = String(data: try Data(contentsOf: url), encoding: .utf8),
                !text.utf8.contains(0)
            else { return nil }
            return TextFile(path: path, text: text)
        }
    }

    /// Every Swift file of `Sources` and `Tests`.
    static let swiftFiles = Result {
        try (paths(under: "Sources") + paths(under: "Tests")).filter { $0.hasSuffix(".swift") }.map { path in
            let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            return SwiftFile(path: path, text: text)
        }
    }

    private static func paths(under folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return try names.sorted().filter(isOurs).flatMap { name in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
            else { return [String]() }
            return isFolder.boolValue ? try paths(under: path) : [path]
        }
    }

    private static func isOurs(_ name: String) -> Bool {
        name != ".git" && name != "__pycache__" && !generated.contains { isGenerated(name, by: $0) }
    }

    /// Whether the first part of a path is what a name of `generated` stands for; a last hyphen means any ending.
    static func isGenerated(_ path: some StringProtocol, by name: String) -> Bool {
        let first = path.prefix { $0 != "/" }
        return name.hasSuffix("-") ? first.hasPrefix(name) : first == name
    }

    /// What git tracks, relative to the root; nil when this is not a clone or there is no git.
    static func trackedPaths() throws -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appendingPathComponent(".git").path) else { return nil }
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-C", root.path, "-c", "safe.directory=*", "ls-files"]
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        try git.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { return nil }
        return text.split(separator: "\n").map(String.init)
    }
}
