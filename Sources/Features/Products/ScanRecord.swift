import HearthCore
import HearthJSON

import struct Foundation.Data

/// A scan as it is kept: what was asked and answered, and the vector of the picture; not the picture itself.
struct ScanRecord: Sendable, Codable {
    var scanID: String
    var tenant: String
    /// Of the picture's bytes.
    var sha256: String
    var template: String?
    var sourceType: String?
    /// Conditions on attributes, as they were sent.
    var filter: JSONValue?
    var model: ModelIdentity
    /// float32, little-endian.
    var vector: Data
    var searched: String
    var compared: Int
    var isCached: Bool
    var matches: [Match]
    var totalMS: Double
    var createdAt: Int64

    /// What was answered, in short.
    struct Match: Sendable, Codable {
        var productID: String
        var externalID: String
        var score: Double
    }

    /// As the log of records holds it.
    func encoded() throws -> Data { try JSONValueEncoder.encode(self).encoded() }

    /// - Throws: ``HearthError`` `invalid_request` when the bytes are of another kind of record.
    init(encoded: Data) throws {
        self = try JSONValueDecoder.read(ScanRecord.self, from: JSONParser.read(encoded))
    }

    init(
        scanID: String, tenant: String, sha256: String, template: String?, sourceType: String?, filter: JSONValue?,
        model: ModelIdentity, vector: Data, searched: String, compared: Int, isCached: Bool, matches: [Match],
        totalMS: Double, createdAt: Int64
    ) {
        self.scanID = scanID
        self.tenant = tenant
        self.sha256 = sha256
        self.template = template
        self.sourceType = sourceType
        self.filter = filter
        self.model = model
        self.vector = vector
        self.searched = searched
        self.compared = compared
        self.isCached = isCached
        self.matches = matches
        self.totalMS = totalMS
        self.createdAt = createdAt
    }
}

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
