import Foundation
package import HearthCore

/// Names of the worker processes that servers of one data folder start: `3fa9-4711-2`.
///
/// A name begins with what tells the data folder and its machine from all others, so that a server that finds programs
/// which workers have started knows those of its own folder, which it has locked.
package enum WorkerNames {
    /// Begins the names of all workers of a data folder on this machine.
    package static func prefix(of folder: DataFolder) -> String {
        prefix(host: hostName, path: folder.path)
    }

    /// As the kernel knows it; nothing is looked up.
    private static var hostName: String {
        let length = 256
        var name = [CChar](repeating: 0, count: length)
        guard gethostname(&name, length - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Short, because names become socket paths, which have about 100 characters.
    static func prefix(host: String, path: String) -> String {
        // FNV-1a: stable over starts, and spread well enough for a handful of folders.
        let hash = "\(host):\(path)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let text = String(hash & 0xffff, radix: 16)
        return String(repeating: "0", count: 4 - text.count) + text + "-"
    }

    /// Begins the names of this server's workers of one sort.
    /// - Parameter sort: a letter or none: `m` for the role media, `g` for model groups, `s` for suspects.
    static func prefix(of folder: DataFolder, sort: String) -> String {
        "\(prefix(of: folder))\(getpid())-\(sort)"
    }

    /// The letters of a role; none for `inference`.
    static func letters(of role: WorkerRole) -> String {
        role == .inference ? "" : String(role.rawValue.prefix(1))
    }
}
