import Foundation
import HearthCore

/// A file that the user named on the command line: what is wrong with it is said by its name and in the system's words.
enum NamedFile {
    /// The whole content.
    /// - Throws: ``HearthError`` `not_found`.
    static func read(_ path: String) throws(HearthError) -> Data {
        try check(path)
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, error)
        }
    }

    /// A handle that reads from the beginning; the caller closes it.
    /// - Throws: ``HearthError`` `not_found`.
    static func open(_ path: String) throws(HearthError) -> FileHandle {
        try check(path)
        do {
            return try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, error)
        }
    }

    /// Whether there is a folder of that name.
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// - Parameter hint: How the folder should look.
    /// - Throws: ``HearthError`` `not_found` when there is none, or a file of that name.
    static func requireFolder(_ path: String, hint: String) throws(HearthError) {
        guard !isFolder(path) else { return }
        guard access(path, F_OK) != 0 else {
            throw HearthError(.notFound, "\(path) is a file, and a folder is needed.", hint: hint)
        }
        let place = path.hasPrefix("/") ? "" : "It was looked for in \(FileManager.default.currentDirectoryPath). "
        throw HearthError(.notFound, "There is no folder \(path).", hint: place + hint)
    }

    /// Whether it is there, is a file, and can be read.
    private static func check(_ path: String) throws(HearthError) {
        guard access(path, F_OK) == 0 else {
            let number = errno
            guard number == ENOENT || number == ENOTDIR else { throw unreadable(path, number) }
            throw HearthError(
                .notFound, "There is no file \(path).",
                hint: path.hasPrefix("/") ? nil : "It was looked for in \(FileManager.default.currentDirectoryPath).")
        }
        guard !isFolder(path) else {
            throw HearthError(.notFound, "\(path) is a folder, and a file is needed.")
        }
        guard access(path, R_OK) == 0 else { throw unreadable(path, errno) }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> HearthError {
        HearthError(
            .notFound, "The file \(path) cannot be read: \(String(cString: strerror(number)).lowercased()).")
    }

    private static func unreadable(_ path: String, _ error: any Error) -> HearthError {
        HearthError(.notFound, "The file \(path) cannot be read: \(SystemError.reason(error)).", cause: error)
    }
}
