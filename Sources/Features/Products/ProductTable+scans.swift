import HearthCore
import HearthJSON

import struct Foundation.Data

extension ProductTable {
    /// Makes the row of a scan; one that is there stays as it is, so that a log may be replayed.
    func insertScan(_ record: ScanRecord, in db: any SQLConnection) throws {
        var kept = record
        kept.vector = Data()
        let text = try JSONValueEncoder.encode(kept).encodedText()
        try db.execute(
            """
            INSERT INTO product_scans (id, tenant, sha256, record, vector, created_at)
            VALUES (\(record.scanID), \(record.tenant), \(record.sha256), \(text), \(record.vector),
              \(record.createdAt))
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// A tenant's scans, newest first.
    func scans(before: String, limit: Int, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Scan> {
        let records = try db.values(
            """
            SELECT record FROM product_scans WHERE tenant = \(tenant) AND id < \(before)
            ORDER BY id DESC LIMIT \(limit + 1)
            """, as: String.self)
        return try Page(
            rows: records.map { Scan(try ScanRecord(encoded: Data($0.utf8))) }, limit: limit, cursor: \.scanID)
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

    /// Deletes a tenant's oldest scans beyond a number, a bounded number at once.
    func forgetScans(of tenant: Tenant, beyond count: Int, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM product_scans WHERE id IN
              (SELECT id FROM product_scans WHERE tenant = \(tenant) ORDER BY id DESC LIMIT \(limit) OFFSET \(count))
            """)
    }
}
