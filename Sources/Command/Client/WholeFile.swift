import Foundation
import HearthCore

/// A file that a command is about to write; it has another name until it is whole, so that a reader never sees half
/// of it.
struct WholeFile {
    private let path: String

    init(_ path: String) { self.path = path }

    /// - Throws: ``HearthError`` `conflict` when it is there already, `storage_unavailable`; what `body` throws.
    ///   Nothing is left behind then.
    func write(_ body: (FileHandle) async throws -> Void) async throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw HearthError(.conflict, "The file \(path) is there already.")
        }
        let partial = "\(path).partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else {
            throw HearthError(
                .storageUnavailable,
                "The file \(partial) cannot be written: \(String(cString: strerror(errno)).lowercased()).")
        }
        do {
            try await body(handle)
            try handle.close()
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}
