import CLinux
package import Foundation
package import HearthCore

/// Reads pictures that lie in folders which the user has allowed, and nothing else of the machine.
///
/// A path that leads out of the folders is refused, whether by `..`, by a symbolic link or by a change while it is
/// looked at. What is found is looked at before it is opened, so that no device and no pipe ever is.
package struct PictureFolders: LocalPictures {
    private let folders: [String]
    package let inboxFolder: String
    private let home: String
    private let threads: BlockingThreads
    private let limit: Int
    private let usesKernel: Bool

    /// - Parameters:
    ///   - folders: absolute paths; those that there are not are skipped.
    ///   - inbox: always allowed besides.
    ///   - home: what `~` stands for.
    ///   - limit: bytes of a picture.
    ///   - usesKernel: whether the kernel is asked to keep below a folder, where it can; tests try both ways.
    package init(
        folders: [String], inbox: String, home: String, threads: BlockingThreads, limit: Int = Limits.uploadBytes,
        usesKernel: Bool = true
    ) {
        self.folders = folders.map { Self.expanded($0, home: home) }
        inboxFolder = Self.normalised(inbox)
        self.home = home
        self.threads = threads
        self.limit = limit
        self.usesKernel = usesKernel
    }

    /// The bytes of a file.
    /// - Throws: as ``LocalPictures/read(_:)``.
    package func read(_ path: String) async throws -> Data {
        let path = try absolute(path)
        let beginning = try folder(of: path)
        return try await threads.run { try readFile(path, in: beginning) }
    }

    // MARK: Paths

    private static func expanded(_ path: String, home: String) -> String {
        normalised(path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path)
    }

    /// A path with one slash between its names, as the system reads it: without `//`, `/.` and a slash at its end.
    private static func normalised(_ path: String) -> String {
        let names = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
    }

    /// - Throws: ``HearthError`` `invalid_request` for what is no path.
    private func absolute(_ text: String) throws(HearthError) -> String {
        var path = text
        if path.lowercased().hasPrefix("file:") {
            guard let url = URL(string: path), url.isFileURL, [nil, "", "localhost"].contains(url.host) else {
                throw HearthError(.invalidRequest, "This is no address of a file on this machine.", hint: hint)
            }
            path = url.path
        }
        path = Self.expanded(path, home: home)
        if !path.hasPrefix("/") { path = "\(inboxFolder)/\(path)" }
        guard !path.utf8.contains(0), path.utf8.count < 4_096 else {
            throw HearthError(.invalidRequest, "This is no path of a file.", hint: hint)
        }
        guard !path.split(separator: "/").contains("..") else {
            throw HearthError(.forbidden, "A path with `..` is not followed.", hint: hint)
        }
        return Self.normalised(path)
    }

    /// The allowed folder that a path begins with; by its own name, or by the one that it is a link to.
    /// - Throws: ``HearthError`` `forbidden`.
    private func folder(of path: String) throws(HearthError) -> (folder: String, rest: String) {
        for folder in folders + [inboxFolder] {
            for name in Set([folder, Self.real(folder) ?? folder]) {
                let beginning = name == "/" ? name : "\(name)/"
                if path.hasPrefix(beginning) { return (folder, String(path.dropFirst(beginning.count))) }
            }
        }
        throw HearthError(.forbidden, "The file is not in an allowed folder.", hint: hint)
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    /// What is allowed.
    private var hint: String {
        let list = folders.isEmpty ? "" : "\(folders.joined(separator: ", ")), or "
        return "Allowed are files in \(list)the inbox folder \(inboxFolder). HEARTH_MCP_FOLDERS names other folders, "
            + "separated by colons; `upload_link` takes a picture from anywhere."
    }

    // MARK: Files

    private func readFile(_ path: String, in place: (folder: String, rest: String)) throws(HearthError) -> Data {
        let folder = open(place.folder, hearth_path_only | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path, errno) }
        defer { close(folder) }
        let found = try find(place.rest, below: folder, path)
        defer { close(found) }
        let before = try state(of: found, path)
        try check(before, path)
        // Opened by what was looked at, not by its name, which may mean something else by now.
        let file = open("/proc/self/fd/\(found)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path, errno) }
        defer { close(file) }
        let bytes = try content(of: file, size: Int(before.st_size), path)
        let after = try state(of: file, path)
        guard bytes.count == Int(before.st_size), Self.isSame(before, after) else {
            throw HearthError(
                .conflict, "The file \(path) was changed while it was read.", hint: "Call again when it is whole.")
        }
        return bytes
    }

    private func find(_ rest: String, below folder: Int32, _ path: String) throws(HearthError) -> Int32 {
        if usesKernel {
            let found = hearth_find_beneath(folder, rest)
            if found >= 0 { return found }
            // ENOSYS: an old kernel; EPERM: a container that allows only the calls that it knows.
            guard [ENOSYS, EPERM].contains(errno) else { throw failure(path, errno) }
        }
        return try walk(rest, below: folder, path)
    }

    /// The same without the kernel's help: step by step, and through no symbolic link.
    private func walk(_ rest: String, below folder: Int32, _ path: String) throws(HearthError) -> Int32 {
        var current = dup(folder)
        for name in rest.split(separator: "/") where name != "." {
            let next = openat(current, String(name), hearth_path_only | O_NOFOLLOW | O_CLOEXEC)
            let number = errno
            close(current)
            guard next >= 0 else { throw failure(path, number) }
            current = next
            guard try state(of: current, path).st_mode & S_IFMT != S_IFLNK else {
                close(current)
                throw failure(path, EXDEV)
            }
        }
        return current
    }

    private func state(of file: Int32, _ path: String) throws(HearthError) -> stat {
        var state = stat()
        guard fstat(file, &state) == 0 else { throw failure(path, errno) }
        return state
    }

    private func check(_ state: stat, _ path: String) throws(HearthError) {
        guard state.st_mode & S_IFMT == S_IFREG else {
            let kinds: [mode_t: String] = [
                S_IFDIR: "a folder", S_IFIFO: "a pipe", S_IFCHR: "a device", S_IFBLK: "a device",
                S_IFSOCK: "a socket",
            ]
            let kind = kinds[state.st_mode & S_IFMT] ?? "no file"
            throw HearthError(.invalidRequest, "\(path) is \(kind), and a picture is needed.", hint: hint)
        }
        guard state.st_size > 0 else {
            throw HearthError(.invalidRequest, "The file \(path) is empty.", hint: ImageFormat.accepted)
        }
        guard state.st_size <= limit else {
            throw HearthError(
                .bodyTooLarge, "The file \(path) has \(state.st_size) bytes.",
                hint: "A picture has at most \(limit) bytes.")
        }
    }

    /// At most one byte more than the file had: a file that grows is noticed, and not followed.
    private func content(of file: Int32, size: Int, _ path: String) throws(HearthError) -> Data {
        var bytes = Data(count: size + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(path, errno) }
            if got == 0 { break }
            count += got
        }
        return bytes.prefix(count)
    }

    private static func isSame(_ one: stat, _ other: stat) -> Bool {
        one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size
            && one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec
    }

    private func failure(_ path: String, _ number: Int32) -> HearthError {
        switch number {
        case ENOENT, ENOTDIR: HearthError(.notFound, "There is no file \(path).", hint: hint)
        case EXDEV, ELOOP:
            HearthError(.forbidden, "\(path) is a link that leads out of the allowed folder.", hint: hint)
        default:
            HearthError(
                .fileUnreadable, "The file \(path) cannot be read: \(String(cString: strerror(number)).lowercased()).",
                hint: hint)
        }
    }

    // MARK: Inbox

    /// The files in the inbox folder, newest first.
    package func inbox() async -> [InboxFile] { (try? await threads.run { listInbox() }) ?? [] }

    private func listInbox() -> [InboxFile] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: inboxFolder) else { return [] }
        let files = names.prefix(Limits.inboxEntries).compactMap { name -> InboxFile? in
            var state = stat()
            guard !name.hasPrefix("."), lstat("\(inboxFolder)/\(name)", &state) == 0, state.st_mode & S_IFMT == S_IFREG
            else { return nil }
            let modified = Int64(state.st_mtim.tv_sec) * 1_000 + Int64(state.st_mtim.tv_nsec) / 1_000_000
            return InboxFile(name: name, bytes: Int(state.st_size), modifiedAt: modified)
        }
        return Array(files.sorted { $0.modifiedAt > $1.modifiedAt }.prefix(Limits.inboxFiles))
    }
}
