import Foundation

/// What a file system says of folders, and what it does to them: the part of ``DataFolder`` that tests replace, because
/// folders of other users and file systems without modes cannot be made in a test.
struct FolderModes: Sendable {
    /// A folder as the file system describes it.
    struct State: Sendable, Equatable {
        /// The permission bits.
        var mode: mode_t
        var owner: uid_t
        var isFolder = true

        /// Whether anyone but the owner can enter or list it.
        var isOpen: Bool { mode & 0o077 != 0 }
        /// As `chmod` takes it: `0755`.
        var text: String { "0\(String(mode & 0o777, radix: 8))" }
    }

    /// The user of this process.
    var user: uid_t
    /// The state of what is at a path, links followed; nil: nothing is there.
    var state: @Sendable (_ path: String) throws(POSIXError) -> State?
    /// Makes one folder, and the missing ones above it, for the owner only.
    var make: @Sendable (_ path: String) throws(POSIXError) -> Void
    /// Asks for a mode; whether it has been set shows in ``state``.
    var set: @Sendable (_ path: String, mode_t) -> Void

    /// What the system calls say.
    static var system: FolderModes {
        FolderModes(
            user: geteuid(),
            state: { path throws(POSIXError) in
                var status = stat()
                guard stat(path, &status) != 0 else {
                    return State(
                        mode: status.st_mode & 0o7777, owner: status.st_uid,
                        isFolder: status.st_mode & S_IFMT == S_IFDIR)
                }
                guard errno == ENOENT else { throw failure(errno) }
                return nil
            },
            make: { path throws(POSIXError) in try makeFolder(path) },
            set: { path, mode in _ = chmod(path, mode) })
    }

    private static func makeFolder(_ path: String) throws(POSIXError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard errno == ENOENT, above != path else { throw failure(errno) }
        try makeFolder(above)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(errno) }
    }

    /// The system's own words for a failure: "Permission denied".
    static func text(_ error: POSIXError) -> String { String(cString: strerror(error.code.rawValue)) }

    private static func failure(_ number: Int32) -> POSIXError { POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO) }
}
