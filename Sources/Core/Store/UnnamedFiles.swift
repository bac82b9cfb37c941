import Foundation

/// The paths of files without a row, as a sweep has left them for the next start.
///
/// Losing the list costs nothing but time: the files are found again. So it is not made durable.
struct UnnamedFiles: Sendable {
    let path: String

    /// The paths that were written last; none when there is no list that can be read.
    func read() -> [String] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        return (try? JSONDecoder().decode([String].self, from: bytes)) ?? []
    }

    /// Replaces the list; an empty one is removed.
    /// - Throws: What the file system refuses.
    func write(_ paths: [String]) throws {
        guard !paths.isEmpty else {
            if unlink(path) != 0, errno != ENOENT { throw SystemFailure.storage("removing") }
            return
        }
        try JSONEncoder().encode(paths).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
