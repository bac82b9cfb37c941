package import HearthCore

/// Finds the faces of pictures, and makes templates of them.
package protocol FaceFinder: Sendable {
    /// The faces of a picture, largest first, each with its template when that is asked for.
    /// - Throws: ``HearthError`` `not_found` without models, `invalid_image`, `model_not_ready`, `overloaded`,
    ///   `deadline_exceeded`.
    func faces(in picture: Picture, _ options: FaceOptions) async throws -> FoundFaces

    /// The models that faces are read by.
    /// - Throws: ``HearthError`` `not_found` with the hint how to get them.
    func models(until deadline: ContinuousClock.Instant) async throws -> FaceModels
}

/// What a caller wants of the faces of a picture.
package struct FaceOptions: Sendable {
    package var search = FaceSearch.standard
    /// How sure the detector must be; nil: its own threshold.
    package var minimumScore: Float?
    package var maximumFaces = Limits.facesPerPicture
    /// Whether templates are made.
    package var embeds = true
    package var priority = InferencePriority.interactive
    package var tenant: Tenant
    package var deadline: ContinuousClock.Instant

    package init(tenant: Tenant, deadline: ContinuousClock.Instant) {
        self.tenant = tenant
        self.deadline = deadline
    }
}

/// How a picture is laid before the detector.
package struct FaceSearch: Sendable, Hashable, Codable {
    /// Pixels of the longer side; nil: as the model likes it.
    package var longSide: Int?
    /// Empty border on each side, as a fraction of the picture's: for faces that fill it.
    package var padding: Float = 0
    /// Turns by 90 degrees, clockwise.
    package var quarterTurns = 0
    /// Pieces a side that are looked at one by one: for small faces.
    package var tiles = 1

    package init(longSide: Int? = nil, padding: Float = 0, quarterTurns: Int = 0, tiles: Int = 1) {
        self.longSide = longSide
        self.padding = padding
        self.quarterTurns = quarterTurns
        self.tiles = tiles
    }

    /// The picture as it is, at the model's own size.
    package static let standard = FaceSearch()
}

/// The faces of a picture, and by what they were found.
package struct FoundFaces: Sendable {
    /// Pixels of the upright picture.
    package var width: Int
    package var height: Int
    /// Largest first.
    package var faces: [FoundFace]
    package var models: FaceModels
    package var timings: FaceTimings

    package init(width: Int, height: Int, faces: [FoundFace], models: FaceModels, timings: FaceTimings) {
        self.width = width
        self.height = height
        self.faces = faces
        self.models = models
        self.timings = timings
    }
}

/// A face of a picture.
package struct FoundFace: Sendable {
    package var region: PictureRegion
    package var traits: FaceTraits
    /// Nil when none was asked for.
    package var template: Embedding?

    package init(region: PictureRegion, traits: FaceTraits, template: Embedding? = nil) {
        self.region = region
        self.traits = traits
        self.template = template
    }
}

/// What a face looks like apart from whose it is.
package struct FaceTraits: Sendable, Hashable, Codable {
    /// Degrees: positive when the person's nose points to the right side of the picture, up, and when the head leans
    /// clockwise.
    package var yaw: Float
    package var pitch: Float
    package var roll: Float
    /// 0…1.
    package var sharpness: Float
    package var brightness: Float
    /// Pixels of the shorter side of its box.
    package var side: Int
    /// All of it in one number, 0…1.
    package var quality: Float

    package init(
        yaw: Float, pitch: Float, roll: Float, sharpness: Float, brightness: Float, side: Int, quality: Float
    ) {
        self.yaw = yaw
        self.pitch = pitch
        self.roll = roll
        self.sharpness = sharpness
        self.brightness = brightness
        self.side = side
        self.quality = quality
    }

    /// Why the face is not good enough by a rule; none: it is.
    package func reasons(_ rule: FaceQualityRule) -> [FaceReason] {
        var reasons: [FaceReason] = []
        if abs(yaw) > rule.turn || abs(pitch) > rule.turn { reasons.append(.extremePose) }
        if brightness < rule.brightness { reasons.append(.lowBrightness) }
        if sharpness < rule.sharpness { reasons.append(.lowSharpness) }
        if side < rule.side { reasons.append(.smallBoundingBox) }
        if quality < rule.quality { reasons.append(.lowFaceQuality) }
        return reasons
    }
}

/// From what on a face is good enough for a use.
package struct FaceQualityRule: Sendable, Hashable {
    /// Degrees that the head may be turned to a side, up or down.
    package var turn: Float
    package var brightness: Float
    package var sharpness: Float
    /// Pixels.
    package var side: Int
    package var quality: Float

    package init(turn: Float, brightness: Float, sharpness: Float, side: Int, quality: Float) {
        self.turn = turn
        self.brightness = brightness
        self.sharpness = sharpness
        self.side = side
        self.quality = quality
    }
}

/// Why a face was not taken, by the names that Rekognition gives.
package enum FaceReason: String, Sendable, Codable, CaseIterable {
    case extremePose = "EXTREME_POSE"
    case lowBrightness = "LOW_BRIGHTNESS"
    case lowSharpness = "LOW_SHARPNESS"
    case lowConfidence = "LOW_CONFIDENCE"
    case smallBoundingBox = "SMALL_BOUNDING_BOX"
    case exceedsMaxFaces = "EXCEEDS_MAX_FACES"
    case lowFaceQuality = "LOW_FACE_QUALITY"
}

/// The models that faces are read by.
package struct FaceModels: Sendable, Hashable, Codable {
    package var detector: ModelIdentity
    package var embedder: ModelIdentity
    package var thresholds: FaceThresholds

    package init(detector: ModelIdentity, embedder: ModelIdentity, thresholds: FaceThresholds) {
        self.detector = detector
        self.embedder = embedder
        self.thresholds = thresholds
    }
}

/// What is known of an embedder's scores.
package struct FaceThresholds: Sendable, Hashable, Codable {
    /// How often strangers reach a cosine.
    package struct Rate: Sendable, Hashable, Codable {
        /// The fraction of pairs of strangers that reach it.
        package var fmr: Double
        package var threshold: Double
        /// Pairs that it was measured on.
        package var pairs: Int

        package init(fmr: Double, threshold: Double, pairs: Int) {
            self.fmr = fmr
            self.threshold = threshold
            self.pairs = pairs
        }
    }

    /// The cosine from which on two faces count as one person's, as the model's folder says.
    package var cosine: Double
    /// Measured rates; empty when none were.
    package var rates: [Rate]
    /// How sure the detector must be of a face that is enrolled.
    package var detectorScore: Double

    package init(cosine: Double, rates: [Rate] = [], detectorScore: Double) {
        self.cosine = cosine
        self.rates = rates
        self.detectorScore = detectorScore
    }
}

/// Where the time of finding faces went.
package struct FaceTimings: Sendable, Equatable {
    package var decode: Duration
    package var queue: Duration
    package var detect: Duration
    package var align: Duration
    package var embed: Duration

    package init(
        decode: Duration = .zero, queue: Duration = .zero, detect: Duration = .zero, align: Duration = .zero,
        embed: Duration = .zero
    ) {
        self.decode = decode
        self.queue = queue
        self.detect = detect
        self.align = align
        self.embed = embed
    }
}
