import Foundation
package import HearthCore

/// What every ``DurableWriter`` promises; each promise wants a store without tables and without files.
package enum DurableWriterContract {
    /// A writer, with the rows and files that it writes.
    package struct Subject: Sendable {
        let writer: any DurableWriter
        let store: any Store
        let blobs: any BlobStore

        package init(_ writer: any DurableWriter, store: any Store, blobs: any BlobStore) {
            self.writer = writer
            self.store = store
            self.blobs = blobs
        }
    }

    package typealias Promise = ContractPromise<Subject>

    /// All of them.
    package static let promises: [Promise] = [
        Promise("file and row are there when the write returns", check: writesBoth),
        Promise("a plan that needs nothing writes nothing", check: writesNothing),
        Promise("a plan that throws leaves nothing", check: refusesPlan),
        Promise("rows that throw leave neither rows nor file, and the others of the group both", check: groupsApart),
        Promise("a file that cannot be written leaves no row, and the others of the group both", check: filesApart),
        Promise("a file that no row names is removed", check: removesUnnamed),
        Promise("of equal writes at once one leaves its file", check: keepsOne),
        Promise("no row is seen without its file", check: neverSeesRowAlone),
        Promise("what follows a commit runs once, and never after a failure", check: afterCommit),
        Promise("a write whose caller is cancelled is whole or not there", check: survivesCancellation),
    ]

    private struct Refusal: Error {}

    private static func bytes(_ number: Int, count: Int = 10_000) -> Data {
        Data(repeating: UInt8(truncatingIfNeeded: number), count: count)
    }

    private static func makeTable(_ subject: Subject) async throws {
        try await subject.store.run("CREATE TABLE named (path TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE)")
    }

    private static func insert(_ path: String, _ number: Int, in db: any SQLConnection) throws {
        try db.execute("INSERT INTO named (path, number) VALUES (\(path), \(number))")
    }

    private static func rows(_ subject: Subject) async throws -> [String] {
        try await subject.store.read { db in try db.values("SELECT path FROM named ORDER BY path", as: String.self) }
    }

    private static func files(_ subject: Subject) async throws -> [String] {
        try await subject.blobs.list("files", after: nil, limit: 10_000)
    }

    /// Writes a file and its row.
    @discardableResult
    private static func write(_ number: Int, _ subject: Subject, count: Int = 10_000) async throws -> Int {
        let path = "files/\(number)/a"
        return try await subject.writer.write(bytes(number, count: count)) { _ in
            .file(path: path) { db in
                try insert(path, number, in: db)
                return FileRows(number, namesFile: true)
            }
        }
    }

    private static func writesBoth(_ subject: Subject) async throws {
        try await makeTable(subject)
        let sizes = [0, 1, 4_096, 100_000, Limits.journalFileBytes, Limits.journalFileBytes + 1]
        for (number, count) in sizes.enumerated() {
            try promise(try await write(number, subject, count: count), is: number, "the result")
            let bytes = try await subject.blobs.read("files/\(number)/a")
            try promise(bytes == self.bytes(number, count: count), "the file of \(count) bytes")
            try promise(try await rows(subject).count, is: number + 1, "rows")
        }
    }

    private static func writesNothing(_ subject: Subject) async throws {
        try await makeTable(subject)
        try await write(1, subject)
        let known = try await subject.writer.write(bytes(2)) { db in
            .unneeded(try db.value("SELECT number FROM named", as: Int.self))
        }
        try promise(known, is: 1, "what the plan has read")
        try promise(try await files(subject), is: ["files/1/a"], "files")
    }

    private static func refusesPlan(_ subject: Subject) async throws {
        try await makeTable(subject)
        do {
            _ = try await subject.writer.write(bytes(1)) { _ -> FilePlan<Int> in throw Refusal() }
            try promise(false, "the plan's error reaches the caller")
        } catch is Refusal {}
        try promise(try await files(subject), is: [], "files")
    }

    /// Runs writes at once.
    /// - Returns: the numbers of those that did not throw.
    private static func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async -> Set<Int> {
        await withTaskGroup(of: Int?.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        try await body(number)
                        return number
                    } catch {
                        return nil
                    }
                }
            }
            return await group.reduce(into: []) { numbers, number in
                if let number { numbers.insert(number) }
            }
        }
    }

    private static func groupsApart(_ subject: Subject) async throws {
        try await makeTable(subject)
        let written = await atOnce(120) { number in
            let path = "files/\(number)/a"
            _ = try await subject.writer.write(bytes(number)) { _ in
                .file(path: path) { db in
                    try insert(path, number, in: db)
                    if number % 5 == 0 { throw Refusal() }
                    // A constraint that SQL refuses undoes one write only, as what the body refuses.
                    if number % 7 == 1 { try insert(path, number + 1_000, in: db) }
                    return FileRows(number, namesFile: true)
                }
            }
        }
        let expected = Set((0..<120).filter { $0 % 5 != 0 && $0 % 7 != 1 })
        try promise(written, is: expected, "writes that succeeded")
        let paths = Set(expected.map { "files/\($0)/a" })
        try promise(Set(try await rows(subject)), is: paths, "rows")
        try promise(Set(try await files(subject)), is: paths, "files")
    }

    private static func filesApart(_ subject: Subject) async throws {
        try await makeTable(subject)
        try await subject.blobs.write(bytes(1), to: "files/taken")
        let written = await atOnce(60) { number in
            // A file stands where the folder of some would be.
            let path = number % 3 == 0 ? "files/taken/\(number)" : "files/\(number)"
            _ = try await subject.writer.write(bytes(number)) { _ in
                .file(path: path) { db in
                    try insert(path, number, in: db)
                    return FileRows(number, namesFile: true)
                }
            }
        }
        let expected = Set((0..<60).filter { $0 % 3 != 0 })
        try promise(written, is: expected, "writes that succeeded")
        try promise(Set(try await rows(subject)), is: Set(expected.map { "files/\($0)" }), "rows")
        try promise(try await files(subject).count, is: expected.count + 1, "files")
    }

    private static func removesUnnamed(_ subject: Subject) async throws {
        try await makeTable(subject)
        let value = try await subject.writer.write(bytes(1)) { _ in
            .file(path: "files/p/a") { _ in FileRows(7, namesFile: false) }
        }
        try promise(value, is: 7, "the result")
        try promise(try await files(subject), is: [], "files")
    }

    private static func keepsOne(_ subject: Subject) async throws {
        try await makeTable(subject)
        let fresh = Locked(0)
        let written = await atOnce(40) { number in
            let path = "files/\(number)/a"
            let isNew = try await subject.writer.write(bytes(1)) { db in
                if try db.exists("SELECT 1 FROM named WHERE number = 1") { return .unneeded(false) }
                return .file(path: path) { db in
                    if try db.exists("SELECT 1 FROM named WHERE number = 1") {
                        return FileRows(false, namesFile: false)
                    }
                    try insert(path, 1, in: db)
                    return FileRows(true, namesFile: true)
                }
            }
            if isNew { fresh.withLock { $0 += 1 } }
        }
        try promise(written.count, is: 40, "writes that succeeded")
        try promise(fresh.withLock { $0 }, is: 1, "writes that were the first")
        try promise(try await files(subject), is: try await rows(subject), "files are those that rows name")
    }

    private static func neverSeesRowAlone(_ subject: Subject) async throws {
        try await makeTable(subject)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in stride(from: 0, to: 80, by: 10) {
                group.addTask {
                    // Looks after each of its writes, while the others write. A task that only looked until they have
                    // ended would perhaps never suspend, and two of those would hold all threads of two cores.
                    for number in first..<first + 10 {
                        try await write(number, subject)
                        for path in try await rows(subject) { _ = try await subject.blobs.open(path) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try promise(try await rows(subject).count, is: 80, "rows")
    }

    private static func afterCommit(_ subject: Subject) async throws {
        try await makeTable(subject)
        let rung = Locked<[Int]>([])
        let written = await atOnce(30) { number in
            let path = "files/\(number)"
            _ = try await subject.writer.write(bytes(number)) { _ in
                .file(path: path) { db in
                    db.afterCommit { rung.withLock { $0.append(number) } }
                    if number % 2 == 0 { throw Refusal() }
                    return FileRows(number, namesFile: true)
                }
            }
        }
        try promise(rung.withLock { $0 }.sorted(), is: written.sorted(), "actions that ran")
    }

    private static func survivesCancellation(_ subject: Subject) async throws {
        try await makeTable(subject)
        for number in 0..<20 {
            let task = Task { try await write(number, subject) }
            if number % 2 == 0 { await Task.yield() }
            task.cancel()
            _ = try? await task.value
            try promise(try await files(subject), is: try await rows(subject), "files are those that rows name")
        }
    }
}
