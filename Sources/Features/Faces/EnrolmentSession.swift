import HearthCore
package import HearthInference

package import struct Foundation.Data

/// What a person before the camera is told of a frame. It never says how similar a face is to another one.
package struct FrameReply: Sendable, Codable, Equatable {
    /// What became of a frame.
    package enum Status: String, Sendable, Codable, CaseIterable {
        /// It is a part of the session.
        case kept
        /// It was looked at, and is not good enough; `reasons` say why.
        case rejected
        /// It was not looked at; `reasons` say why.
        case dropped
    }

    package var status: Status
    /// The largest face, in fractions of the frame's width and height.
    package var box: PictureRegion?
    /// Rekognition's names, and `NO_FACE`, `WRONG_POSE`, `ANOTHER_FACE`, `UNREADABLE`, `too_fast`, `superseded`,
    /// `repeated`, `replayed`, `ended`.
    package var reasons: [String]
    /// How the head is to be held next; nil when nothing more is wanted.
    package var pose: FacePose?
    /// 0…1.
    package var progress: Double
    /// Frames that the session may look at yet.
    package var framesLeft: Int
    /// Why the session has ended; nil: it goes on. `combined` means that all is there.
    package var ended: String?
}

/// How a session has ended, for the person before the camera: no similarity is in it.
package struct SessionEnd: Sendable, Codable, Equatable {
    package var sessionID: String
    package var purpose: SessionPurpose
    /// Whether the user is enrolled, or verified.
    package var isSuccess: Bool
    /// Why it is no success: `expired`, `cancelled`, `exhausted`, `flooded`, `old_photo_differs`, `old_photo_not_ready`,
    /// `not_verified`, or the code of an error.
    package var reason: String?
    package var liveness: LivenessLevel
}

/// What a session is for.
package enum SessionPurpose: String, Sendable, Codable, CaseIterable {
    /// To make a template.
    case enrol
    /// To compare with the templates that there are.
    case verify
}

/// A session whose frames come in over a connection; what holds the connection calls it with every frame.
///
/// ```swift
/// let session = try await faces.open(sessionID, token: token, address: address, at: .now)
/// for try await frame in frames { send(try await session.frame(frame, at: .now)) }
/// send(await session.end(at: .now))
/// ```
///
/// One frame is looked at at a time. One that comes meanwhile waits; when another comes before its turn, that one waits
/// in its place, and the older is answered `superseded`: a slow model sees the newest frame, and never a queue of old
/// ones.
package actor EnrolmentSession {
    /// What is around the machine: the model, the rows, the end.
    struct Surroundings: Sendable {
        /// The faces of a frame.
        var look: @Sendable (Picture) async throws -> FoundFaces
        /// Whether an earlier session was sent a frame with this hash.
        var isKnown: @Sendable (String) async throws -> Bool
        /// Makes the rows of the end.
        var finish: @Sendable (EnrolmentMachine.Combined?, EnrolmentMachine.End, Set<String>) async -> SessionEnd
    }

    package nonisolated let sessionID: String
    private var machine: EnrolmentMachine
    private let surroundings: Surroundings
    private var isLooking = false
    /// A frame that waits for its turn.
    private var waiting: CheckedContinuation<Bool, Never>?
    /// Set once, by the first who ends the session; all others wait for it.
    private var ending: Task<SessionEnd, Never>?

    init(sessionID: String, machine: EnrolmentMachine, _ surroundings: Surroundings) {
        self.sessionID = sessionID
        self.machine = machine
        self.surroundings = surroundings
    }

    /// Takes a frame.
    /// - Parameters:
    ///   - bytes: a JPEG.
    ///   - now: when it came.
    /// - Returns: what became of it, when that is known.
    /// - Throws: ``HearthError`` `body_too_large`, `unsupported_media_type`, `invalid_image` for what is no JPEG of a
    ///   camera, and what fails the model: the session goes on.
    package func frame(_ bytes: Data, at now: ContinuousClock.Instant) async throws -> FrameReply {
        if case .refuse(let refusal) = machine.receive(at: now) { return reply(.dropped, [refusal.rawValue]) }
        try Self.check(bytes)
        guard await turn() else { return reply(.dropped, [FrameRefusal.superseded.rawValue]) }
        defer { next() }
        let picture = Picture(bytes)
        let hash = picture.sha256.hex
        let isKnown = try await surroundings.isKnown(hash)
        if case .refuse(let refusal) = machine.begin(hash, isKnown: isKnown, at: now) {
            return reply(.dropped, [refusal.rawValue])
        }
        let sight: EnrolmentMachine.Sight
        var box: PictureRegion?
        do {
            let found = try await surroundings.look(picture)
            box = found.faces.first?.region
            sight = .faces(found.faces)
        } catch let error as HearthError where error.code == .invalidImage {
            sight = .unreadable
        }
        let problems = machine.saw(sight, at: now)
        return reply(problems.isEmpty ? .kept : .rejected, problems.map(\.name), box: box)
    }

    /// Ends the session: combines what there is, or gives up. Further calls answer the same.
    package func end(at now: ContinuousClock.Instant) async -> SessionEnd {
        if let ending { return await ending.value }
        let combined = machine.combine(at: now)
        if combined == nil { machine.cancel(at: now) }
        // What could not be combined was cancelled, unless it had ended by itself.
        let end: EnrolmentMachine.End = if case .ended(let end) = machine.state { end } else { .cancelled }
        let (finish, hashes) = (surroundings.finish, machine.hashes)
        // The caller may leave: the end is written all the same.
        let task = Task { await finish(combined, end, hashes) }
        ending = task
        return await task.value
    }

    /// Whether it takes no more frames.
    package var isOver: Bool {
        switch machine.state {
        case .waiting, .capturing: false
        case .gathered, .ended: true
        }
    }

    // MARK: Turns

    /// Waits until no other frame is looked at.
    /// - Returns: false when a newer frame has taken the turn.
    private func turn() async -> Bool {
        guard isLooking else {
            isLooking = true
            return true
        }
        waiting?.resume(returning: false)
        return await withCheckedContinuation { waiting = $0 }
    }

    private func next() {
        guard let newest = waiting else {
            isLooking = false
            return
        }
        waiting = nil
        newest.resume(returning: true)
    }

    private func reply(_ status: FrameReply.Status, _ reasons: [String], box: PictureRegion? = nil) -> FrameReply {
        let ended: String? =
            switch machine.state {
            case .waiting, .capturing: nil
            case .gathered: EnrolmentMachine.End.combined.rawValue
            case .ended(let end): end.rawValue
            }
        return FrameReply(
            status: status, box: box, reasons: reasons, pose: machine.wanted, progress: machine.progress,
            framesLeft: max(Limits.sessionFrames - machine.looked, 0), ended: ended)
    }

    /// - Throws: ``HearthError`` `body_too_large`, `unsupported_media_type`, `invalid_image`.
    private static func check(_ bytes: Data) throws(HearthError) {
        guard bytes.count <= Limits.frameBytes else {
            throw HearthError(
                .bodyTooLarge, "The frame has \(bytes.count) bytes.", hint: "At most \(Limits.frameBytes).")
        }
        guard try ImageProbe.inspect(bytes).format == .jpeg else {
            throw HearthError(.unsupportedMediaType, "The frame is no JPEG.", hint: "Send each frame as a JPEG.")
        }
    }
}
