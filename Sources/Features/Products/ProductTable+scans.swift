import HearthCore
import HearthJSON

import struct Foundation.Data

extension ProductTable {
    /// Makes the rows of scans, each of them once, however often a log is replayed: the row of a scan that was deleted
    /// since does not come back.
    ///
    /// For each log the number of the last record is kept up to which all have had their rows, in the transaction of
    /// these rows.
    /// - Parameter records: Those of one log in their order.
    func storeScans(_ records: [ScanRecord], in db: any SQLConnection) throws {
        for (run, records) in Dictionary(grouping: records, by: { $0.place?.run }) {
            guard let run else {
                for record in records { try insertScan(record, in: db) }
                continue
            }
            let before = try db.value("SELECT stored FROM product_scan_logs WHERE run = \(run)", as: Int64.self) ?? 0
            var stored = before
            for record in records {
                guard let number = record.place?.number, number > before else { continue }
                try insertScan(record, in: db)
                // Behind a gap nothing counts as stored: what is missing may be read by a later start.
                if number == stored + 1 { stored = number }
            }
            guard stored > before else { continue }
            try db.execute(
                """
                INSERT INTO product_scan_logs (run, stored) VALUES (\(run), \(stored))
                ON CONFLICT (run) DO UPDATE SET stored = excluded.stored
                """)
        }
    }

    /// Forgets how far the logs of the oldest runs were stored; their files are long gone.
    func forgetScanLogs(keeping count: Int, in db: any SQLConnection) throws {
        try db.execute(
            """
            DELETE FROM product_scan_logs WHERE run NOT IN
              (SELECT run FROM product_scan_logs ORDER BY run DESC LIMIT \(count))
            """)
    }

    /// Makes the row of a scan; one that is there stays as it is.
    private func insertScan(_ record: ScanRecord, in db: any SQLConnection) throws {
        // The vector has a column of its own, and the row outlives the log.
        var kept = record
        kept.vector = Data()
        kept.place = nil
        let text = try JSONValueEncoder.encode(kept).encodedText()
        try db.execute(
            """
            INSERT INTO product_scans (id, tenant, sha256, record, vector, bytes, created_at)
            VALUES (\(record.scan.scanID), \(record.tenant), \(record.scan.sha256), \(text), \(record.vector),
              \(text.utf8.count + record.vector.count), \(record.scan.createdAt))
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// A tenant's scans, newest first.
    func scans(_ page: PageRequest, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Scan> {
        try db.page(page, of: "SELECT record FROM product_scans WHERE tenant = \(tenant)", cursor: \Scan.scanID)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func deleteScan(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        let count = try db.execute("DELETE FROM product_scans WHERE id = \(id) AND tenant = \(tenant)")
        guard count > 0 else { throw Self.missing("scan") }
    }

    /// Deletes scans that are older than a time, a bounded number at once.
    func forgetScans(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM product_scans WHERE id IN
              (SELECT id FROM product_scans WHERE created_at < \(time) LIMIT \(limit))
            """)
    }

    /// The newest of a tenant's scans beyond a number; nil when there are not so many.
    func lastSurplusScan(of tenant: Tenant, beyond count: Int, in db: any SQLConnection) throws -> String? {
        try db.value(
            "SELECT id FROM product_scans WHERE tenant = \(tenant) ORDER BY id DESC LIMIT 1 OFFSET \(count)",
            as: String.self)
    }

    /// Deletes a tenant's scans up to one, a bounded number at once.
    func forgetScans(of tenant: Tenant, upTo last: String, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM product_scans WHERE id IN
              (SELECT id FROM product_scans WHERE tenant = \(tenant) AND id <= \(last) LIMIT \(limit))
            """)
    }
}

extension Scan: SQLDecodable {
    /// Reads record.
    init(row: inout SQLRow) throws { self = try ScanRecord(encoded: Data(row.next(String.self).utf8)).scan }
}
