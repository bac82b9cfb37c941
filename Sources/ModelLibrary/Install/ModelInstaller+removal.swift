import Foundation
package import HearthCore

extension ModelInstaller {
    /// Removes a model of the data folder, and what was compiled from it.
    /// - Returns: bytes that were freed; files that were linked stay where they are and do not count.
    /// - Throws: ``HearthError`` `not_found` when the data folder has no such model.
    package static func remove(_ id: String, from folder: DataFolder) throws -> Int {
        let path = "\(folder.models)/\(id)"
        let manager = FileManager.default
        guard ModelManifest.isPlainFileName(id), !id.contains("/"),
            (try? manager.attributesOfItem(atPath: path)) != nil
        else { throw HearthError(.notFound, "There is no model \(id) in \(folder.models).") }
        let bytes = size(of: path)
        let aside = "\(folder.models)/.removed-\(id)"
        try? manager.removeItem(atPath: aside)
        // Out of sight at once: a scan sees the whole model or none.
        guard rename(path, aside) == 0 else { throw SystemFailure.storage("removing a model") }
        do {
            try manager.removeItem(atPath: aside)
        } catch {
            throw HearthError(
                .storageUnavailable, "The files of \(id) could not all be removed.", hint: "They lie in \(aside).",
                cause: error)
        }
        let compiled = "\(folder.cache)/compiled/\(id)"
        let freed = size(of: compiled)
        try? manager.removeItem(atPath: compiled)
        return bytes + freed
    }

    /// Bytes of the files in a folder; links count nothing.
    private static func size(of folder: String) -> Int {
        let manager = FileManager.default
        let paths = (try? manager.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.reduce(0) { sum, path in
            let attributes = try? manager.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }
}
