import CLinux
import Foundation
import HearthCore
import Logging

/// Compares the files that a journal's segments hold with those in place, and writes again what is not there whole.
struct JournalReplay {
    let root: String
    /// The open folder `root`.
    let descriptor: Int32
    let logger: Logger

    /// - Returns: the newest epoch found, 0 when there is none; and the files that were missing or not whole.
    func run(_ segments: [JournalSegment]) throws -> (epoch: UInt64, restored: [String]) {
        var dirty: [(epoch: UInt64, segment: JournalSegment)] = []
        for segment in segments {
            if let epoch = try segment.firstEpoch() { dirty.append((epoch, segment)) }
        }
        dirty.sort { $0.epoch < $1.epoch }
        guard let last = dirty.last?.epoch else { return (0, []) }
        var restored: [String] = []
        for (_, segment) in dirty {
            try segment.replay { record, bytes in
                if try restore(record.path, bytes) { restored.append(record.path) }
            }
        }
        guard syncfs(descriptor) == 0 else { throw SystemFailure.storage("bringing files to disk") }
        for (_, segment) in dirty { segment.clear() }
        if !restored.isEmpty {
            logger.notice("Files were brought back from the journal", metadata: ["count": "\(restored.count)"])
        }
        return (last, restored)
    }

    /// - Returns: whether the file had to be written.
    private func restore(_ path: String, _ bytes: Data) throws -> Bool {
        guard isOurs(path) else { return false }
        let target = "\(root)/\(path)"
        if (try? Data(contentsOf: URL(fileURLWithPath: target))) == bytes { return false }
        try write(bytes, to: target)
        return true
    }

    /// Whether a path leads to a file of the data folder, by no symbolic link.
    private func isOurs(_ path: String) -> Bool {
        !path.split(separator: "/").contains("..") && LinklessPath.isFree(path, below: root)
    }

    /// Writes the existing files of a segment again: the disk has refused to take what they hold.
    func rewrite(_ segment: JournalSegment) throws {
        try segment.replay { record, bytes in
            guard isOurs(record.path) else { return }
            let target = "\(root)/\(record.path)"
            if access(target, F_OK) == 0 { try write(bytes, to: target) }
        }
    }

    private func write(_ bytes: Data, to target: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try bytes.write(to: URL(fileURLWithPath: target), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
        } catch CocoaError.fileWriteOutOfSpace {
            throw HearthError(
                .insufficientStorage, "The disk is full: a file cannot be brought back from the journal.",
                hint: "Free some space, then start again; nothing is lost.")
        } catch {
            throw HearthError(
                .storageUnavailable, "A file cannot be brought back from the journal.",
                hint: "Check the data folder's permissions and the disk.", cause: error)
        }
    }
}
