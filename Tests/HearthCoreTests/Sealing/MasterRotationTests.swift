import Foundation
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthCore

/// A rotation of the master key loses nothing, wherever it is killed.
@Suite(.timeLimit(.minutes(2))) struct MasterRotationTests {
    private let world: SealWorld

    init() async throws { world = try await SealWorld() }

    /// Seals something in each of some scopes.
    private func fill(_ count: Int, by seals: SealKeys) async throws -> [String: Data] {
        var sealed: [String: Data] = [:]
        for number in 0..<count {
            sealed["client/\(number)"] = try await world.seal("\(number)", by: seals, scope: "client/\(number)")
        }
        return sealed
    }

    private func requireAll(_ sealed: [String: Data], by seals: SealKeys, _ note: String) async throws {
        for (scope, bytes) in sealed {
            let text = try await world.open(bytes, by: seals, scope: scope)
            #expect("client/\(text)" == scope, "\(note)")
        }
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.keys).filter { !$0.hasSuffix(".half") }.sorted()
    }

    @Test func allOpensByTheNewKeyAndNothingByTheOld() async throws {
        let seals = world.start()
        let sealed = try await fill(3, by: seals)
        let old = try String(contentsOfFile: world.masterPath, encoding: .utf8)
        #expect(try await seals.rotateMaster(to: MasterKey()) == 3)
        try await requireAll(sealed, by: seals, "the process that rotated")
        try await requireAll(sealed, by: world.start(), "a fresh one")
        #expect(try files() == ["master.key"])
        #expect(try String(contentsOfFile: world.masterPath, encoding: .utf8) != old)
        try FileManager.default.removeItem(atPath: world.masterPath)
        let given = try MasterKey(Secret(old), from: "test")
        let refusal = await world.refusal(
            sealed["client/0"] ?? Data(), by: world.start(given: [given]), scope: "client/0")
        #expect(refusal == .masterKeyWrong)
    }

    @Test func aServerGoesOnWhileTheKeyIsReplaced() async throws {
        let server = world.start()
        let sealed = try await fill(3, by: server)
        #expect(try await world.start().rotateMaster(to: MasterKey()) == 3)
        try await requireAll(sealed, by: server, "known keys")
        let fresh = try await world.seal("9", by: server, scope: "client/9")
        try await requireAll(["client/9": fresh], by: world.start(), "sealed by the new master key")
        #expect(await world.start().trouble() == nil)
    }

    /// Each write of a rotation fails in turn, before and after it was done, and another process goes on.
    @Test(arguments: 0..<8) func aRotationThatIsKilledGoesOn(step: Int) async throws {
        let sealed = try await fill(3, by: world.start())
        let writes = Locked(0)
        let failing = FailingStore(world.store) {
            writes.withLock { number in
                number += 1
                guard number > step / 2 else { return nil }
                return step % 2 == 0 ? .refused : .answerLost
            }
        }
        let outcome = await Result { try await self.world.start(over: failing).rotateMaster(to: MasterKey()) }
        try await requireAll(sealed, by: world.start(), "killed at \(step): \(outcome)")
        let more = try await world.seal("7", by: world.start(), scope: "client/7")
        let server = world.start()
        try await server.recover()
        try await requireAll(sealed.merging(["client/7": more]) { $1 }, by: world.start(), "after a start")
        _ = try await world.start().rotateMaster(to: MasterKey())
        #expect(try files() == ["master.key"], "killed at \(step)")
        try await requireAll(sealed.merging(["client/7": more]) { $1 }, by: world.start(), "after another rotation")
        #expect(await world.start().trouble() == nil)
    }

    @Test func aRotationBetweenSettingsGoesOnWithBothKeys() async throws {
        let (old, new) = (MasterKey(), MasterKey())
        let sealed = try await fill(3, by: world.start(given: [old]))
        let writes = Locked(0)
        let failing = FailingStore(world.store) {
            writes.withLock { number in
                number += 1
                return number > 1 ? .refused : nil
            }
        }
        await #expect(throws: HearthError.self) {
            try await world.start(given: [old, new], over: failing).rotateMaster(to: new)
        }
        for key in [old, new] {
            #expect(await world.start(given: [key]).trouble()?.code == .masterKeyWrong, "it takes both")
        }
        try await requireAll(sealed, by: world.start(given: [new, old]), "halfway")
        #expect(try await world.start(given: [old, new]).rotateMaster(to: new) == 3)
        try await requireAll(sealed, by: world.start(given: [new]), "at the end")
        #expect(try files() == [], "neither was written to the disk")
    }

    @Test func aFileGivesWayToASettingAndTheOtherWayRound() async throws {
        let sealed = try await fill(2, by: world.start())
        let given = MasterKey()
        #expect(try await world.start(given: [given]).rotateMaster(to: given) == 2)
        #expect(try files() == [])
        try await requireAll(sealed, by: world.start(given: [given]), "by the setting")
        #expect(try await world.start(given: [given]).rotateMaster(to: MasterKey()) == 2)
        #expect(try files() == ["master.key"])
        try await requireAll(sealed, by: world.start(), "by the file")
    }

    @Test func nothingChangesWhenAKeyCannotBeOpened() async throws {
        let sealed = try await fill(3, by: world.start())
        let before = try String(contentsOfFile: world.masterPath, encoding: .utf8)
        let half = try await world.store.read { db in try SealKeyTable.row(of: "client/1", in: db)?.half }
        let path = "\(world.keys)/\(half ?? "").half"
        try FileManager.default.moveItem(atPath: path, toPath: world.folder.file("kept"))
        let error = await #expect(throws: HearthError.self) {
            try await world.start().rotateMaster(to: MasterKey())
        }
        #expect(error?.code == .keyDestroyed && error?.message.contains("client/1") == true)
        #expect(try String(contentsOfFile: world.masterPath, encoding: .utf8) == before)
        try FileManager.default.moveItem(atPath: world.folder.file("kept"), toPath: path)
        try await requireAll(sealed, by: world.start(), "as before")
    }

    @Test func thereIsNothingToReplaceBeforeSomethingWasSealed() async throws {
        let error = await #expect(throws: HearthError.self) {
            try await world.start().rotateMaster(to: MasterKey())
        }
        #expect(error?.code == .conflict)
    }

    @Test func aRotationIsInTheAuditLog() async throws {
        let seals = world.start()
        _ = try await fill(1, by: seals)
        let key = MasterKey()
        _ = try await seals.rotateMaster(to: key)
        let log = AuditLog(clock: world.clock)
        let entries = try await world.store.read { db in try log.list(of: nil, limit: 9, in: db) }
        #expect(entries.map(\.action) == ["seal.master.rotate"] && entries.first?.subject == key.id)
    }

    /// An older database is put back for a while, and then the newer one again.
    @Test func aStartOverAnOlderDatabaseRemovesNoKey() async throws {
        let sealed = try await fill(2, by: world.start())
        let old = try await world.store.read { db in try SealKeyTable.masterInUse(in: db) }
        _ = try await world.start().rotateMaster(to: MasterKey())
        let newer = try await world.store.read { db in try SealKeyTable.rows(notBy: "", after: "", limit: 9, in: db) }
        let inUse = try await world.store.read { db in try SealKeyTable.masterInUse(in: db) ?? "" }
        try await world.store.write { db in
            try SealKeyTable.setMaster(old ?? "", in: db)
            try db.execute("DELETE FROM seal_keys WHERE scope = 'client/1'")
            try db.execute("UPDATE seal_keys SET master_id = \(old)")
        }
        let seals = world.start()
        try await seals.recover()
        #expect(await seals.trouble()?.code == .masterKeyWrong)
        try await world.store.write { db in
            try SealKeyTable.setMaster(inUse, in: db)
            try db.execute("DELETE FROM seal_keys")
            for row in newer {
                try SealKeyTable.insert(
                    scope: row.scope, tenant: row.tenant, wrapped: row.wrapped ?? Data(), half: row.half,
                    masterID: row.masterID, in: db, now: 0)
            }
        }
        try await requireAll(sealed, by: world.start(), "the newer one again")
    }
}

extension Result where Failure == any Error {
    /// What a body that waits comes to.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
