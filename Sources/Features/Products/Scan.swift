import HearthCore
import HearthJSON

/// A kept scan, as lists show it.
struct Scan: Sendable, Codable, SchemaDescribed {
    var scanID: String
    var sha256: String
    var template: String?
    var sourceType: String?
    var filter: JSONValue?
    var model: ModelIdentity
    var searched: String
    var compared: Int
    var isCached: Bool
    var matches: [ScanRecord.Match]
    var totalMS: Double
    var createdAt: Int64

    static let fields = [
        "sha256": FieldNote("Of the picture's bytes; the picture itself is not kept."),
        "filter": FieldNote("Conditions on attributes, as they were sent."),
        "matches": FieldNote("What was answered, best first."),
        "total_ms": FieldNote("Milliseconds until the answer."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]

    init(_ record: ScanRecord) {
        scanID = record.scanID
        sha256 = record.sha256
        template = record.template
        sourceType = record.sourceType
        filter = record.filter
        model = record.model
        searched = record.searched
        compared = record.compared
        isCached = record.isCached
        matches = record.matches
        totalMS = record.totalMS
        createdAt = record.createdAt
    }
}
