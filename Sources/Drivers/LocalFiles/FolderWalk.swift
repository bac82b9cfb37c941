import Foundation
import HearthCore

/// Collects a page of the files of a folder and those below it, in the order of their paths.
struct FolderWalk {
    private let root: String
    /// Seconds since 1970: files that were written later are left out.
    private let newest: Double
    private let limit: Int
    /// Relative to the root.
    private(set) var paths: [String] = []

    init(root: String, olderThan age: Duration, limit: Int) {
        self.root = root
        self.limit = limit
        newest = Date().timeIntervalSince1970 - Double(age.milliseconds) / 1_000
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
            case S_IFREG where rest == nil && Self.seconds(status.st_mtim) <= newest: paths.append(path)
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

    private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}
