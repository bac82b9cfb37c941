import Foundation
package import HearthCore

/// Holds a data folder for one server; the kernel lets go of it when the process ends, however it ends.
///
/// The file says who holds the folder: the process, and an identifier of this one start. A worker compares the
/// identifier with the one that it was started with (``DataFolderWriter``).
package final class DataFolderLock: Sendable {
    /// Identifies this start of a server; its workers are told.
    package let server = Identifier.make()
    private let descriptor: Int32
    private let folder: DataFolder

    /// - Throws: ``HearthError`` `conflict` when another server has the folder.
    package init(_ folder: DataFolder) throws {
        let path = Self.path(in: folder)
        // Kept by `self` only once it is locked: an initialiser that throws after that would close it a second time.
        let descriptor = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HearthError(.storageUnavailable, "The data folder \(folder.path) cannot be written.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = Self.lines(in: folder).first.map { "process \($0)" } ?? "another process"
            throw HearthError(
                .conflict, "The data folder \(folder.path) is in use by \(holder).",
                hint: "Stop that server first, or choose another folder by --data.")
        }
        self.descriptor = descriptor
        self.folder = folder
        let note = "\(getpid())\n\(server)\n"
        // Over what is there, which a full disk allows.
        guard note.withCString({ pwrite(descriptor, $0, strlen($0), 0) }) == note.utf8.count,
            ftruncate(descriptor, off_t(note.utf8.count)) == 0
        else { throw SystemFailure.storage("noting who has the data folder") }
    }

    deinit { close(descriptor) }

    /// Ends the workers of an earlier server, which was killed, and proves that none is left: from here on no other
    /// process writes files or rows of the folder's jobs.
    ///
    /// Workers that come too late to be seen here find another identifier in the file, and end by themselves.
    /// - Parameter end: Ends a process at once, also one that is stopped.
    /// - Returns: how many there were.
    /// - Throws: ``HearthError`` `conflict` when one cannot be ended in time.
    @discardableResult
    package func endEarlierWriters(
        within limit: Duration = Limits.earlierWorkers, by end: (Int32) -> Void = { _ = kill($0, SIGKILL) }
    ) async throws -> Int {
        let writers = try DataFolderWriter.File(folder)
        let deadline = ContinuousClock.now + limit
        var ended: Set<pid_t> = []
        while let writer = try writers.sharer() {
            if ended.insert(writer).inserted { end(writer) }
            guard ContinuousClock.now < deadline else {
                throw HearthError(
                    .conflict, "A worker of an earlier server (process \(writer)) still uses \(folder.path).",
                    hint: "It could not be ended. End it, then start again.")
            }
            try await Task.sleep(for: Limits.earlierWorkersPoll)
        }
        return ended.count
    }

    /// The identifier of the server that holds a folder, or held it last.
    static func server(of folder: DataFolder) -> String? { lines(in: folder).dropFirst().first }

    private static func lines(in folder: DataFolder) -> [String] {
        let text = (try? String(contentsOfFile: path(in: folder), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private static func path(in folder: DataFolder) -> String { "\(folder.path)/hearth.lock" }
}
