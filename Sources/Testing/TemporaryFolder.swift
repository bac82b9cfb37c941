import Foundation

/// A fresh folder that goes with its last reference.
package final class TemporaryFolder: Sendable {
    /// Where it lies.
    package enum Place: Sendable {
        /// Where the machine keeps temporary files.
        case disk
        /// In memory where the machine offers that, so that fsync costs nothing.
        case memory
    }

    /// Absolute, without a slash at its end.
    package let path: String

    /// - Throws: what Foundation throws when it cannot be made.
    package init(_ place: Place = .disk) throws {
        let manager = FileManager.default
        let memory = "/dev/shm"
        let root =
            place == .memory && manager.isWritableFile(atPath: memory)
            ? memory : manager.temporaryDirectory.resolvingSymlinksInPath().path
        // Short, because the path of a socket may have 107 bytes only.
        path = "\(root)/hearth-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }
}
