import Foundation
import HearthCore
import HearthInference
import HearthTesting

/// Reads the faces of pictures by a script: each picture shows what a test says that it shows.
final class FakeFaceFinder: FaceFinder {
    /// A face that a picture shows.
    struct Shown: Sendable {
        /// Which person: faces of one person are similar.
        var person: Int
        /// How much the face differs from the person's own, and in which way.
        var noise: Float = 0.1
        var seed: UInt64 = 0
        var yaw: Float = 0
        var pitch: Float = 0
        var quality: Float = 0.9
        var score: Float = 0.99
        var x: Float = 0.1
        /// Nil: by every search.
        var foundBy: (@Sendable (FaceOptions) -> Bool)?
    }

    static let dims = 32
    static let detector = ModelIdentity(id: "finder", digest: "digest-finder", dims: 0, precision: "f32")
    static let rates = [
        FaceThresholds.Rate(fmr: 1e-2, threshold: 0.4, pairs: 40_000),
        FaceThresholds.Rate(fmr: 1e-3, threshold: 0.5, pairs: 40_000),
    ]

    let embedder = Locked(ModelIdentity(id: "embedder", digest: "digest-embedder", dims: dims, precision: "f32"))
    /// What pictures show, by their hashes.
    let shown = Locked<[String: [Shown]]>([:])
    /// What was asked, in order.
    let asked = Locked<[FaceOptions]>([])
    /// Called before each answer.
    let before = Locked<(@Sendable () async throws -> Void)?>(nil)
    /// Whether there are models.
    let isAbsent = Locked(false)

    /// The vector of a person, with some noise.
    static func vector(_ person: Int, noise: Float = 0, seed: UInt64 = 0) -> [Float] {
        var random = RepeatableRandom(seed: UInt64(person) &* 7_919 &+ 13)
        let base = random.unitVector(dims: dims)
        guard noise > 0 else { return base }
        var other = RepeatableRandom(seed: UInt64(person) &* 104_729 &+ seed &* 31 &+ 1)
        let sum = zip(base, other.unitVector(dims: dims)).map { $0 + noise * $1 }
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return sum.map { $0 / length }
    }

    func models(until deadline: ContinuousClock.Instant) async throws -> FaceModels {
        guard !isAbsent.withLock({ $0 }) else {
            throw HearthError(.notFound, "There are no models.", hint: "`hearth models pull faces`")
        }
        return FaceModels(
            detector: Self.detector, embedder: embedder.withLock { $0 },
            thresholds: FaceThresholds(cosine: 0.45, rates: Self.rates, detectorScore: 0.8))
    }

    func faces(in picture: Picture, _ options: FaceOptions) async throws -> FoundFaces {
        asked.withLock { $0.append(options) }
        try await before.withLock { $0 }?()
        guard let shown = shown.withLock({ $0[picture.sha256.hex] }) else {
            throw HearthError(.invalidImage, "The picture cannot be decoded.")
        }
        let faces = shown.filter { face in
            face.foundBy?(options) ?? true && face.score >= options.minimumScore ?? 0
        }.prefix(options.maximumFaces).map { face in
            FoundFace(
                region: PictureRegion(x: face.x, y: 0.2, width: 0.3, height: 0.4, score: face.score),
                traits: FaceTraits(
                    yaw: face.yaw, pitch: face.pitch, roll: 0, sharpness: 0.8, brightness: 0.6, side: 200,
                    quality: face.quality),
                template: Embedding(Self.vector(face.person, noise: face.noise, seed: face.seed)))
        }
        return FoundFaces(
            width: 640, height: 480, faces: Array(faces), models: try await models(until: options.deadline),
            timings: FaceTimings(decode: .milliseconds(1), detect: .milliseconds(2), embed: .milliseconds(3)))
    }
}
