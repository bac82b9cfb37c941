import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthLocalFiles

/// A group of files and rows on one thread: what goes wrong in the middle of it.
@Suite(.timeLimit(.minutes(3))) struct GroupedWriteTests {
    private let opened: JournalledFolder
    private let files: FaultyFiles
    private let store: SQLiteStore

    init() async throws {
        opened = try JournalledFolder(TemporaryFolder())
        files = FaultyFiles(opened.blobs)
        store = try SQLiteStore(path: opened.folder.file("hearth.db"), files: files)
        try await store.run("CREATE TABLE named (path TEXT PRIMARY KEY, filler TEXT)")
    }

    private func write(_ path: String, filler: String = "") async throws {
        try await store.write(Data(count: 5_000)) { _ in
            .file(path: path) { db in
                try db.execute("INSERT INTO named (path, filler) VALUES (\(path), \(filler))")
                return FileRows((), namesFile: true)
            }
        }
    }

    private func rows() async throws -> [String] {
        try await store.read { db in try db.values("SELECT path FROM named ORDER BY path", as: String.self) }
    }

    private func list() async throws -> [String] {
        try await opened.blobs.list("files", after: nil, limit: 1_000)
    }

    @Test func aGroupIsOneWriteOfItsFiles() async throws {
        let results = try await store.inOneGroup(20) { number in try await write("files/\(number)") }
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(files.groups.withLock { $0 }.max() ?? 0 > 1)
        #expect(try await rows() == list())
    }

    @Test func aDiskThatFailsToTakeTheFilesLeavesNoRowsAndSparesWritesWithoutFiles() async throws {
        files.refuses.withLock { $0 = true }
        let store = store
        let results = try await store.inOneGroup(10) { number in
            if number % 2 == 0 { return try await write("files/\(number)") }
            try await store.run("INSERT INTO named (path) VALUES (\("plain-\(number)"))")
        }
        for (number, result) in results.enumerated() {
            if number % 2 == 1 {
                try result.get()
            } else {
                let error = #expect(throws: HearthError.self) { try result.get() }
                #expect(error?.code == .storageUnavailable)
            }
        }
        #expect(try await rows() == ["plain-1", "plain-3", "plain-5", "plain-7", "plain-9"])
        #expect(try await list().isEmpty)
        files.refuses.withLock { $0 = false }
        try await write("files/again")
        #expect(try await list() == ["files/again"])
    }

    @Test func aDatabaseThatIsFullLeavesNeitherRowsNorFiles() async throws {
        try await store.write { db in
            let pages = try db.value("PRAGMA page_count", as: Int.self) ?? 0
            _ = try db.query("PRAGMA max_page_count = \(verbatim: "\(pages + 2)")")
        }
        let filler = String(repeating: "x", count: 100_000)
        let results = try await store.inOneGroup(6) { number in try await write("files/\(number)", filler: filler) }
        for result in results {
            let error = #expect(throws: HearthError.self) { try result.get() }
            #expect(error?.code == .insufficientStorage)
        }
        #expect(try await rows().isEmpty)
        #expect(try await list().isEmpty)
        try await store.write { db in _ = try db.query("PRAGMA max_page_count = 100000") }
        try await write("files/again", filler: filler)
        #expect(try await rows() == list())
    }

    @Test func aPlanCannotWrite() async throws {
        let store = store
        _ = try await store.write(Data(count: 10)) { db in
            try db.execute("INSERT INTO named (path) VALUES ('by the plan')")
            return .unneeded(1)
        }
        #expect(try await rows().isEmpty)
    }

    @Test func manyFilesAreMoreThanOneGroup() async throws {
        let store = store
        let size = Limits.journalFileBytes
        let results = try await store.inOneGroup(9) { number in
            let path = "files/\(number)"
            return try await store.write(Data(count: size)) { _ in
                .file(path: path) { db in
                    try db.execute("INSERT INTO named (path) VALUES (\(path))")
                    return FileRows(number, namesFile: true)
                }
            }
        }
        #expect(results.compactMap { try? $0.get() } == Array(0..<9))
        #expect(files.groups.withLock { $0 }.allSatisfy { $0 * size <= Limits.journalGroupBytes })
    }

    @Test func whatFollowsACommitRunsOnceForItsGroup() async throws {
        let (store, signal) = (store, SilentSignal())
        let results = try await store.inOneGroup(20) { number in
            try await store.write { db in
                try db.execute("INSERT INTO named (path) VALUES (\("plain-\(number)"))")
                db.ringAfterCommit(signal)
            }
        }
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect((1..<20).contains(signal.ringCount))
    }

    @Test func whatWaitsWhenTheJournalStopsIsRefusedAndLeavesNothing() async throws {
        let (entered, release) = (TestGate(), DispatchSemaphore(value: 0))
        async let holding: Void = store.write { _ in
            entered.open()
            release.wait()
        }
        defer { release.signal() }
        try await entered.pass()
        async let refused = withTaskGroup(of: HearthError.Code?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do { try await write("files/\(number)") } catch { return (error as? HearthError)?.code }
                    return nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        opened.close()
        release.signal()
        #expect(await refused == Array(repeating: .overloaded, count: 8))
        try await holding
        #expect(try await rows().isEmpty)
        #expect(try await list().isEmpty)
        try await store.run("INSERT INTO named (path) VALUES ('plain')")
        #expect(try await rows() == ["plain"], "what needs no file is written all the same")
    }

    @Test func aStoreWithoutFilesRefusesThem() async throws {
        let store = try SQLiteStore(path: opened.folder.file("other.db"))
        let error = await #expect(throws: HearthError.self) {
            try await store.write(Data()) { _ in FilePlan<Int>.unneeded(1) }
        }
        #expect(error?.code == .internalError)
    }

    @Test func whatIsAcknowledgedComesBackFromJournalAndDatabaseAlone() async throws {
        for number in 0..<5 { try await write("files/\(number)") }
        let copy = try TemporaryFolder()
        for name in ["journal", "hearth.db", "hearth.db-wal"] {
            try FileManager.default.copyItem(atPath: opened.folder.file(name), toPath: copy.file(name))
        }
        let restored = try JournalledFolder(copy)
        let store = try SQLiteStore(path: copy.file("hearth.db"), files: restored.blobs)
        let rows = try await store.read { db in try db.values("SELECT path FROM named ORDER BY path", as: String.self) }
        #expect(rows.count == 5)
        for path in rows { #expect(try await restored.blobs.read(path) == Data(count: 5_000)) }
    }
}
