import Foundation
import HearthCore

/// A data folder as it is found, without making or changing anything.
struct FolderState {
    private let folder: DataFolder

    init(_ folder: DataFolder) { self.folder = folder }

    var exists: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// Whether a server holds it now.
    var isInUse: Bool {
        let descriptor = open("\(folder.path)/hearth.lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Let go of with the descriptor: nothing is held.
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    /// The process that holds it, as it has written down.
    var holder: String {
        let text = (try? String(contentsOfFile: "\(folder.path)/hearth.lock", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first.map { "process \($0)" } ?? "another process"
    }

    /// - Throws: ``HearthError`` when a server could not write into it, or not make it.
    func requireWritable() throws(HearthError) {
        var path = folder.path
        while access(path, F_OK) != 0 {
            guard errno == ENOENT || errno == ENOTDIR, path != "/" else { throw refusal(errno) }
            path = URL(fileURLWithPath: path).deletingLastPathComponent().path
        }
        guard NamedFile.isFolder(path) else {
            throw HearthError(
                .storageUnavailable, "The data folder \(folder.path) cannot be made: \(path) is a file.",
                hint: "Choose another one by --data, or move the file away.")
        }
        guard access(path, W_OK | X_OK) == 0 else { throw refusal(errno) }
        guard path == folder.path else { return }
        for part in [folder.run, folder.cache, folder.models, folder.vectors, folder.journal, folder.database] {
            if access(part, F_OK) == 0, access(part, W_OK) != 0 { throw refusal(errno, at: part) }
        }
    }

    private func refusal(_ number: Int32, at path: String? = nil) -> HearthError {
        let reason = String(cString: strerror(number)).lowercased()
        let verb = exists ? "written" : "made"
        return HearthError(
            .storageUnavailable, "The data folder \(path ?? folder.path) cannot be \(verb): \(reason).",
            hint: "Correct its permissions, or choose another one by --data or HEARTH_DATA.")
    }
}
