import Foundation
import HearthCore

/// The folders around a file: made with it, synchronised with it, and removed with the last file in them.
enum FilePlace {
    /// Acts in the folder of a file, and makes the folder when it is missing; again when a removal has taken an empty
    /// folder away meanwhile.
    /// - Parameter action: fails with `ENOENT` only when the folder is missing; what else can be missing it tells by
    ///   another error.
    /// - Returns: the folders whose entries have changed, and what the action gives.
    static func withFolders<T>(of path: String, _ action: () throws -> T) throws -> (folders: [String], result: T) {
        var made = [parent(of: path)]
        for attempt in 0..<100 {
            do {
                // Nearly always it is there already: looking first would cost another walk along the path.
                if attempt > 0 { made = try makeFolders(of: path) }
                return (made, try action())
            } catch let error as HearthError where (error.cause as? POSIXError)?.code == .ENOENT {
                // Whether the folder is there by now says nothing: another writer may have made it again.
                continue
            }
        }
        throw HearthError(.storageUnavailable, "The folder is being removed.", retryAfter: 1)
    }

    /// Makes missing folders and returns those whose entries change: the file's own, and the parents of new ones.
    private static func makeFolders(of path: String) throws -> [String] {
        let folder = parent(of: path)
        if mkdir(folder, 0o700) == 0 { return [folder, parent(of: folder)] }
        switch errno {
        case EEXIST:
            return [folder]
        case ENOENT:
            let above = try makeFolders(of: folder)
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw SystemFailure.storage("making a folder") }
            return [folder] + above
        default:
            throw SystemFailure.storage("making a folder")
        }
    }

    /// Brings the entries of folders to disk.
    static func synchronise(_ folders: [String]) throws {
        for folder in folders {
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemFailure.storage("opening a folder") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw SystemFailure.storage("writing a folder") }
        }
    }

    /// Removes the folders above a path, from its own up to the root, until one is not empty.
    static func removeEmptyFolders(above path: String, root: String) {
        var folder = parent(of: path)
        while folder.count > root.count + 1, rmdir(folder) == 0 { folder = parent(of: folder) }
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
