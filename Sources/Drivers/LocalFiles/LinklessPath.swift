import CLinux
import Foundation
import HearthCore

/// Reaches files below the data folder without following a symbolic link.
///
/// Folders of a data folder may come from elsewhere, unpacked from an archive: a link in them would let any file of the
/// machine be read, replaced or removed under the name of a row. The data folder itself may be reached by a link.
enum LinklessPath {
    /// Opens a file.
    /// - Parameters:
    ///   - path: relative to the root.
    ///   - usesKernel: whether the kernel is asked to keep below the folder, where it can; tests try both ways.
    /// - Returns: the descriptor, or -1 and errno: `ELOOP` for a link, `EXDEV` for a path that leads out.
    static func open(_ path: String, below root: String, _ flags: Int32, usesKernel: Bool = true) -> Int32 {
        let folder = Glibc.open(root, hearth_path_only | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return -1 }
        var found: Int32 = -1
        if usesKernel { found = hearth_open_without_links(folder, path, flags) }
        // ENOSYS: an old kernel; EPERM: a container that allows only the calls that it knows.
        if found < 0, !usesKernel || [ENOSYS, EPERM].contains(errno) { found = walk(path, below: folder, flags) }
        let number = errno
        close(folder)
        errno = number
        return found
    }

    /// The same without the kernel's help, step by step.
    private static func walk(_ path: String, below folder: Int32, _ flags: Int32) -> Int32 {
        let names = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard !names.contains("..") else {
            errno = EXDEV
            return -1
        }
        guard !names.isEmpty else { return openat(folder, ".", flags | O_CLOEXEC) }
        var current = dup(folder)
        for (index, name) in names.enumerated() where current >= 0 {
            let isLast = index == names.count - 1
            let next = openat(
                current, name, (isLast ? flags : hearth_path_only | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC)
            var (number, status) = (errno, stat())
            // A link on the way is said to be no folder.
            if next < 0, number == ENOTDIR, fstatat(current, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFLNK
            {
                number = ELOOP
            }
            close(current)
            errno = number
            current = next
        }
        return current
    }

    /// Whether an error of ``open(_:below:_:usesKernel:)`` means that the path is, or goes by, a link.
    static func isRefusal(_ number: Int32) -> Bool { number == ELOOP || number == EXDEV }

    /// Whether a file, or a folder, is reached without a link; also when it is not there yet.
    static func isFree(_ path: String, below root: String) -> Bool {
        let descriptor = open(path, below: root, hearth_path_only)
        guard descriptor >= 0 else { return !isRefusal(errno) }
        // Of a link itself, O_PATH opens what describes it where the kernel does not help.
        var status = stat()
        defer { close(descriptor) }
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT != S_IFLNK
    }

    /// Refuses a file in a folder that is a link, or that is reached by one.
    /// - Parameter path: relative to the root.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    static func checkFolder(of path: String, below root: String) throws(HearthError) {
        guard let slash = path.lastIndex(of: "/") else { return }
        guard isFree(String(path[..<slash]), below: root) else {
            throw HearthError(
                .storageUnavailable, "A folder in the data folder is a symbolic link, and none is followed.",
                hint: "Put the folder itself there, or mount it; the data folder as a whole may be a link.")
        }
    }
}
