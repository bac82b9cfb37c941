import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthJSON

/// `hearth keys rotate-master`
struct RotateMaster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-master", abstract: "Replace the master key that wraps the keys of sealed data.",
        discussion: """
            Without HEARTH_MASTER_KEY a new key file takes the place of keys/master.key in the data folder, while a \
            server may run. A key in HEARTH_MASTER_KEY is replaced by the one in HEARTH_NEW_MASTER_KEY, or by a key \
            file with --to-file; then start the server again with it. Data are not sealed again: only their keys are \
            wrapped by the new one. If it is interrupted, run it again.

              HEARTH_NEW_MASTER_KEY=$(openssl rand -base64 32) hearth keys rotate-master
            """)

    @Option(help: "Data folder whose master key is meant.") var data: String?
    @Flag(help: "Go from HEARTH_MASTER_KEY to a key file of the data folder.") var toFile = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        let settings = try await Settings.resolve(flags: flags)
        let environment = ProcessInfo.processInfo.environment
        let rotation = try MasterKeyRotation(
            settings: settings, newKey: environment["HEARTH_NEW_MASTER_KEY"].map { Secret($0) }, toFile: toFile)
        guard FileManager.default.fileExists(atPath: settings.folder.database) else {
            throw HearthError(
                .notFound, "There is no data folder at \(settings.folder.path).",
                hint: "Name it by --data or HEARTH_DATA.")
        }
        let done = try await FolderRows.open(settings.folder) { store in try await rotation.run(in: store) }
        if json {
            return Terminal.json(["master_key": .string(done.masterID), "keys": .int(Int64(done.keys))])
        }
        Terminal.line("\(counted(done.keys, "key is", "keys are")) wrapped by the master key \(done.masterID).")
        Terminal.note("Sealed data of backups made before open with the key before only.")
        if done.isGiven { Terminal.note("Start the server with the new HEARTH_MASTER_KEY.") }
    }
}

/// Which master key takes the place of which.
struct MasterKeyRotation {
    /// What was done.
    struct Done: Equatable {
        let masterID: String
        /// Keys that were wrapped by it.
        let keys: Int
        /// Whether it comes from a setting.
        let isGiven: Bool
    }

    private let files: MasterKeyFiles
    private let given: MasterKey?
    private let next: MasterKey?
    private let toFile: Bool

    /// - Parameters:
    ///   - newKey: the key to go to, when it is brought; nil: it is made, or it is that of the settings.
    ///   - toFile: whether a key file takes the place of the key of the settings.
    init(settings: Settings, newKey: Secret?, toFile: Bool) throws {
        let files = try settings.masterKeyFiles()
        given = files.given.first
        next = try newKey.map { try MasterKey($0, from: "HEARTH_NEW_MASTER_KEY") }
        self.files = MasterKeyFiles(given: [given, next].compactMap { $0 }, folder: files.folder)
        self.toFile = toFile
    }

    func run(in store: any Store) async throws -> Done {
        let seals = SealKeys(store: store, files: files, clock: SystemClock())
        let inUse = try await seals.masterInUse()
        // One that was interrupted goes on to the key that it was about.
        if let inUse, next == nil, try files.isNext(inUse) {
            return Done(masterID: inUse, keys: try await seals.finishRotation() ?? 0, isGiven: false)
        }
        let target = try target(inUse: inUse)
        let keys = try await seals.rotateMaster(to: target)
        return Done(
            masterID: target.id, keys: keys, isGiven: files.given.contains { $0.id == target.id })
    }

    private func target(inUse: String?) throws(HearthError) -> MasterKey {
        if let next { return next }
        guard let given, !toFile else { return MasterKey() }
        // A key file is in use, and the settings have brought another key: that one is meant.
        guard given.id == inUse else { return given }
        throw HearthError(
            .invalidConfiguration, "HEARTH_MASTER_KEY holds the key that is in use, and there is no new one.",
            hint: "Set HEARTH_NEW_MASTER_KEY as well, or go to a key file by --to-file.")
    }
}
