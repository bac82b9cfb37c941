import Foundation
import HearthCore
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Testing

/// What no row names goes when that has been so for long, and not before: it may be somebody's who is about to commit.
@Suite(.timeLimit(.minutes(3))) struct FileSweeperTests {
    /// Names the files that it was told.
    private struct Owner: FileOwner {
        let fileFolders: [String]
        let names: Locked<Set<String>>
        /// How many paths were asked for at once.
        let asked = Locked<[Int]>([])

        func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
            asked.withLock { $0.append(paths.count) }
            return names.withLock { $0.intersection(paths) }
        }

        func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? { nil }
    }

    private let folder: JournalledFolder
    private let owner = Owner(fileFolders: ["pictures", "clips"], names: Locked([]))
    /// By which files grow old.
    private let time = Locked(SuspendingClock.now)
    private let sweeper: FileSweeper

    init() throws {
        folder = try JournalledFolder(TemporaryFolder())
        let time = time
        sweeper = FileSweeper(
            store: try SQLiteStore(path: folder.folder.file("rows.db")), blobs: folder.blobs, owners: [owner],
            note: folder.folder.file("unnamed.json"), logger: .quiet, now: { time.withLock { $0 } })
    }

    /// That of the next server on the folder.
    private func nextSweeper() throws -> FileSweeper {
        FileSweeper(
            store: try SQLiteStore(path: folder.folder.file("rows.db")), blobs: folder.blobs, owners: [owner],
            note: folder.folder.file("unnamed.json"), logger: .quiet)
    }

    private func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }

    private func write(_ path: String) async throws { try await folder.blobs.write(Data([1]), to: path) }

    /// Gives a file the time that it would have if the wall clock had been set by `step` since it was written.
    private func setClock(by step: Duration, since path: String) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -Double(step.milliseconds) / 1_000)],
            ofItemAtPath: folder.folder.file(path))
    }

    private func files() async throws -> [String] {
        try await folder.blobs.list("pictures", after: nil, limit: 9_999)
            + folder.blobs.list("clips", after: nil, limit: 9_999)
    }

    @Test func filesThatStayWithoutARowGoAndOthersStay() async throws {
        for path in ["pictures/p/named", "pictures/p/orphan", "pictures/q/orphan", "others/orphan"] {
            try await write(path)
        }
        owner.names.withLock { $0 = ["pictures/p/named"] }
        #expect(try await sweeper.sweep() == 0, "their rows may be about to come")
        advance(by: Limits.orphanAge - .seconds(1))
        try await write("clips/young")
        #expect(try await sweeper.sweep() == 0)
        advance(by: .seconds(1))
        #expect(try await sweeper.sweep() == 2)
        #expect(try await files() == ["pictures/p/named", "clips/young"])
        #expect(!FileManager.default.fileExists(atPath: folder.folder.file("pictures/q")), "empty folders go too")
        #expect(FileManager.default.fileExists(atPath: folder.folder.file("others/orphan")), "nobody's folder")
        advance(by: Limits.orphanAge)
        #expect(try await sweeper.sweep() == 1, "it was seen an hour ago")
    }

    @Test(arguments: [Duration.seconds(3 * 3_600), .seconds(-3 * 3_600)])
    func aClockThatIsSetMakesNoFileOldAndNoneYoung(step: Duration) async throws {
        try await write("pictures/orphan")
        #expect(try await sweeper.sweep() == 0)
        advance(by: Limits.orphanAge)
        // Written a moment ago; its row is about to come.
        try await write("pictures/fresh")
        for path in ["pictures/orphan", "pictures/fresh"] { try setClock(by: step, since: path) }
        #expect(try await sweeper.sweep() == 1)
        #expect(try await files() == ["pictures/fresh"])
        owner.names.withLock { $0 = ["pictures/fresh"] }
        advance(by: Limits.orphanAge)
        #expect(try await sweeper.sweep() == 0, "it has its row")
    }

    @Test func aFileIsNewWhenASweepHasNotSeenIt() async throws {
        try await write("pictures/a")
        #expect(try await sweeper.sweep() == 0)
        try await folder.blobs.remove("pictures/a")
        advance(by: Limits.orphanAge / 2)
        #expect(try await sweeper.sweep() == 0)
        try await write("pictures/a")
        advance(by: Limits.orphanAge / 2)
        #expect(try await sweeper.sweep() == 0, "another file of the same path")
        #expect(try await files() == ["pictures/a"])
    }

    @Test func whatIsStillWithoutARowAtTheNextStartGoesAtOnce() async throws {
        for path in ["pictures/named", "pictures/orphan"] { try await write(path) }
        #expect(try await sweeper.sweep() == 0)
        try await write("pictures/unseen")
        owner.names.withLock { $0 = ["pictures/named"] }
        // Nobody who was about to commit a row lives any more.
        #expect(try await nextSweeper().removeUnnamed([]) == 1)
        #expect(try await files() == ["pictures/named", "pictures/unseen"])
        #expect(try await nextSweeper().removeUnnamed([]) == 0)
        owner.names.withLock { _ = $0.insert("pictures/unseen") }
        #expect(try await sweeper.sweep() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.folder.file("unnamed.json")), "nothing to remember")
    }

    @Test func aListThatCannotBeReadIsNone() async throws {
        try await write("pictures/orphan")
        try Data("[\"pictures/orp".utf8).write(to: URL(fileURLWithPath: folder.folder.file("unnamed.json")))
        #expect(try await nextSweeper().removeUnnamed([]) == 0)
        #expect(try await files() == ["pictures/orphan"])
    }

    @Test func aStagedFileThatNobodyAdoptsGoesAfterADay() async throws {
        let staged = try await folder.blobs.stage("clip.mp4")
        try Data([1]).write(to: URL(fileURLWithPath: staged))
        #expect(try await sweeper.sweep() == 0)
        advance(by: Limits.stagingAge - .seconds(1))
        try await sweeper.sweep()
        #expect(FileManager.default.fileExists(atPath: staged))
        advance(by: .seconds(1))
        try await sweeper.sweep()
        #expect(!FileManager.default.fileExists(atPath: staged))
    }

    @Test func manyFilesAreLookedUpInPages() async throws {
        let count = Limits.sweepPage + 3
        for number in 0..<count { try await write("pictures/\(number)") }
        owner.names.withLock { $0 = ["pictures/0", "pictures/\(count - 1)"] }
        #expect(try await sweeper.sweep(unnamedFor: .zero) == count - 2)
        #expect(try await files().count == 2)
        #expect(owner.asked.withLock { $0.filter { $0 > 0 } } == [Limits.sweepPage, 3])
    }

    @Test func aRunOfTheServiceSweepsAtOnce() async throws {
        try await write("pictures/orphan")
        try await sweeper.sweep()
        advance(by: Limits.orphanAge)
        let task = Task { try await sweeper.run() }
        try await eventually("the orphan is swept") { try await files().isEmpty }
        task.cancel()
        try await task.value
    }

    @Test func whatTheJournalHasBroughtBackAndNoRowNamesGoesAtOnce() async throws {
        for name in ["named", "deleted"] { try await write("pictures/p/\(name)") }
        try await write("others/deleted")
        owner.names.withLock { $0 = ["pictures/p/named"] }
        let restored = ["pictures/p/named", "pictures/p/deleted", "others/deleted"]
        #expect(try await sweeper.removeUnnamed(restored) == 1)
        #expect(try await files() == ["pictures/p/named"])
        #expect(FileManager.default.fileExists(atPath: folder.folder.file("others/deleted")), "nobody's folder")
        #expect(try await sweeper.removeUnnamed([]) == 0)
    }

    @Test func aFileThatWasDeletedBeforeAKillIsGoneAfterTheNextStart() async throws {
        for name in ["kept", "deleted"] { try await folder.blobs.write(Data([1, 2]), to: "pictures/\(name)") }
        try await folder.blobs.remove("pictures/deleted")
        // What a killed server leaves: its files, and its journal as it was.
        let copy = try TemporaryFolder()
        for name in ["journal", "pictures"] {
            try FileManager.default.copyItem(atPath: folder.folder.file(name), toPath: copy.file(name))
        }
        let next = try JournalledFolder(copy)
        #expect(next.journal.restored == ["pictures/deleted"], "the journal alone does not know")
        owner.names.withLock { $0 = ["pictures/kept"] }
        let sweeper = FileSweeper(
            store: try SQLiteStore(path: copy.file("rows.db")), blobs: next.blobs, owners: [owner], logger: .quiet)
        try await sweeper.removeUnnamed(next.journal.restored)
        #expect(try await next.blobs.list("pictures", after: nil, limit: 9) == ["pictures/kept"])
    }
}
