import Crypto
import Foundation

/// SHA-256 of files, remembered by path, size, time of change and file number, so that a start hashes nothing twice.
struct ChecksumCache {
    private struct Known: Codable, Equatable {
        var bytes: Int
        /// Seconds since 1970.
        var modified: Double
        var fileNumber: Int
        var sha256: String
    }

    /// Where the results are kept; nil keeps them in memory only.
    private let path: String?
    private var known: [String: Known]
    /// What this start asked for; the rest is forgotten at the next save.
    private var used: [String: Known] = [:]

    init(path: String?) {
        self.path = path
        // A cache that is absent, broken or of another version is no loss.
        known =
            path.flatMap { try? Data(contentsOf: URL(fileURLWithPath: $0)) }
            .flatMap { try? JSONDecoder().decode([String: Known].self, from: $0) } ?? [:]
    }

    /// SHA-256 in hex of the file's bytes.
    /// - Throws: When the file cannot be read.
    mutating func sha256(of path: String) throws -> String {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        var state = Known(
            bytes: (attributes[.size] as? NSNumber)?.intValue ?? -1,
            modified: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0,
            fileNumber: (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0, sha256: "")
        if let before = known[file.path] {
            state.sha256 = before.sha256
            if state == before {
                used[file.path] = before
                return before.sha256
            }
        }
        state.sha256 = try FileDigest.sha256(of: file.path)
        used[file.path] = state
        return state.sha256
    }

    /// Writes what this start used, when it differs from what was read.
    /// - Throws: When the file cannot be written; the next start then hashes again.
    mutating func save() throws {
        guard let path, used != known else { return }
        let file = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try encoder.encode(used).write(to: file, options: .atomic)
        known = used
    }
}

/// SHA-256 of files, in pieces, so that a large one needs no memory.
package enum FileDigest {
    /// SHA-256 in hex of the file's bytes; blocking.
    /// - Throws: When the file cannot be read.
    package static func sha256(of path: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        var hash = SHA256()
        while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty { hash.update(data: chunk) }
        return hash.finalize().hexadecimal
    }

    /// Length of a file, links followed; nil when there is none, or something that a reader could wait for without end,
    /// as a pipe or a device.
    package static func bytes(of path: String) -> Int? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        return (attributes[.size] as? NSNumber)?.intValue
    }

    /// Whether a text is a SHA-256 in lower-case hex.
    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
