import HearthCore
import HearthJSON

import struct Foundation.Data

extension ProductTable {
    /// Makes the row of a scan; one that is there stays as it is, so that a log may be replayed.
    func insertScan(_ record: ScanRecord, in db: any SQLConnection) throws {
        // The vector has a column of its own.
        var kept = record
        kept.vector = Data()
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
