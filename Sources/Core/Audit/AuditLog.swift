import HearthJSON

import struct Foundation.Data

/// The log of what must be provable: rows that are only added, each hashed with the hash of the row before.
///
/// A row that was changed, removed or moved breaks the chain. The number and the hash of the newest entry, written down
/// elsewhere, prove later that the chain was not made again (``verify(from:in:)``).
package struct AuditLog: Sendable {
    private let clock: any WallClock

    package init(clock: any WallClock) { self.clock = clock }

    /// Adds an entry with the transaction.
    /// - Returns: the entry, for receipts.
    /// - Throws: ``HearthError`` `internal_error` when its details are longer than an entry may be.
    @discardableResult
    package func append(_ event: AuditEvent, in db: any SQLConnection) throws -> AuditEntry {
        let details = JSONValue.object(event.details).encodedText()
        guard details.utf8.count <= Limits.auditDetailBytes else {
            throw HearthError(.internalError, "An entry of the audit log is too long.")
        }
        // The row of the head is locked first, so that entries of all processes come one after the other.
        let head = try db.row("UPDATE audit_head SET number = number + 1 RETURNING number, hash") { row in
            (number: try row.next(Int64.self), hash: try row.next(String.self))
        }
        guard let head else { throw HearthError(.internalError, "The audit log has no head.") }
        var entry = Stored(
            number: head.number, at: clock.now(), tenant: event.tenant.rawValue, actor: event.actor,
            action: event.action, subject: event.subject, outcome: event.outcome.rawValue, details: details, hash: "")
        entry.hash = entry.hash(after: head.hash)
        try db.execute(
            """
            INSERT INTO audit_log (number, at, tenant, actor, action, subject, outcome, details, hash)
            VALUES (\(entry.number), \(entry.at), \(entry.tenant), \(entry.actor), \(entry.action), \(entry.subject),
              \(entry.outcome), \(entry.details), \(entry.hash))
            """)
        try db.execute("UPDATE audit_head SET hash = \(entry.hash)")
        return try entry.shown()
    }

    /// Entries below a number, newest first.
    /// - Parameters:
    ///   - tenant: nil: of all tenants.
    ///   - action: only of this action, or of those whose names begin with it and a dot.
    package func list(
        of tenant: Tenant?, action: String? = nil, subject: String? = nil, before number: Int64 = .max, limit: Int,
        in db: any SQLConnection
    ) throws -> [AuditEntry] {
        let ofTenant: SQL = if let tenant { " AND tenant = \(tenant)" } else { "" }
        let ofAction: SQL =
            if let action {
                " AND (action = \(action) OR (action > \(action + ".") AND action < \(action + "/")))"
            } else {
                ""
            }
        let ofSubject: SQL = if let subject { " AND subject = \(subject)" } else { "" }
        return try db.rows(
            """
            SELECT \(Stored.columns) FROM audit_log WHERE number < \(number)\(ofTenant)\(ofAction)\(ofSubject)
            ORDER BY number DESC LIMIT \(limit)
            """, as: Stored.self
        ).map { try $0.shown() }
    }

    /// Goes through the whole log and computes every hash again.
    /// - Parameter known: a head that was written down earlier: it must still be in the chain.
    package func verify(from known: AuditHead? = nil, in db: any SQLConnection) throws -> AuditReport {
        var chain = AuditChain()
        try db.query("SELECT \(Stored.columns) FROM audit_log ORDER BY number") { row in
            var row = row
            chain.take(try Stored(row: &row), known: known)
            return true
        }
        let head = try db.row("SELECT number, hash FROM audit_head") { row in
            AuditHead(number: try row.next(), hash: try row.next())
        }
        return chain.report(head: head, known: known)
    }
}

extension AuditLog {
    /// An entry as its row has it: everything that is hashed, as text.
    struct Stored: Sendable, SQLDecodable {
        static let columns: SQL = "number, at, tenant, actor, action, subject, outcome, details, hash"

        var number: Int64
        var at: Int64
        var tenant: String
        var actor: String
        var action: String
        var subject: String?
        var outcome: String
        var details: String
        var hash: String

        /// What the hash must be behind another.
        func hash(after previous: String) -> String {
            let text = SealContext.text(
                "hearth audit 1", previous, String(number), String(at), tenant, actor, action,
                subject.map { "=\($0)" } ?? "", outcome, details)
            return Digest256(of: Data(text.utf8)).hex
        }

        func shown() throws -> AuditEntry {
            AuditEntry(
                number: number, at: at, tenant: Tenant(rawValue: tenant), actor: actor, action: action,
                subject: subject, outcome: AuditEvent.Outcome(rawValue: outcome) ?? .failed,
                details: try JSONParser.read(Data(details.utf8)), hash: hash)
        }
    }

    /// The schema of the log.
    package static let migrations = [
        Migration(32, "audit log") { _ in
            [
                """
                CREATE TABLE audit_log (
                  number BIGINT PRIMARY KEY,
                  at BIGINT NOT NULL,
                  tenant TEXT NOT NULL,
                  actor TEXT NOT NULL,
                  action TEXT NOT NULL,
                  subject TEXT,
                  outcome TEXT NOT NULL,
                  details TEXT NOT NULL,
                  hash TEXT NOT NULL
                )
                """,
                "CREATE INDEX audit_log_of_tenant ON audit_log (tenant, number)",
                "CREATE INDEX audit_log_of_subject ON audit_log (subject, number) WHERE subject IS NOT NULL",
                "CREATE TABLE audit_head (number BIGINT NOT NULL, hash TEXT NOT NULL)",
                "INSERT INTO audit_head (number, hash) VALUES (0, '')",
            ]
        }
    ]
}

extension AuditLog.Stored {
    init(row: inout SQLRow) throws {
        self.init(
            number: try row.next(), at: try row.next(), tenant: try row.next(), actor: try row.next(),
            action: try row.next(), subject: try row.next(), outcome: try row.next(), details: try row.next(),
            hash: try row.next())
    }
}
