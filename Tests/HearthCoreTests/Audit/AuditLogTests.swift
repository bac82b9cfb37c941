import Foundation
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthCore

/// An entry of the audit log that is changed, removed or moved is found.
@Suite(.timeLimit(.minutes(1))) struct AuditLogTests {
    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let clock = ManualClock()
    private let log: AuditLog

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        log = AuditLog(clock: clock)
        try await Migrator(AuditLog.migrations).run(store, now: 0)
    }

    private func add(_ count: Int, tenant: String = "shop") async throws {
        for number in 0..<count {
            _ = try await store.write { [log] db in
                try log.append(
                    AuditEvent(
                        number % 2 == 0 ? "faces.users.delete" : "faces.verify",
                        by: Principal(keyID: "k1", tenant: Tenant(rawValue: tenant), permission: .write),
                        subject: "u\(number)", outcome: number % 3 == 0 ? .done : .refused,
                        details: ["vectors": .int(Int64(number))]), in: db)
            }
            clock.advance(by: .seconds(1))
        }
    }

    private func verify(from known: AuditHead? = nil) async throws -> AuditReport {
        try await store.read { [log] db in try log.verify(from: known, in: db) }
    }

    private func run(_ statement: SQL) async throws {
        _ = try await store.write { db in try db.execute(statement) }
    }

    @Test func aLogIsWhole() async throws {
        #expect(try await verify() == AuditReport(isWhole: true, entries: 0, head: nil, faults: []))
        try await add(20)
        let report = try await verify()
        #expect(report.isWhole && report.entries == 20 && report.head?.hasPrefix("20:") == true)
    }

    @Test(arguments: [
        "UPDATE audit_log SET outcome = 'done' WHERE number = 6",
        "UPDATE audit_log SET at = at + 1 WHERE number = 6",
        "UPDATE audit_log SET details = '{\"vectors\":6}' WHERE number = 6",
        "UPDATE audit_log SET subject = NULL WHERE number = 6", "UPDATE audit_log SET actor = 'k2' WHERE number = 6",
        "UPDATE audit_log SET tenant = 'other' WHERE number = 6",
        "UPDATE audit_log SET action = 'faces.verify' || action WHERE number = 6",
        "UPDATE audit_log SET hash = 'x' || hash WHERE number = 6", "DELETE FROM audit_log WHERE number = 6",
    ]) func aChangeIsFoundWhereItIs(statement: String) async throws {
        try await add(9)
        try await run(SQL(verbatim: statement))
        let report = try await verify()
        #expect(!report.isWhole)
        #expect(report.faults.first?.number == 6, "\(report.faults)")
    }

    @Test func entriesInAnotherOrderAreFound() async throws {
        try await add(9)
        try await run("UPDATE audit_log SET number = -4 WHERE number = 4")
        try await run("UPDATE audit_log SET number = 4 WHERE number = 5")
        try await run("UPDATE audit_log SET number = 5 WHERE number = -4")
        #expect(try await verify().faults.first?.number == 4)
    }

    @Test func aGapThatWasClosedByNewNumbersIsFound() async throws {
        try await add(9)
        try await run("DELETE FROM audit_log WHERE number = 4")
        for number in 5...9 { try await run("UPDATE audit_log SET number = \(number - 1) WHERE number = \(number)") }
        try await run("UPDATE audit_head SET number = 8")
        #expect(try await verify().faults.first?.number == 4)
    }

    @Test func missingLastEntriesAreFound() async throws {
        try await add(9)
        try await run("DELETE FROM audit_log WHERE number > 7")
        let report = try await verify()
        #expect(report.faults == [.init(number: 8, reason: "The last entries are missing.")])
        try await run("DELETE FROM audit_head")
        #expect(try await !verify().isWhole)
    }

    /// Who can write the database can compute a new chain; not one with a head that was written down.
    @Test func aLogThatWasMadeAgainIsFoundByAHeadThatWasWrittenDown() async throws {
        try await add(9)
        let known = try AuditHead(try #require(try await verify().head))
        try await add(3)
        #expect(try await verify(from: known).isWhole, "what came later does not matter")
        try await run("DELETE FROM audit_log")
        try await run("UPDATE audit_head SET number = 0, hash = ''")
        try await add(5, tenant: "other")
        #expect(try await verify().isWhole)
        #expect(try await !verify(from: known).isWhole, "its entry is missing")
        try await add(7, tenant: "other")
        #expect(try await verify(from: known).faults.map(\.number) == [9])
        #expect(throws: HearthError.self) { try AuditHead("9:short") }
        #expect(throws: HearthError.self) { try AuditHead("x") }
    }

    @Test func anEntryGoesWithItsTransaction() async throws {
        struct TakenBack: Error {}
        try await add(2)
        await #expect(throws: (any Error).self) {
            try await store.write { [log] db in
                try log.append(AuditEvent("a.b", by: .local), in: db)
                throw TakenBack()
            }
        }
        try await add(1)
        #expect(try await verify() == AuditReport(isWhole: true, entries: 3, head: try await verify().head, faults: []))
    }

    @Test func entriesAreListedForWhomTheyAreOf() async throws {
        try await add(4)
        try await add(2, tenant: "other")
        let registry = try OperationRegistry(AuditOperations(store: store, clock: clock).all())
        func list(_ input: JSONValue, tenant: String, _ permission: Permission) async throws -> JSONValue {
            let context = OperationContext(
                principal: Principal(keyID: "k", tenant: Tenant(rawValue: tenant), permission: permission),
                requestID: "r", deadline: .now + .seconds(9), logger: .quiet)
            let operation = try #require(registry["audit.list"])
            return try await registry.call(operation, input: input, context: context)
        }
        func numbers(_ page: JSONValue) -> [Int64] {
            (page["items"]?.arrayValue ?? []).compactMap { $0["number"]?.integerValue }
        }
        #expect(numbers(try await list([:], tenant: "other", .admin)) == [6, 5])
        #expect(numbers(try await list([:], tenant: "local", .operate)) == [6, 5, 4, 3, 2, 1])
        let first = try await list(["limit": 2, "tenant": "shop"], tenant: "local", .operate)
        #expect(numbers(first) == [4, 3])
        let rest = try await list(
            ["limit": 2, "tenant": "shop", "cursor": first["next_cursor"] ?? .null], tenant: "local", .operate)
        #expect(numbers(rest) == [2, 1] && rest["next_cursor"] == nil)
        #expect(numbers(try await list(["action": "faces.users"], tenant: "shop", .admin)) == [3, 1])
        #expect(numbers(try await list(["subject": "u1"], tenant: "shop", .admin)) == [2])
        let foreign = await #expect(throws: HearthError.self) {
            try await list(["tenant": "shop"], tenant: "other", .admin)
        }
        #expect(foreign?.code == .forbidden)
        await #expect(throws: HearthError.self) { try await list(["cursor": "x"], tenant: "shop", .admin) }
    }
}
