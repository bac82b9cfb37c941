package import HearthJSON

/// What a tenant has, or is about to add.
package struct TenantUsage: Sendable, Codable, Equatable, SchemaDescribed {
    /// Jobs that have not ended.
    package var unfinishedJobs: Int64 = 0
    /// Bytes that are kept: pictures, what is sent for imports, texts of products and characters, settings and metadata
    /// of collections, weights of templates, workflows, scans.
    package var storedBytes: Int64 = 0
    /// Products, projects, characters, anchors, workflows, pictures of requests, and records of collections.
    package var records: Int64 = 0

    package init(unfinishedJobs: Int64 = 0, storedBytes: Int64 = 0, records: Int64 = 0) {
        self.unfinishedJobs = unfinishedJobs
        self.storedBytes = storedBytes
        self.records = records
    }

    package static let fields = [
        "unfinished_jobs": FieldNote("Jobs that have not ended."),
        "stored_bytes": FieldNote(
            "Bytes that are kept: pictures, what is sent for imports, texts, settings and metadata, and scans."),
        "records": FieldNote("Products, projects, characters, anchors, and records of collections."),
    ]

    /// Both together.
    package static func + (left: TenantUsage, right: TenantUsage) -> TenantUsage {
        TenantUsage(
            unfinishedJobs: left.unfinishedJobs + right.unfinishedJobs,
            storedBytes: left.storedBytes + right.storedBytes, records: left.records + right.records)
    }

    static func - (left: TenantUsage, right: TenantUsage) -> TenantUsage {
        TenantUsage(
            unfinishedJobs: left.unfinishedJobs - right.unfinishedJobs,
            storedBytes: left.storedBytes - right.storedBytes, records: left.records - right.records)
    }
}

/// What a tenant may have, all its keys together. A field that is absent has the default of ``Limits``, if there is
/// one, and is not limited otherwise.
package struct TenantLimits: Sendable, Codable, Equatable, SchemaDescribed {
    package var unfinishedJobs: Int64?
    package var storedBytes: Int64?
    package var records: Int64?

    /// Limits of the numbers that are given; no limit of the others.
    package init(unfinishedJobs: Int64? = nil, storedBytes: Int64? = nil, records: Int64? = nil) {
        self.unfinishedJobs = unfinishedJobs
        self.storedBytes = storedBytes
        self.records = records
    }

    package static let fields = [
        "unfinished_jobs": FieldNote("Jobs that have not ended.", minimum: 0, maximum: Double(Limits.unfinishedJobs)),
        "stored_bytes": FieldNote("Bytes that are kept.", minimum: 0, maximum: largest),
        "records": FieldNote(
            "Products, projects, characters, anchors, and records of collections.", minimum: 0, maximum: largest),
    ]

    /// Whole numbers up to it are exact in every client.
    private static let largest = Double(1 << 53)

    /// Whether nothing is limited.
    var isEmpty: Bool { self == TenantLimits() }

    /// With the defaults where nothing is said.
    var effective: TenantLimits {
        TenantLimits(
            unfinishedJobs: unfinishedJobs, storedBytes: storedBytes ?? Limits.tenantStoredBytes,
            records: records ?? Limits.tenantRecords)
    }
}
