import Foundation

/// Notices that a file was written or replaced, by its inode, size and times of change.
package struct FileWatch: Sendable {
    private struct Mark: Sendable, Equatable {
        var inode: UInt64
        var size: Int64
        /// Of its content …
        var contentChange: Instant
        /// … and of its entry, which programs that keep the first one as it was cannot set.
        var entryChange: Instant
    }

    private struct Instant: Sendable, Equatable {
        var seconds: Int
        var nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }
    }

    package let path: String
    private var mark: Mark?

    /// The file as it is now is what is known.
    package init(_ path: String) {
        self.path = path
        mark = Self.mark(of: path)
    }

    /// Whether there is no such file now, or none that can be looked at.
    package var isGone: Bool { Self.mark(of: path) == nil }

    /// Whether the file is another than at the last call. One that is gone has not changed: it may be just replaced.
    package mutating func hasChanged() -> Bool {
        guard let now = Self.mark(of: path), now != mark else { return false }
        mark = now
        return true
    }

    private static func mark(of path: String) -> Mark? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Mark(
            inode: UInt64(status.st_ino), size: Int64(status.st_size),
            contentChange: Instant(status.st_mtim), entryChange: Instant(status.st_ctim))
    }
}
