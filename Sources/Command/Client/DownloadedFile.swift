import Foundation
import HearthCore

/// A file that a server's answer is saved as.
enum DownloadedFile {
    /// Writes a file under another name until it is whole: a reader never sees half a file.
    /// - Throws: ``HearthError`` `conflict` when there is a file of this name, `storage_unavailable` when it cannot be
    ///   written; what `fill` throws. Nothing is left behind then.
    static func write(_ file: String, _ fill: (FileHandle) async throws -> Void) async throws {
        guard !FileManager.default.fileExists(atPath: file) else {
            throw HearthError(.conflict, "The file \(file) is there already.")
        }
        let partial = "\(file).partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else {
            throw HearthError(
                .storageUnavailable,
                "The file \(partial) cannot be written: \(String(cString: strerror(errno)).lowercased()).")
        }
        do {
            try await fill(handle)
            try handle.close()
            try FileManager.default.moveItem(atPath: partial, toPath: file)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}
