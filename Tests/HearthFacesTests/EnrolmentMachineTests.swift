import HearthCore
import HearthInference
import HearthTesting
import Testing

@testable import HearthFaces

@Suite final class EnrolmentMachineTests {
    private let start = ContinuousClock.now
    private var machine: EnrolmentMachine

    init() {
        machine = EnrolmentMachine(
            challenge: [.front, .left, .up], thresholds: FaceThresholds(cosine: 0.45, detectorScore: 0.8),
            expires: start + Limits.sessionLife)
    }

    private func face(
        _ person: Int = 1, yaw: Float = 0, pitch: Float = 0, quality: Float = 0.9, noise: Float = 0.1, seed: UInt64 = 0
    ) -> FoundFace {
        FoundFace(
            region: PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 0.99),
            traits: FaceTraits(
                yaw: yaw, pitch: pitch, roll: 0, sharpness: 0.8, brightness: 0.6, side: 200, quality: quality),
            template: Embedding(FakeFaceFinder.vector(person, noise: noise, seed: seed)))
    }

    /// Sends a frame a tenth of a second after the one before.
    private func send(_ sight: EnrolmentMachine.Sight, _ number: Int) -> [String] {
        let now = start + Limits.framePause * number
        guard machine.receive(at: now) == .look else { return ["refused"] }
        if case .refuse(let refusal) = machine.begin("frame-\(number)", isKnown: false, at: now) {
            return [refusal.rawValue]
        }
        return machine.saw(sight, at: now).map(\.name)
    }

    private func send(_ face: FoundFace, _ number: Int) -> [String] { send(.faces([face]), number) }

    // MARK: Challenge

    @Test func aChallengeBeginsInFrontAndIsNotAlwaysTheSame() {
        var random = RepeatableRandom(seed: 1)
        let challenges = (0..<50).map { _ in FacePose.challenge(using: &random) }
        #expect(challenges.allSatisfy { $0.first == .front && $0.count == Limits.challengePoses })
        #expect(challenges.allSatisfy { Set($0).count == $0.count })
        #expect(Set(challenges).count > 5)
    }

    // MARK: The usual way

    @Test func posesInTheirOrderMakeATemplate() throws {
        #expect(machine.state == .waiting && machine.wanted == .front && machine.progress == 0)
        #expect(send(face(seed: 1), 0) == [])
        #expect(machine.state == .capturing(step: 1) && machine.wanted == .left)
        #expect(send(face(yaw: -25, seed: 2), 1) == [])
        #expect(machine.wanted == .up && machine.progress > 0.5)
        #expect(send(face(pitch: 20, seed: 3), 2) == [])
        #expect(machine.state == .gathered && machine.wanted == nil && machine.progress == 1)
        let result = machine.combine(at: start + .seconds(1))
        let combined = try #require(result)
        #expect(combined.frames == 3 && machine.state == .ended(.combined))
        #expect(FaceVector.cosine(combined.vector, FakeFaceFinder.vector(1)) > 0.98)
        #expect(machine.combine(at: start + .seconds(2)) == nil, "once")
    }

    /// Never of one lucky frame: worse frames count less, and are not left out as long as they are few.
    @Test func framesAreWeighedByTheirQuality() throws {
        _ = send(face(quality: 0.95, noise: 0.05, seed: 1), 0)
        _ = send(face(yaw: -25, quality: 0.35, noise: 0.6, seed: 2), 1)
        _ = send(face(pitch: 20, quality: 0.35, noise: 0.6, seed: 3), 2)
        let result = machine.combine(at: start + .seconds(1))
        let combined = try #require(result)
        let good = FakeFaceFinder.vector(1, noise: 0.05, seed: 1)
        let mean = FaceVector.mean(machine.kept.map { ($0.vector, 1) }) ?? []
        #expect(FaceVector.cosine(combined.vector, good) > FaceVector.cosine(mean, good))
        #expect(combined.frames == 3)
    }

    // MARK: What is not kept

    @Test func whatIsSeenIsSaid() {
        #expect(send(.faces([]), 0) == ["NO_FACE"])
        #expect(send(.faces([face(), face(2)]), 1) == ["EXCEEDS_MAX_FACES"])
        #expect(send(face(yaw: -30), 2) == ["WRONG_POSE"])
        #expect(send(face(quality: 0.1), 3) == ["LOW_FACE_QUALITY"])
        #expect(send(.unreadable, 4) == ["UNREADABLE"])
        #expect(machine.state == .capturing(step: 0) && machine.kept.isEmpty)
    }

    @Test func anotherFaceIsNoPartOfTheTrack() {
        #expect(send(face(), 0) == [])
        #expect(send(face(7, yaw: -25), 1) == ["ANOTHER_FACE"])
        #expect(send(face(yaw: -25), 2) == [])
    }

    @Test func tooFastRepeatedAndReplayedFramesAreNotLookedAt() {
        #expect(machine.receive(at: start) == .look)
        #expect(machine.begin("a", isKnown: false, at: start) == .look)
        #expect(machine.receive(at: start + .milliseconds(99)) == .refuse(.tooFast))
        let later = start + .milliseconds(100)
        #expect(machine.receive(at: later) == .look)
        #expect(machine.begin("a", isKnown: false, at: later) == .refuse(.repeated))
        #expect(machine.begin("b", isKnown: true, at: later) == .refuse(.replayed))
        #expect(machine.looked == 1)
    }

    // MARK: Ends

    @Test func aThousandFramesASecondAreDroppedAndTooManyEndIt() {
        var looked = 0
        for number in 0..<1_000 {
            let now = start + .milliseconds(number)
            guard machine.receive(at: now) == .look else { continue }
            looked += machine.begin("\(number)", isKnown: false, at: now) == .look ? 1 : 0
        }
        #expect(looked == 10)
        for _ in 0..<Limits.receivedFrames { _ = machine.receive(at: start + .seconds(1)) }
        #expect(machine.state == .ended(.flooded))
        #expect(machine.receive(at: start + .seconds(2)) == .refuse(.ended))
    }

    @Test func afterItsFramesItIsExhausted() {
        for number in 0..<Limits.sessionFrames { _ = send(.faces([]), number) }
        #expect(machine.looked == Limits.sessionFrames && machine.state == .ended(.exhausted))
        #expect(send(face(), Limits.sessionFrames) == ["refused"])
    }

    @Test func itsTimeEndsItInEveryState() {
        let late = start + Limits.sessionLife
        #expect(machine.receive(at: late) == .refuse(.ended) && machine.state == .ended(.expired))
        machine = EnrolmentMachineTests().machine
        _ = send(face(), 0)
        #expect(machine.saw(.faces([face()]), at: start + Limits.sessionLife + .seconds(9)) == [.ended])
        machine = EnrolmentMachineTests().machine
        for (number, pose) in [face(), face(yaw: -25), face(pitch: 20)].enumerated() { _ = send(pose, number) }
        #expect(machine.state == .gathered)
        #expect(machine.combine(at: start + Limits.sessionLife + .seconds(9)) == nil)
        #expect(machine.state == .ended(.expired))
    }

    @Test func whatHasEndedStaysAsItIs() {
        machine.cancel(at: start)
        #expect(machine.state == .ended(.cancelled))
        machine.cancel(at: start + Limits.sessionLife * 2)
        #expect(machine.state == .ended(.cancelled))
        #expect(machine.receive(at: start) == .refuse(.ended))
        #expect(machine.begin("a", isKnown: false, at: start) == .refuse(.ended))
        #expect(machine.saw(.faces([face()]), at: start) == [.ended])
        #expect(machine.combine(at: start) == nil)
    }

    /// Any calls in any order: the counts stay within their limits, and an end is an end.
    @Test(arguments: RepeatableRandom.seeds(30)) func noOrderOfCallsBreaksIt(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var (now, ended): (ContinuousClock.Instant, EnrolmentMachine.State?) = (start, nil)
        for number in 0..<400 {
            now += .milliseconds(Int.random(in: 0...600, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = machine.receive(at: now)
            case 1, 2: _ = machine.begin("\(number % 150)", isKnown: random.chance(10), at: now)
            case 3:
                _ = machine.saw(.faces([face(yaw: -25)]), at: now)
                _ = machine.saw(.faces([face(pitch: 20)]), at: now)
            case 4: _ = machine.saw(.unreadable, at: now)
            case 5 where random.chance(10): _ = machine.combine(at: now)
            case 6 where random.chance(3): machine.cancel(at: now)
            default: _ = machine.saw(.faces([face()]), at: now)
            }
            #expect(machine.looked <= Limits.sessionFrames && (0...1).contains(machine.progress))
            if let ended { #expect(machine.state == ended) }
            if case .ended = machine.state { ended = machine.state }
        }
    }
}
