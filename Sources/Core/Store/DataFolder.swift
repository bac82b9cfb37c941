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
    /// What makes new files durable together.
    package var journal: String { "\(path)/journal" }
    /// Scans that were answered and have no rows yet.
    package var scans: String { "\(path)/journal/scans" }
    /// Scan files of collections; they are derived from the database, and can be deleted when no server runs.
    package var vectors: String { "\(path)/vectors" }
    /// Models of the user's own.
    package var models: String { "\(path)/models" }
    /// Written when the port is open: `{"pid", "url"}`.
    package var serverNote: String { "\(run)/server.json" }

    /// The front's name among the sockets: workers ask it for models of other processes.
    package static let frontName = "front"
    /// Path of a worker's socket, or of the front's.
    package func socket(of worker: String) -> String { "\(run)/\(worker).sock" }

    /// Makes the folder and those in it, readable by the owner only.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package func make() throws {
        for folder in [path, run, cache, models, vectors, "\(path)/projects"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                // A folder that was there before keeps its mode otherwise; other users could read all tenants' rows.
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            } catch {
                throw HearthError(
                    .storageUnavailable, "The data folder \(path) cannot be made.",
                    hint: "Choose another one by --data, or correct its permissions.", cause: error)
            }
        }
        guard run.utf8.count <= 80 else {
            throw HearthError(
                .invalidConfiguration, "The path of the data folder is too long for its sockets.",
                hint: "Choose a folder whose path has at most 76 bytes.")
        }
    }
}
