import Foundation

/// Files that are mapped into this process.
enum MappedFiles {
    /// Takes the pages of files in these folders out of the process; they stay in the system's cache of files, and come
    /// back when they are read. Only maps that cannot be written to: nothing in them can be lost.
    static func release(under folders: Set<String>) {
        for line in maps().split(separator: "\n") {
            // start-end permissions offset device inode path (proc(5)); paths may hold spaces.
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, fields[1].hasPrefix("r--") else { continue }
            let path = fields[5].trimmingCharacters(in: .whitespaces)
            let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, folders.contains(where: { path.hasPrefix($0 + "/") }),
                let start = UnsafeMutableRawPointer(bitPattern: bounds[0])
            else { continue }
            madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }

    /// `/proc/self/maps`, page by page: Foundation takes the first short read of such a file for its end.
    private static func maps() -> String {
        let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(file, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += chunk[..<count]
        }
    }
}
