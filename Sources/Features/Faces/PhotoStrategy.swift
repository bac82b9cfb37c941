import HearthCore
import HearthInference

/// One way to look for the face in an old photo. They are tried from the cheap to the dear ones, and the first that
/// finds a good face wins.
struct PhotoStrategy: Sendable, Equatable {
    /// Kept with the template that it has led to.
    let name: String
    let search: FaceSearch
    /// How sure the detector must be, as a part of its own threshold for enrolment.
    let score: Double

    /// All of them, in their order.
    static let all: [PhotoStrategy] = [
        PhotoStrategy("standard", FaceSearch()),
        // Faces that fill the picture are missed where they are larger than what the detector was trained on.
        PhotoStrategy("padded", FaceSearch(padding: 0.5)),
        PhotoStrategy("small_640", FaceSearch(longSide: 640)),
        PhotoStrategy("small_320_padded", FaceSearch(longSide: 320, padding: 0.25)),
        PhotoStrategy("large_1280", FaceSearch(longSide: 1_280)),
        // Scans lie on their side, and say nothing of it.
        PhotoStrategy("turned_90", FaceSearch(quarterTurns: 1)),
        PhotoStrategy("turned_270", FaceSearch(quarterTurns: 3)),
        PhotoStrategy("turned_180", FaceSearch(quarterTurns: 2)),
        // Small faces of a group or of a whole figure.
        PhotoStrategy("tiles_2", FaceSearch(tiles: 2)),
        PhotoStrategy("tiles_3", FaceSearch(tiles: 3)),
        // Faded and grainy ones, last: what is found so may be none, so the quality decides.
        PhotoStrategy("unsure", FaceSearch(), score: 0.7),
        PhotoStrategy("unsure_padded", FaceSearch(padding: 0.5), score: 0.7),
        PhotoStrategy("unsure_1280", FaceSearch(longSide: 1_280), score: 0.7),
    ]

    private init(_ name: String, _ search: FaceSearch, score: Double = 1) {
        self.name = name
        self.search = search
        self.score = score
    }
}

/// What the strategies have come to.
struct PhotoSearch: Sendable {
    /// A good face, and the strategy that has found it.
    struct Hit: Sendable {
        let face: FoundFace
        let strategy: PhotoStrategy
        let models: FaceModels
    }

    let hit: Hit?
    /// Why the best face that was found is not good enough; nil when there was none at all.
    let reasons: [FaceReason]?
    /// How many strategies were tried.
    let tried: Int
    /// Why the photo cannot be looked at at all, by no strategy.
    var refusal: String?

    /// What a photo has come to that no strategy can look at.
    static func refused(_ message: String) -> PhotoSearch {
        PhotoSearch(hit: nil, reasons: nil, tried: 0, refusal: message)
    }

    /// Tries one strategy after the other until one finds a good face.
    /// - Parameters:
    ///   - look: the faces of the photo by a strategy.
    ///   - each: called before each with its place.
    static func run(
        _ strategies: [PhotoStrategy] = PhotoStrategy.all, each: (Int, PhotoStrategy) -> Void = { _, _ in },
        look: (PhotoStrategy) async throws -> FoundFaces
    ) async throws -> PhotoSearch {
        var (best, tried): ([FaceReason]?, Int) = (nil, 0)
        for strategy in strategies {
            try Task.checkCancellation()
            each(tried, strategy)
            tried += 1
            let found = try await look(strategy)
            // The largest is the person of a profile photo; others stand behind.
            guard let face = found.faces.first else { continue }
            var reasons = face.traits.reasons(.oldPhoto)
            if Double(face.region.score) < found.models.thresholds.detectorScore * strategy.score {
                reasons.append(.lowConfidence)
            }
            if reasons.isEmpty, face.template != nil {
                return PhotoSearch(
                    hit: Hit(face: face, strategy: strategy, models: found.models), reasons: nil, tried: tried)
            }
            if best.map({ reasons.count < $0.count }) ?? true { best = reasons }
        }
        return PhotoSearch(hit: nil, reasons: best, tried: tried)
    }

    /// Why there is no template, in words; nil when there is one.
    var failure: String? {
        guard hit == nil else { return nil }
        if let refusal { return refusal }
        guard let reasons else { return "No face was found, by none of \(tried) strategies." }
        return "The face is not good enough: \(reasons.map(\.rawValue).joined(separator: ", "))."
    }
}
