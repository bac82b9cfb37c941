import HearthCore
import HearthJSON

import struct Foundation.Data

extension ProductTable {
    /// Makes the row of a scan; one that is there stays as it is, so that a log may be replayed.
    func insertScan(_ record: ScanRecord, in db: any SQLConnection) throws {
        var kept = record
        kept.vector = Data()
        try db.execute(
            """
            INSERT INTO product_scans (id, tenant, sha256, record, vector, created_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                .text(record.scanID), .text(record.tenant), .text(record.sha256),
                .text(try JSONValueEncoder.encode(kept).encodedText()), .blob(record.vector),
                .integer(record.createdAt),
            ])
    }

    /// A tenant's scans, newest first.
    func scans(before: String, limit: Int, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Scan> {
        let rows = try db.query(
            "SELECT id, record FROM product_scans WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?",
            [.text(tenant.rawValue), .text(before), .int(limit + 1)])
        return try Page(
            rows: rows.map { Scan(try ScanRecord(encoded: Data($0.text("record").utf8))) }, limit: limit,
            cursor: \.scanID)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func deleteScan(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        let count = try db.execute(
            "DELETE FROM product_scans WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
        guard count > 0 else { throw Self.missing("scan") }
    }

    /// Deletes scans that are older than a time, a bounded number at once.
    func forgetScans(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            "DELETE FROM product_scans WHERE id IN (SELECT id FROM product_scans WHERE created_at < ? LIMIT ?)",
            [.integer(time), .int(limit)])
    }

    /// Deletes a tenant's oldest scans beyond a number, a bounded number at once.
    func forgetScans(of tenant: Tenant, beyond count: Int, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM product_scans WHERE id IN
              (SELECT id FROM product_scans WHERE tenant = ? ORDER BY id DESC LIMIT ? OFFSET ?)
            """, [.text(tenant.rawValue), .int(limit), .int(count)])
    }
}
