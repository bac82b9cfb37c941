import Foundation
import HearthCore

/// The folder in which one model is put together; only one process at a time has it.
final class InstallStage {
    private static let areaName = ".incoming"
    private static let replacedPrefix = "replaced-"

    /// `models/.incoming/<id>`
    let path: String
    private let models: String
    private let area: String
    private let id: String
    private let descriptor: Int32

    /// Takes the folder of an id, with what a killed installation has left in it; mends and sweeps what others left.
    /// - Throws: ``HearthError`` `conflict` when another process installs the same id.
    init(_ models: String, id: String, now: Date) throws {
        self.models = models
        self.id = id
        area = "\(models)/\(Self.areaName)"
        path = "\(area)/\(id)"
        guard mkdir(area, 0o700) == 0 || errno == EEXIST else { throw SystemFailure.storage("making a folder") }
        descriptor = try Self.lock(area, id)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            close(descriptor)
            throw SystemFailure.storage("making a folder")
        }
        restoreReplaced()
        sweep(now: now)
    }

    deinit {
        // An attempt that brought nothing leaves nothing.
        if rmdir(path) == 0 { unlink("\(area)/\(id).lock") }
        close(descriptor)
    }

    /// Where a file of the model goes; its folder is there afterwards.
    func place(of name: String) throws -> String {
        let target = "\(path)/\(name)"
        let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
        guard folder == path || mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw SystemFailure.storage("making a folder")
        }
        return target
    }

    /// Writes `model.json`.
    func write(_ manifest: ModelManifest) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = "\(path)/\(ModelFolder.manifestName)"
        do {
            try (encoder.encode(manifest) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw HearthError(
                .storageUnavailable, "model.json cannot be written.", hint: "Is the disk full?", cause: error)
        }
        try Self.writeToDisk(file)
    }

    /// Removes what is not part of the model, such as files of an earlier attempt with another plan.
    func keepOnly(_ names: Set<String>) throws {
        let kept = names.union([ModelFolder.manifestName])
        let manager = FileManager.default
        for name in try manager.subpathsOfDirectory(atPath: path) where !kept.contains(name) {
            guard !kept.contains(where: { $0.hasPrefix("\(name)/") }) else { continue }
            // A folder goes with its files: what was in it is gone already when its turn comes.
            try? manager.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Gives the folder its place; the one that was there is moved aside first and removed last.
    /// - Returns: the path of the model.
    func commit(replacing: Bool) throws -> String {
        let target = "\(models)/\(id)"
        let aside = "\(area)/\(Self.replacedPrefix)\(id)"
        try Self.writeToDisk(path)
        let isThere = (try? FileManager.default.attributesOfItem(atPath: target)) != nil
        if isThere {
            guard replacing else {
                throw HearthError(
                    .conflict, "Another process has just installed \(id).", hint: "Replace it by --force.")
            }
            guard rename(target, aside) == 0 else { throw SystemFailure.storage("moving the old model aside") }
        }
        guard rename(path, target) == 0 else {
            let failure = SystemFailure.storage("giving the model its place")
            if isThere { rename(aside, target) }
            throw failure
        }
        try Self.writeToDisk(models)
        if isThere { try? FileManager.default.removeItem(atPath: aside) }
        unlink("\(area)/\(id).lock")
        return target
    }

    /// A model that was moved aside when its replacer was killed comes back, unless the new one is in its place.
    private func restoreReplaced() {
        let aside = "\(area)/\(Self.replacedPrefix)\(id)"
        guard (try? FileManager.default.attributesOfItem(atPath: aside)) != nil else { return }
        if (try? FileManager.default.attributesOfItem(atPath: "\(models)/\(id)")) == nil {
            rename(aside, "\(models)/\(id)")
        } else {
            try? FileManager.default.removeItem(atPath: aside)
        }
    }

    /// Removes installations that were not continued for a long time.
    private func sweep(now: Date) {
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: area)) ?? []
        for name in names
        where name != id && !name.hasSuffix(".lock") && !name.hasPrefix(Self.replacedPrefix) {
            guard let newest = Self.newest(in: "\(area)/\(name)"),
                now.timeIntervalSince(newest) > Double(Limits.abandonedDownload.components.seconds),
                let lock = try? Self.lock(area, name)
            else { continue }
            try? manager.removeItem(atPath: "\(area)/\(name)")
            unlink("\(area)/\(name).lock")
            close(lock)
        }
    }

    private static func newest(in folder: String) -> Date? {
        let manager = FileManager.default
        // How old a folder is that cannot be listed is not known: it stays.
        guard let below = try? manager.subpathsOfDirectory(atPath: folder) else { return nil }
        let paths = [folder] + below.map { "\(folder)/\($0)" }
        return paths.compactMap { (try? manager.attributesOfItem(atPath: $0))?[.modificationDate] as? Date }.max()
    }

    private static func lock(_ area: String, _ id: String) throws -> Int32 {
        let descriptor = open("\(area)/\(id).lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("locking a download") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw HearthError(
                .conflict, "Another process is installing \(id).", hint: "Wait for it, or stop it first.")
        }
        return descriptor
    }

    /// Has a file's bytes, or a folder's names, written to disk.
    static func writeToDisk(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.storage("writing to disk") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFailure.storage("writing to disk") }
    }
}
