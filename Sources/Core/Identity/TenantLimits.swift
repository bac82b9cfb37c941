/// What a tenant may use, all its keys together. A field that is absent has the default of ``Limits``, or no limit.
package struct TenantLimits: Sendable, Codable, Equatable, SchemaDescribed {
    /// Requests a second in the long run.
    package var requestsPerSecond: Double?
    /// Requests at once after a pause.
    package var burst: Int?
    /// Jobs that have not ended.
    package var unfinishedJobs: Int?
    /// Bytes of files that are kept.
    package var storedBytes: Int64?
    /// Records of collections.
    package var records: Int64?

    package init() {}

    package static let fields = [
        "requests_per_second": FieldNote(
            "Requests a second in the long run.", minimum: 0.001, maximum: Limits.requestsPerSecond),
        "burst": FieldNote(
            "Requests at once after a pause; a second's when absent.", minimum: 1, maximum: Limits.requestsPerSecond),
        "unfinished_jobs": FieldNote(
            "Jobs that have not ended.", minimum: 0, maximum: Double(Limits.unfinishedJobs)),
        "stored_bytes": FieldNote("Bytes of files that are kept.", minimum: 0, maximum: largest),
        "records": FieldNote("Records of collections.", minimum: 0, maximum: largest),
    ]

    private static let largest = Double(1 << 53)
}
