import Foundation

/// The folder that holds everything a server owns.
package struct DataFolder: Sendable {
    /// Absolute path.
    package let path: String

    package init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    package var database: String { "\(path)/hearth.db" }
    /// Sockets, signals and the note of where the server listens.
    package var run: String { "\(path)/run" }
    /// Compiled models and other things that can be made again.
    package var cache: String { "\(path)/cache" }
    /// Folders of jobs that run now; what is there when a server starts was left by a process that died.
    package var jobs: String { "\(cache)/jobs" }
    /// Folders of the jobs that a worker runs: removed by the front when the worker has ended.
    package func jobs(of worker: String) -> String { "\(jobs)/\(worker)" }
    /// What makes new files durable together.
    package var journal: String { "\(path)/journal" }
    /// Scans that were answered and have no rows yet.
    package var scans: String { "\(path)/journal/scans" }
    /// Scan files of collections; they are derived from the database, and can be deleted when no server runs.
    package var vectors: String { "\(path)/vectors" }
    /// The master key, and halves of the keys that seal data. Backups leave this folder out.
    package var keys: String { "\(path)/keys" }
    /// Models of the user's own.
    package var models: String { "\(path)/models" }
    /// Paths of files without a row, for the next start.
    package var unnamedFiles: String { "\(run)/unnamed-files.json" }
    /// Where the user puts pictures that a language model is to use.
    package var inbox: String { "\(path)/inbox" }
    /// What a server has said that another program has started.
    package var serverLog: String { "\(run)/serve.log" }
    /// Written when the port is open: `{"pid", "url"}`.
    package var serverNote: String { "\(run)/server.json" }

    /// The front's name among the sockets: workers ask it for models of other processes.
    package static let frontName = "front"
    /// Path of a worker's socket, or of the front's.
    package func socket(of worker: String) -> String { "\(run)/\(worker).sock" }

    /// Makes the folder and those in it, for the owner only; closes those of this user that are open to others.
    ///
    /// - Returns: What other users can read all the same, in a sentence each; empty when nothing.
    /// - Throws: ``HearthError`` `storage_unavailable` when it cannot be made, `forbidden` when it belongs to another
    ///   user and is open to others, `invalid_configuration` when its path is too long for sockets.
    @discardableResult package func make() throws -> [String] { try make(.system) }

    func make(_ modes: FolderModes) throws -> [String] {
        var warnings: [String] = []
        for folder in [path, run, cache, models, vectors, keys, inbox, "\(path)/projects"] {
            if let warning = try close(folder, modes) { warnings.append(warning) }
        }
        try requireShortPath()
        return warnings
    }

    /// - Throws: ``HearthError`` `invalid_configuration` when its path is too long for sockets.
    package func requireShortPath() throws(HearthError) {
        guard run.utf8.count <= 80 else {
            throw HearthError(
                .invalidConfiguration, "The path of the data folder is too long for its sockets: \(path).",
                hint: "Choose a folder by --data whose path has at most 76 bytes.")
        }
    }

    /// Sees to it that a folder is there and that only its owner can enter it.
    /// - Returns: why others still can.
    private func close(_ folder: String, _ modes: FolderModes) throws -> String? {
        guard let state = try found(folder, modes), state.isOpen else { return nil }
        guard state.owner == modes.user else {
            // A closed folder keeps others from what is in it, unless that is a link to another place.
            guard folder == path else {
                return "The folder \(folder) belongs to another user (id \(state.owner)), who can read what is in it."
            }
            throw HearthError(
                .forbidden,
                "The data folder \(path) belongs to another user (id \(state.owner)) and is open to others "
                    + "(mode \(state.text)).",
                hint: "Choose another one by --data, or give it to this user (id \(modes.user)) or the mode 0700.")
        }
        modes.set(folder, 0o700)
        guard let now = try found(folder, modes), now.isOpen else { return nil }
        return "Other users can read the folder \(folder): its file system does not keep the mode 0700 "
            + "(it says \(now.text)). Choose another one by --data, unless this machine has one user."
    }

    /// The state of a folder, which is made when it is missing.
    private func found(_ folder: String, _ modes: FolderModes) throws(HearthError) -> FolderModes.State? {
        do {
            if try modes.state(folder) == nil { try modes.make(folder) }
            let state = try modes.state(folder)
            if state?.isFolder != false { return state }
        } catch {
            throw HearthError(
                .storageUnavailable, "The data folder \(folder) cannot be made: \(FolderModes.text(error)).",
                hint: "Choose another one by --data, or correct the permissions of the folder above it.", cause: error)
        }
        throw HearthError(
            .storageUnavailable, "The data folder \(folder) cannot be made: a file is there.",
            hint: "Choose another one by --data, or move the file away.")
    }
}
