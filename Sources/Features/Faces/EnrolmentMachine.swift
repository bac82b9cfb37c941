import HearthCore
import HearthInference

/// How a head is held.
package enum FacePose: String, Sendable, Codable, CaseIterable {
    case front, left, right, up, down

    /// Whether a face is held so: the nose points to the named side of the picture.
    func fits(_ traits: FaceTraits) -> Bool {
        switch self {
        case .front: abs(traits.yaw) <= 12 && abs(traits.pitch) <= 15
        case .left: traits.yaw <= -15
        case .right: traits.yaw >= 15
        case .up: traits.pitch >= 12
        case .down: traits.pitch <= -12
        }
    }

    /// A challenge that no client can know before: the face from the front, and then other poses in any order.
    static func challenge(using generator: inout some RandomNumberGenerator) -> [FacePose] {
        let turned = [FacePose.left, .right, .up, .down].shuffled(using: &generator)
        return [.front] + turned.prefix(Limits.challengePoses - 1)
    }
}

/// What a session has come to, apart from everything around it: no clock, no lock, no model. A shell
/// (``EnrolmentSession``) asks it what to do with a frame, looks at the frame, and tells it what was seen.
///
/// ```
/// waiting ──frame──▶ capturing ──all poses, enough frames──▶ gathered ──▶ ended(combined)
///    │                  │                                       │
///    └──────────────────┴───────────────────────────────────────┴──▶ ended(expired | cancelled | exhausted | flooded)
/// ```
struct EnrolmentMachine: Sendable {
    /// Where a session is.
    enum State: Sendable, Equatable {
        /// No frame was looked at yet. Can become: capturing, ended.
        case waiting
        /// The pose at this place of the challenge is wanted next; past the last one, more good frames are. Can become:
        /// capturing, gathered, ended.
        case capturing(step: Int)
        /// There are enough frames. Can become: ended.
        case gathered
        /// It takes no more frames. Stays as it is.
        case ended(End)
    }

    /// Why a session has ended.
    enum End: String, Sendable, Codable, CaseIterable {
        /// Its frames were combined.
        case combined
        /// Its time was over.
        case expired
        /// The client has left, or asked for it.
        case cancelled
        /// It has looked at as many frames as it may, without enough good ones.
        case exhausted
        /// It was sent more frames than any camera makes.
        case flooded
    }

    /// What is to be done with a frame that has come.
    enum Verdict: Sendable, Equatable {
        /// Look at it, and say what was seen by ``saw(_:at:)``.
        case look
        case refuse(FrameRefusal)
    }

    /// What was seen in a frame.
    enum Sight: Sendable {
        /// So many faces; the first is the largest, with its template.
        case faces([FoundFace])
        /// The frame could not be read.
        case unreadable
    }

    /// A frame that may become a part of the template.
    struct Kept: Sendable {
        let vector: [Float]
        let traits: FaceTraits
        let score: Float
    }

    private(set) var state = State.waiting
    let challenge: [FacePose]
    let thresholds: FaceThresholds
    /// When it ends by itself.
    let expires: ContinuousClock.Instant
    /// Hashes of the frames that were looked at.
    private(set) var hashes: Set<String> = []
    private(set) var received = 0
    private(set) var kept: [Kept] = []
    /// When the last frame came that was not too fast.
    private var lastLook: ContinuousClock.Instant?

    /// Frames that were looked at.
    var looked: Int { hashes.count }

    init(challenge: [FacePose], thresholds: FaceThresholds, expires: ContinuousClock.Instant) {
        self.challenge = challenge
        self.thresholds = thresholds
        self.expires = expires
    }

    /// The pose that is wanted next; nil when none is.
    var wanted: FacePose? {
        switch state {
        case .waiting: challenge.first
        case .capturing(let step): step < challenge.count ? challenge[step] : .front
        case .gathered, .ended: nil
        }
    }

    /// How much of the session is done, 0…1.
    var progress: Double {
        switch state {
        case .waiting: 0
        case .gathered: 1
        case .ended(let end): end == .combined ? 1 : 0
        case .capturing(let step):
            Double(min(step, challenge.count) + min(kept.count, Limits.fewestTemplateFrames))
                / Double(challenge.count + Limits.fewestTemplateFrames)
        }
    }

    // MARK: Frames

    /// Says whether a frame is looked at. To be asked before anything costs time: what comes too fast is refused first.
    mutating func receive(at now: ContinuousClock.Instant) -> Verdict {
        if let refusal = refusal(at: now) { return .refuse(refusal) }
        received += 1
        guard received <= Limits.receivedFrames else {
            state = .ended(.flooded)
            return .refuse(.ended)
        }
        if let lastLook, now - lastLook < Limits.framePause { return .refuse(.tooFast) }
        lastLook = now
        return .look
    }

    /// Says whether a frame with this hash is looked at: each only once, here and in every session before.
    /// - Parameter isKnown: whether an earlier session was sent it.
    mutating func begin(_ hash: String, isKnown: Bool, at now: ContinuousClock.Instant) -> Verdict {
        if let refusal = refusal(at: now) { return .refuse(refusal) }
        guard !isKnown else { return .refuse(.replayed) }
        guard !hashes.contains(hash) else { return .refuse(.repeated) }
        guard looked < Limits.sessionFrames else {
            state = .ended(.exhausted)
            return .refuse(.ended)
        }
        hashes.insert(hash)
        if state == .waiting { state = .capturing(step: 0) }
        return .look
    }

    private mutating func refusal(at now: ContinuousClock.Instant) -> FrameRefusal? {
        expire(at: now)
        switch state {
        case .waiting, .capturing: return nil
        case .gathered, .ended: return .ended
        }
    }

    /// Ends the session when its time is over.
    mutating func expire(at now: ContinuousClock.Instant) {
        switch state {
        case .waiting, .capturing, .gathered: if now >= expires { state = .ended(.expired) }
        case .ended: break
        }
    }

    /// Takes what was seen in a frame that was to be looked at.
    /// - Returns: why it is not kept; empty when it is.
    mutating func saw(_ sight: Sight, at now: ContinuousClock.Instant) -> [FrameProblem] {
        expire(at: now)
        guard case .capturing(let step) = state else { return [.ended] }
        let problems = problems(of: sight, wanted: wanted ?? .front)
        if problems.isEmpty, case .faces(let faces) = sight, let face = faces.first, let template = face.template {
            kept.append(Kept(vector: template.values, traits: face.traits, score: face.region.score))
            let next = min(step + 1, challenge.count)
            let isEnough = next == challenge.count && kept.count >= Limits.fewestTemplateFrames
            state = isEnough ? .gathered : .capturing(step: next)
        } else if looked >= Limits.sessionFrames {
            state = .ended(.exhausted)
        }
        return problems
    }

    private func problems(of sight: Sight, wanted: FacePose) -> [FrameProblem] {
        guard case .faces(let faces) = sight else { return [.unreadable] }
        guard let face = faces.first, let template = face.template else { return [.noFace] }
        guard faces.count == 1 else { return [.reason(.exceedsMaxFaces)] }
        var problems = face.traits.reasons(.frame).map(FrameProblem.reason)
        if Double(face.region.score) < thresholds.detectorScore { problems.append(.reason(.lowConfidence)) }
        if !wanted.fits(face.traits) { problems.append(.wrongPose) }
        // One person from the first frame to the last.
        if let mean = track, FaceVector.cosine(mean, template.values) < thresholds.cosine {
            problems.append(.anotherFace)
        }
        return problems
    }

    /// The face so far; nil before the first frame that is kept.
    private var track: [Float]? { FaceVector.mean(kept.map { ($0.vector, max($0.traits.quality, 0.01)) }) }

    // MARK: End

    /// The template of the best frames, weighted by their quality: never of one lucky frame.
    struct Combined: Sendable, Equatable {
        let vector: [Float]
        let quality: Double
        let frames: Int
    }

    /// Combines the frames and ends.
    /// - Returns: nil when there are not enough; the session goes on then.
    mutating func combine(at now: ContinuousClock.Instant) -> Combined? {
        expire(at: now)
        guard case .gathered = state else { return nil }
        let best = kept.sorted { $0.traits.quality > $1.traits.quality }.prefix(Limits.mostTemplateFrames)
        guard best.count >= Limits.fewestTemplateFrames,
            let vector = FaceVector.mean(best.map { ($0.vector, max($0.traits.quality, 0.01)) })
        else { return nil }
        state = .ended(.combined)
        let quality = best.reduce(0) { $0 + Double($1.traits.quality) } / Double(best.count)
        return Combined(vector: vector, quality: quality, frames: best.count)
    }

    /// Ends the session before it has what it needs; one that has ended stays as it is.
    mutating func cancel(at now: ContinuousClock.Instant) {
        expire(at: now)
        if case .ended = state { return }
        state = .ended(.cancelled)
    }
}

/// Why a frame is not looked at.
enum FrameRefusal: String, Sendable, Codable, CaseIterable {
    /// Less than a tenth of a second after the one before.
    case tooFast = "too_fast"
    /// A newer one has come before its turn.
    case superseded
    /// The same bytes came before in this session …
    case repeated
    /// … or in another one.
    case replayed
    /// The session takes no more.
    case ended
}

/// Why a frame that was looked at is not kept.
enum FrameProblem: Sendable, Equatable {
    case noFace
    case wrongPose
    case anotherFace
    case unreadable
    case ended
    case reason(FaceReason)

    /// As replies name it, beside Rekognition's names.
    var name: String {
        switch self {
        case .noFace: "NO_FACE"
        case .wrongPose: "WRONG_POSE"
        case .anotherFace: "ANOTHER_FACE"
        case .unreadable: "UNREADABLE"
        case .ended: "ENDED"
        case .reason(let reason): reason.rawValue
        }
    }
}
