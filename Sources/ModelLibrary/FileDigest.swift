import Crypto
import Foundation

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
