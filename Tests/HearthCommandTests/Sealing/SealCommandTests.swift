import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// `hearth keys rotate-master`, `hearth audit`, and what health and doctor say of keys, on a data folder.
@Suite(.timeLimit(.minutes(1))) struct SealCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private var data: DataFolder { DataFolder(folder.file("data")) }

    private func settings(_ variables: [String: String] = [:]) async throws -> Settings {
        try await Settings.resolve(
            flags: [.data: .string(data.path)], environment: variables)
    }

    /// What a fresh process does with the folder's keys.
    private func use<T>(
        _ settings: Settings, _ body: (SealKeys, any Store) async throws -> T
    ) async throws -> T {
        let files = try settings.masterKeyFiles()
        return try await FolderRows.open(settings.folder) { store in
            try await body(SealKeys(store: store, files: files, clock: SystemClock()), store)
        }
    }

    private func seal(_ text: String, _ settings: Settings) async throws -> Data {
        try await use(settings) { seals, store in
            try await store.write { db in
                try seals.seal(Data(text.utf8), scope: text, tenant: .local, context: "row", in: db)
            }
        }
    }

    private func open(_ sealed: Data, _ scope: String, _ settings: Settings) async throws -> String {
        try await use(settings) { seals, store in
            let bytes = try await store.read { db in try seals.open(sealed, scope: scope, context: "row", in: db) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func rotate(
        _ settings: Settings, to key: MasterKey? = nil, toFile: Bool = false
    ) async throws -> MasterKeyRotation.Done {
        let rotation = try MasterKeyRotation(settings: settings, newKey: key?.text, toFile: toFile)
        return try await FolderRows.open(settings.folder) { store in try await rotation.run(in: store) }
    }

    @Test func theKeyFileIsReplaced() async throws {
        let settings = try await settings()
        let sealed = try await seal("one", settings)
        let done = try await rotate(settings)
        #expect(done.keys == 1 && !done.isGiven)
        #expect(try await open(sealed, "one", settings) == "one")
        let command = try RotateMaster.parse(["--data", data.path])
        try await command.run()
        #expect(try await open(sealed, "one", settings) == "one")
        let report = try await options().call("audit.list", ["action": "seal"])
        #expect(report["items"]?.arrayValue?.count == 2)
    }

    @Test func aKeyOfTheSettingsIsReplacedByAnother() async throws {
        let (old, new) = (MasterKey(), MasterKey())
        let before = try await settings(["HEARTH_MASTER_KEY": old.text.revealed])
        let sealed = try await seal("one", before)
        let same = await #expect(throws: HearthError.self) { try await rotate(before) }
        #expect(same?.code == .invalidConfiguration && same?.hint?.contains("HEARTH_NEW_MASTER_KEY") == true)
        #expect(try await rotate(before, to: new) == .init(masterID: new.id, keys: 1, isGiven: true))
        let after = try await settings(["HEARTH_MASTER_KEY": new.text.revealed])
        #expect(try await open(sealed, "one", after) == "one")
        #expect(try await rotate(after, toFile: true).keys == 1)
        #expect(try await open(sealed, "one", settings()) == "one", "by the file, without a variable")
        // The other way round: the variable takes the place of the file.
        #expect(try await rotate(before) == .init(masterID: old.id, keys: 1, isGiven: true))
        #expect(try await open(sealed, "one", before) == "one")
    }

    @Test func aFolderWithoutSealedDataHasNothingToReplace() async throws {
        let error = await #expect(throws: HearthError.self) { try await rotate(settings()) }
        #expect(error?.code == .conflict)
        let none = try RotateMaster.parse(["--data", folder.file("none")])
        let missing = await #expect(throws: HearthError.self) { try await none.run() }
        #expect(missing?.code == .notFound)
    }

    private func options() throws -> KeysOptions { try KeysOptions.parse(["--data", data.path]) }

    @Test func theAuditLogIsVerifiedOnTheFolder() async throws {
        let settings = try await settings()
        try await use(settings) { _, store in
            let log = AuditLog(clock: SystemClock())
            for number in 0..<3 {
                _ = try await store.write { db in
                    try log.append(
                        AuditEvent("faces.users.delete", by: .local, subject: "u\(number)", details: ["files": 2]),
                        in: db)
                }
            }
        }
        let report = try await options().call("audit.verify", [:])
        #expect(AuditCommand.Verify.lines(of: report).first == "Whole: 3 entries.")
        let head = try #require(report["head"]?.stringValue)
        try await AuditCommand.Verify.parse(["--data", data.path, "--head", head]).run()
        let list = try await options().call("audit.list", ["limit": 1])
        let cells = AuditCommand.List.cells(of: list["items"]?.arrayValue?.first ?? .null)
        #expect(cells.contains("faces.users.delete") && cells.contains("u2") && cells.last == "{\"files\":2}")
        try await use(settings) { _, store in
            _ = try await store.write { db in try db.execute("DELETE FROM audit_log WHERE number = 2") }
        }
        await #expect(throws: ExitCode.failure) {
            try await AuditCommand.Verify.parse(["--data", data.path, "--json"]).run()
        }
        let broken = try await options().call("audit.verify", [:])
        #expect(AuditCommand.Verify.lines(of: broken) == ["NOT WHOLE: 2 entries.", "entry 2: The entry is missing."])
    }

    @Test func aMissingMasterKeyIsADoubtOfTheSetupAndAWrongTextARefusal() async throws {
        let settings = try await settings()
        guard case .good = await SetupCheck.sealing.verdict(Setup(starting: settings)) else {
            Issue.record("an empty folder needs no key")
            return
        }
        _ = try await seal("one", settings)
        guard case .good = await SetupCheck.sealing.verdict(Setup(starting: settings)) else {
            Issue.record("the key is there")
            return
        }
        #expect(chmod("\(data.keys)/master.key", 0o644) == 0)
        guard case .doubtful(_, let fix) = await SetupCheck.sealing.verdict(Setup(starting: settings)) else {
            Issue.record("others can read the key")
            return
        }
        #expect(fix?.contains("chmod 600") == true)
        try FileManager.default.removeItem(atPath: "\(data.keys)/master.key")
        guard case .doubtful(let detail, _) = await SetupCheck.sealing.verdict(Setup(starting: settings)) else {
            Issue.record("the key is missing")
            return
        }
        #expect(detail.contains("missing"))
        let wrong = try await self.settings(["HEARTH_MASTER_KEY": "secret-but-short"])
        guard case .refused(let error) = await SetupCheck.sealing.verdict(Setup(starting: wrong)) else {
            Issue.record("that is no key")
            return
        }
        #expect(error.code == .invalidConfiguration && !error.description.contains("secret-but-short"))
    }

    @Test func workersThatRunJobsGetTheKeyOfTheSettingsAndOthersDoNot() async throws {
        let key = MasterKey()
        let settings = try await settings(["HEARTH_MASTER_KEY": key.text.revealed])
        #expect(settings.worker("w", of: "s").environment["HEARTH_MASTER_KEY"] == key.text.revealed)
        #expect(settings.worker("w", of: "s", group: "clip").environment["HEARTH_MASTER_KEY"] == "")
        #expect(settings.worker("verify").environment["HEARTH_MASTER_KEY"] == "")
        #expect(try await self.settings().worker("w", of: "s").masterKey == nil)
    }
}
