import Foundation
import HearthCore

/// Collects a page of the files of a folder and those below it, in the order of their paths.
struct FolderWalk {
    private let root: String
    private let limit: Int
    /// Relative to the root.
    private(set) var paths: [String] = []

    init(root: String, limit: Int) {
        self.root = root
        self.limit = limit
    }

    /// Goes through a folder; one that does not exist has no files.
    /// - Parameters:
    ///   - folder: relative to the root.
    ///   - last: the rest, below this folder, of the path that the page follows; nil when all of it is wanted.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    mutating func walk(_ folder: String, after last: ArraySlice<Substring>?) throws {
        for name in try names(in: folder) {
            var rest: ArraySlice<Substring>?
            if let last, let first = last.first {
                if name < first { continue }
                if name == first { rest = last.dropFirst() }
            }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat("\(root)/\(path)", &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try walk(path, after: rest)
            case S_IFREG where rest == nil: paths.append(path)
            default: continue
            }
            if paths.count == limit { return }
        }
    }

    private func names(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()
        } catch CocoaError.fileNoSuchFile, CocoaError.fileReadNoSuchFile {
            return []
        } catch {
            throw HearthError(
                .storageUnavailable, "A folder of the data folder cannot be read.",
                hint: "Check its permissions and the disk; no restart is needed.", retryAfter: 10, cause: error)
        }
    }
}
