import Foundation
import HearthCore

/// Where the scan files lie, one for each collection.
package struct ScanFolder: Sendable {
    let path: String

    package init(_ path: String) { self.path = path }

    /// The file of a collection, whose id the server has made.
    func file(of collection: String) -> String { "\(path)/\(collection).scan" }

    /// Where a whole file is written before it takes its name.
    func aside(of collection: String) -> String { "\(path)/\(collection).scan.part" }

    func remove(_ collection: String) {
        unlink(file(of: collection))
        unlink(aside(of: collection))
    }

    /// Bytes of a collection's file; 0 when there is none.
    func bytes(of collection: String) -> Int {
        var status = stat()
        return stat(file(of: collection), &status) == 0 ? Int(status.st_size) : 0
    }

    /// Whether a collection has a file.
    /// - Throws: ``HearthError`` `storage_unavailable` when that cannot be told: such a file may hold what was removed,
    ///   and must not pass for one that is gone.
    func has(_ collection: String) throws(HearthError) -> Bool {
        if access(file(of: collection), F_OK) == 0 { return true }
        guard errno == ENOENT else { throw SystemFailure.storage("looking for a scan file") }
        return false
    }

    /// The collections that have files.
    func collections() -> Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return Set(names.compactMap { $0.split(separator: ".").first.map(String.init) })
    }
}
