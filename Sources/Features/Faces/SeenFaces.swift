import HearthCore
import HearthInference
import HearthJSON

import struct Foundation.Data

/// The faces of a picture that was read once: what is sealed in rows, so that the same picture is not read again.
struct SeenFaces: Sendable, Codable {
    /// One face.
    struct Face: Sendable, Codable {
        var region: PictureRegion
        var traits: FaceTraits
        /// float32, little-endian.
        var template: Data

        var vector: [Float] { template.littleEndianFloats }
    }

    var width: Int
    var height: Int
    /// Largest first.
    var faces: [Face]

    init(_ found: FoundFaces) {
        width = found.width
        height = found.height
        faces = found.faces.map {
            Face(region: $0.region, traits: $0.traits, template: Data(littleEndian: $0.template?.values ?? []))
        }
    }

    /// About what it takes in memory.
    var byteCount: Int { faces.reduce(256) { $0 + $1.template.count + 256 } }

    /// As rows hold it, before it is sealed.
    func encoded() throws -> Data { try JSONValueEncoder.encode(self).encoded() }

    /// - Throws: ``HearthError`` `invalid_request` when the bytes are something else.
    init(encoded: Data) throws {
        self = try JSONValueDecoder.read(SeenFaces.self, from: JSONParser.read(encoded))
    }
}

/// A picture whose faces are known, and how that came.
struct ReadPicture: Sendable {
    let sha256: String
    let seen: SeenFaces
    let models: FaceModels
    let timings: FaceTimings
    /// Whether no model was asked.
    let isCached: Bool

    /// The face that is meant where one is meant: the largest.
    /// - Throws: ``HearthError`` `unprocessable_content` for a picture without a face.
    func requireFace() throws(HearthError) -> SeenFaces.Face {
        guard let face = seen.faces.first else {
            throw HearthError(
                .unprocessable, "There is no face in the picture.", hint: "Send a picture that shows a face.",
                details: ["reasons": ["NO_FACE"]])
        }
        return face
    }

    /// The only face, for what is kept.
    /// - Throws: ``HearthError`` `unprocessable_content` for none, several, or one that is not good enough.
    func requireOneFace(_ rule: FaceQualityRule) throws(HearthError) -> SeenFaces.Face {
        let face = try requireFace()
        guard seen.faces.count == 1 else {
            throw HearthError(
                .unprocessable, "There are \(seen.faces.count) faces in the picture.",
                hint: "Send a picture of one person.",
                details: ["reasons": [.string(FaceReason.exceedsMaxFaces.rawValue)]])
        }
        var reasons = face.traits.reasons(rule)
        if Double(face.region.score) < models.thresholds.detectorScore { reasons.append(.lowConfidence) }
        guard reasons.isEmpty else {
            throw HearthError(
                .unprocessable, "The face is not good enough: \(reasons.map(\.rawValue).joined(separator: ", ")).",
                hint: "Send a sharp, bright picture that shows the face from the front.",
                details: ["reasons": .array(reasons.map { .string($0.rawValue) })])
        }
        return face
    }
}

extension FaceQualityRule {
    /// For a template that is made of one picture.
    static let enrolment = FaceQualityRule(turn: 35, brightness: 0.15, sharpness: 0.1, side: 60, quality: 0.3)
    /// For a frame of a session, whose pose is asked for by itself.
    static let frame = FaceQualityRule(turn: 60, brightness: 0.15, sharpness: 0.1, side: 80, quality: 0.3)
    /// For an old photo, which cannot be taken again.
    static let oldPhoto = FaceQualityRule(turn: 50, brightness: 0.08, sharpness: 0.03, side: 32, quality: 0.15)
}
