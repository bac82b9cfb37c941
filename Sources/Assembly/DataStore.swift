package import HearthCore
import HearthSQLite

/// The database of a data folder.
///
/// Front, workers and commands open it here, so this is the one place that knows which drivers of stores there are.
/// Which one it is belongs to the data folder: all processes of a folder must use the same.
package enum DataStore {
    /// - Parameter files: Writes groups of files that are committed with their rows; nil where none are.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package static func open(
        _ folder: DataFolder, files: (any FileGroupWriter)? = nil
    ) throws -> any Store & DurableWriter {
        try SQLiteStore(path: folder.database, files: files)
    }
}
