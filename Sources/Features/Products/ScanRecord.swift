import HearthCore
import HearthJSON

import struct Foundation.Data

/// A kept scan, as lists show it: what was asked and answered, without the picture.
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
    var matches: [Match]
    var totalMS: Double
    var createdAt: Int64

    /// What was answered, in short.
    struct Match: Sendable, Codable {
        var productID: String
        var externalID: String
        var score: Double
    }

    static let fields = [
        "sha256": FieldNote("Of the picture's bytes; the picture itself is not kept."),
        "filter": FieldNote("Conditions on attributes, as they were sent."),
        "matches": FieldNote("What was answered, best first."),
        "total_ms": FieldNote("Milliseconds until the answer."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A scan as the log of records holds it: with its tenant and the vector of its picture, in one JSON object.
struct ScanRecord: Sendable, Codable {
    /// Which record of which log it is.
    struct Place: Sendable, Codable {
        /// Identifies the life of the server that has written it.
        var run: String
        /// From 1, without gaps.
        var number: Int64
    }

    var scan: Scan
    var tenant: String
    /// float32, little-endian.
    var vector: Data
    /// Nil in rows, and in logs of earlier versions.
    var place: Place?

    private enum CodingKeys: CodingKey { case tenant, vector, place }

    init(scan: Scan, tenant: String, vector: Data) {
        self.scan = scan
        self.tenant = tenant
        self.vector = vector
    }

    /// Reads the fields of the scan beside its own.
    init(from decoder: any Decoder) throws {
        scan = try Scan(from: decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        tenant = try fields.decode(String.self, forKey: .tenant)
        vector = try fields.decode(Data.self, forKey: .vector)
        place = try fields.decodeIfPresent(Place.self, forKey: .place)
    }

    /// Writes the fields of the scan beside its own.
    func encode(to encoder: any Encoder) throws {
        try scan.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(tenant, forKey: .tenant)
        try fields.encode(vector, forKey: .vector)
        try fields.encodeIfPresent(place, forKey: .place)
    }

    /// As the log of records holds it.
    func encoded() throws -> Data { try JSONValueEncoder.encode(self).encoded() }

    /// - Throws: ``HearthError`` `invalid_request` when the bytes are of another kind of record.
    init(encoded: Data) throws {
        self = try JSONValueDecoder.read(ScanRecord.self, from: JSONParser.read(encoded))
    }
}
