import Foundation
import HearthAssembly
import HearthCore
import HearthJSON
import HearthJobs
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthProducts

/// An import and its job are never of two opinions.
@Suite(.timeLimit(.minutes(3))) struct ImportEndTests {
    private static let kind = "products.imports.run"
    private let bench: ProductBench

    init() async throws { bench = try await ProductBench() }

    private func lines(_ count: Int) -> Data {
        let lines = (0..<count).map { number in
            let picture = ProductBench.picture(number).base64EncodedString()
            return "{\"external_id\": \"sku-\(number)\", \"images_base64\": [\"\(picture)\"]}\n"
        }
        return Data(lines.joined().utf8)
    }

    /// - Returns: the identifiers of an import that has been started, and of its job.
    private func begin(_ file: Data? = nil) async throws -> (id: String, job: String) {
        let begun = try await bench.call("products.import", [:], attachment: file ?? lines(3))
        return (
            try #require(begun["import_id"]?.stringValue), try #require(begun["job_id"]?.stringValue)
        )
    }

    private func shown(_ id: String) async throws -> JSONValue {
        try await bench.call("products.imports.get", ["import_id": .string(id)])
    }

    /// Everything that can end a job without a result, by name.
    enum End: String, CaseIterable {
        case cancelledWhileItWaits, cancelledWhileItRuns, outOfAttempts, permanentFailure, poison
    }

    private func happen(_ end: End, to job: String) async throws {
        let (queue, clock) = (bench.queue, bench.clock)
        switch end {
        case .cancelledWhileItWaits:
            _ = try await queue.cancel(job, of: .local)
        case .cancelledWhileItRuns:
            _ = try await bench.lease(Self.kind)
            _ = try await queue.cancel(job, of: .local)
        case .outOfAttempts:
            for _ in 0..<Products.importing.plan.maximumAttempts { try await fail(.transient) }
        case .permanentFailure:
            try await fail(.permanent)
        case .poison:
            _ = try await bench.lease(Self.kind, by: "w")
            try await queue.crashWorker("w")
            _ = try await bench.lease(Self.kind, by: "alone", suspects: true)
            try await queue.crashWorker("alone")
        }
        clock.advance(by: .seconds(1))
    }

    private func fail(_ kind: JobFailure.Kind) async throws {
        let (table, clock) = (bench.queue.table, bench.clock)
        clock.advance(by: Limits.jobBackoff.longest)
        let lease = try #require(try await bench.lease(Self.kind).first)
        let failure = JobFailure(kind: kind, code: "c", message: "It did not work.")
        try await bench.store.write { db in _ = try table.fail(lease, failure, in: db, now: clock.now()) }
    }

    @Test(arguments: End.allCases) func anImportEndsWithItsJobWhateverEndsIt(end: End) async throws {
        let (id, job) = try await begin()
        try await happen(end, to: job)
        let failed = try await shown(id)
        #expect(failed["state"] == "failed" && failed["failure"]?.stringValue?.isEmpty == false)
        _ = try await bench.queue.retry(job, of: .local)
        #expect(try await shown(id)["state"] == "running", "it runs again when its job does")
        #expect(try await shown(id)["failure"] ?? .null == .null)
        try await bench.runJobs()
        #expect(try await shown(id)["state"] == "completed")
        #expect(try await bench.count("products") == 3)
    }

    @Test func importsWhoseJobsHaveEndedBlockNoOther() async throws {
        for _ in 0..<Limits.openImports {
            let (_, job) = try await begin()
            _ = try await bench.queue.cancel(job, of: .local)
        }
        let (id, _) = try await begin()
        try await bench.runJobs()
        #expect(try await shown(id)["state"] == "completed")
    }

    @Test func anImportThatHasFailedCanBeStartedAgainAsLongAsItsFileIsKept() async throws {
        let (id, job) = try await begin()
        _ = try await bench.queue.cancel(job, of: .local)
        let again = try await bench.call("products.imports.start", ["import_id": .string(id)])
        #expect(again["state"] == "running" && again["job_id"] != .string(job))
        let error = await #expect(throws: HearthError.self, "the first one would read the same file") {
            try await bench.queue.retry(job, of: .local)
        }
        #expect(error?.code == .conflict)
        try await bench.runJobs()
        #expect(try await shown(id)["state"] == "completed")
        try await bench.finishDeletions()
        #expect(try await bench.files("imports").isEmpty, "its file is needed no more")
    }

    @Test func aJobThatIsRefusedAsAWholeFailsWithTheReasonInItsLastEvent() async throws {
        let (id, job) = try await begin(Data("title,price\na,b\n".utf8))
        try await bench.runJobs()
        let ended = try #require(try await bench.jobs(Self.kind).first { $0.jobID == job })
        #expect(ended.status == .failed && ended.errorCode == "invalid_request")
        let table = bench.queue.table
        let last = try await bench.store.read { db in try table.events(job, since: 0, in: db) }.last
        #expect(last?.status == .failed && last?.message == ended.errorMessage)
        #expect(try await shown(id)["failure"]?.stringValue == ended.errorMessage)
        let error = await #expect(throws: HearthError.self, "it would fail again") {
            try await bench.queue.retry(job, of: .local)
        }
        #expect(error?.code == .conflict)
        try await bench.finishDeletions()
        #expect(try await bench.files("imports").isEmpty, "its file is of no use")
    }

    @Test func productsOfTheRowsBeforeAFailureAreEmbedded() async throws {
        // A quote that is never closed, behind rows that were committed.
        let good = (0..<Limits.importRows).map { "sku-\($0),Product \($0)\n" }.joined()
        let file =
            Data(("external_id,title\n" + good).utf8) + Data("\"".utf8)
            + Data(repeating: UInt8(ascii: "x"), count: Limits.importQuotedBytes + 10)
        let (id, job) = try await begin(file)
        try await bench.runJobs()
        let ended = try #require(try await bench.jobs(Self.kind).first { $0.jobID == job })
        let state = try await shown(id)["state"]
        #expect((ended.status == .failed) == (state == "failed"))
        #expect(try await bench.count("products") == Int64(Limits.importRows))
        #expect(try await bench.call("products.backfill_status", [:])["missing"] == 0)
    }

    @Test func anAttemptThatComesTooLateWritesNothingAndHindersNobody() async throws {
        let (id, _) = try await begin(lines(200))
        let late = try #require(try await bench.lease(Self.kind, by: "orphan").first)
        // As a start does whose front was killed while its worker goes on.
        try await bench.queue.releaseWorker("orphan")
        let rightful = try #require(try await bench.lease(Self.kind, by: "next").first)
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await bench.count("products") == 0)
        #expect(try await bench.files().isEmpty)
        try await bench.run(rightful)
        #expect(try await shown(id)["state"] == "completed")
        #expect(try await bench.count("products") == 200)
        #expect(try await bench.files().count == 200)
    }

    @Test func anImportThatIsNotWhereAStepBeganIsTriedAgainFromWhereItIs() async throws {
        let (id, job) = try await begin()
        let step = ProductTable.ImportStep(from: 7, to: 9, line: 1, accepted: 1, problems: [])
        let failure = await #expect(throws: JobFailure.self) {
            try await bench.store.write { db in try ProductTable().advanceImport(id, step, in: db, now: 1) }
        }
        #expect(failure?.kind == .transient)
        let lease = try #require(try await bench.lease(Self.kind).first)
        let (table, clock) = (bench.queue.table, bench.clock)
        let refusal = try #require(failure)
        try await bench.store.write { db in _ = try table.fail(lease, refusal, in: db, now: clock.now()) }
        clock.advance(by: Limits.jobBackoff.longest)
        try await bench.runJobs()
        #expect(try await bench.jobs(Self.kind).first { $0.jobID == job }?.status == .completed)
    }

    @Test func anImportThatIsDeletedWhileItIsReadLeavesNoFailure() async throws {
        let (id, job) = try await begin(lines(200))
        let lease = try #require(try await bench.lease(Self.kind).first)
        try await bench.call("products.imports.delete", ["import_id": .string(id)])
        #expect(try await bench.jobs(Self.kind).first { $0.jobID == job }?.status == .cancelled)
        try await bench.run(lease)
        #expect(try await bench.jobs(Self.kind).first { $0.jobID == job }?.status == .cancelled)
        #expect(try await bench.count("products") == 0)
    }

    @Test func aDeletionThatTheServerDidNotSurviveGoesOnAtTheNextStart() async throws {
        let (id, job) = try await begin(lines(20))
        try await bench.runJobs()
        // As far as a deletion comes at first.
        try await bench.store.write { db in try ProductTable().beginDeletion(ofImport: id, in: db, now: 1) }
        let reference: JSONValue = ["import_id": .string(id)]
        #expect(try await bench.call("products.imports.get", reference)["state"] == "deleting")
        await #expect(throws: HearthError.self) { try await bench.call("products.imports.start", reference) }
        while try await bench.products.step() {}
        #expect(try await bench.count("product_imports") == 0)
        #expect(try await bench.count("product_import_pieces") == 0)
        #expect(try await bench.files("imports").isEmpty)
        #expect(try await bench.jobs(Self.kind).first { $0.jobID == job }?.status == .completed)
        #expect(try await bench.count("products") == 20, "what was read stays")
    }

    @Test func importsThatAnEarlierVersionHasLeftRunningEndWithTheUpgrade() async throws {
        let folder = try TemporaryFolder(.memory)
        let store = try SQLiteStore(path: folder.file("hearth.db"))
        try await Migrator(Schema.migrations.filter { $0.number != 14 }).run(store, now: 0)
        let queue = JobQueue(store: store, clock: ManualClock(), signal: SilentSignal())
        let unfinished = try await queue.enqueue(
            Products.importing.request(RunImport(importID: "live"), tenant: .local)
        ).jobID
        let cancelled = try await queue.enqueue(
            Products.importing.request(RunImport(importID: "dead"), tenant: .local)
        ).jobID
        _ = try await queue.cancel(cancelled, of: .local)
        try await store.write { db in
            for (id, job) in [("live", unfinished), ("dead", cancelled), ("gone", "pruned")] {
                try ProductTable().insertImport(try .init(), id: id, tenant: .local, in: db, now: 1)
                try db.execute("UPDATE product_imports SET state = 'running', job_id = \(job) WHERE id = \(id)")
            }
        }
        try await Migrator(Schema.migrations).run(store, now: 0)
        let states = try await store.read { db in
            try db.values("SELECT state FROM product_imports ORDER BY id", as: String.self)
        }
        #expect(states == ["failed", "failed", "running"])
    }

    @Test func anImportOfOneRequestIsBegunByOneWrite() async throws {
        bench.writeFault.withLock { $0 = .refused }
        await #expect(throws: HearthError.self) {
            try await bench.call("products.import", [:], attachment: lines(1))
        }
        #expect(try await bench.files("imports").isEmpty, "what has no row has no file")
        bench.writeFault.withLock { $0 = nil }
        bench.writes.withLock { $0 = 0 }
        try await bench.call("products.import", [:], attachment: lines(1))
        // So a server that is killed in between leaves none that nobody starts, and that counts as open.
        #expect(bench.writes.withLock { $0 } == 1)
    }
}
