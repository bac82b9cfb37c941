import Foundation
import HearthCore
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Testing

/// What no row names goes when it is old, and not before: it may be somebody's who is about to commit.
@Suite(.timeLimit(.minutes(1))) struct FileSweeperTests {
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
    private let sweeper: FileSweeper

    init() throws {
        folder = try JournalledFolder(TemporaryFolder())
        sweeper = FileSweeper(
            store: try SQLiteStore(path: folder.folder.file("rows.db")), blobs: folder.blobs, owners: [owner],
            logger: .quiet)
    }

    private func write(_ path: String, age: Duration) async throws {
        try await folder.blobs.write(Data([1]), to: path)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -Double(age.milliseconds) / 1_000)],
            ofItemAtPath: folder.folder.file(path))
    }

    private func files() async throws -> [String] {
        try await folder.blobs.list("pictures", olderThan: .zero, after: nil, limit: 9_999)
            + folder.blobs.list("clips", olderThan: .zero, after: nil, limit: 9_999)
    }

    @Test func oldFilesWithoutARowGoAndOthersStay() async throws {
        try await write("pictures/p/named", age: .seconds(7_200))
        try await write("pictures/p/orphan", age: .seconds(7_200))
        try await write("pictures/q/orphan", age: .seconds(7_200))
        try await write("clips/young", age: .seconds(60))
        try await write("others/orphan", age: .seconds(7_200))
        owner.names.withLock { $0 = ["pictures/p/named"] }
        #expect(try await sweeper.sweep(olderThan: Limits.orphanAge) == 2)
        #expect(try await files() == ["pictures/p/named", "clips/young"])
        #expect(!FileManager.default.fileExists(atPath: folder.folder.file("pictures/q")), "empty folders go too")
        #expect(FileManager.default.fileExists(atPath: folder.folder.file("others/orphan")), "nobody's folder")
    }

    @Test func manyFilesAreLookedUpInPages() async throws {
        let count = Limits.sweepPage + 3
        for number in 0..<count { try await write("pictures/\(number)", age: .seconds(7_200)) }
        owner.names.withLock { $0 = ["pictures/0", "pictures/\(count - 1)"] }
        #expect(try await sweeper.sweep(olderThan: Limits.orphanAge) == count - 2)
        #expect(try await files().count == 2)
        #expect(owner.asked.withLock { $0.filter { $0 > 0 } } == [Limits.sweepPage, 3])
    }

    @Test func aRunOfTheServiceSweepsAtOnce() async throws {
        try await write("pictures/orphan", age: .seconds(7_200))
        let task = Task { try await sweeper.run() }
        try await eventually("the orphan is swept") { try await files().isEmpty }
        task.cancel()
        try await task.value
    }

    @Test func whatTheJournalHasBroughtBackAndNoRowNamesGoesAtOnce() async throws {
        for name in ["named", "deleted"] { try await write("pictures/p/\(name)", age: .zero) }
        try await write("others/deleted", age: .zero)
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
        #expect(try await next.blobs.list("pictures", olderThan: .zero, after: nil, limit: 9) == ["pictures/kept"])
    }
}
