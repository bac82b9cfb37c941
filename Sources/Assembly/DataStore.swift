package import HearthCore
import HearthSQLite

/// The database of a data folder.
///
/// Front, workers and commands open it here, so this is the one place that knows which drivers of stores there are.
/// Which one it is belongs to the data folder: all processes of a folder must use the same.
package enum DataStore {
    /// - Parameters:
    ///   - files: Writes groups of files that are committed with their rows; nil where none are.
    ///   - reserve: What deletions may use when the disk is full.
    ///   - metrics: Where the store says how large its transactions are.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package static func open(
        _ folder: DataFolder, files: (any FileGroupWriter)? = nil, reserve: (any SpaceReserve)? = nil,
        metrics: MetricsRegistry? = nil
    ) throws -> any Store & DurableWriter {
        let store = try SQLiteStore(path: folder.database, files: files, reserve: reserve)
        metrics?.gauge(
            "hearth_store_largest_transaction_rows", help: "Rows of the largest transaction since the start."
        ) { [meter = store.meter] in Double(meter.largestTransaction) }
        return store
    }
}
