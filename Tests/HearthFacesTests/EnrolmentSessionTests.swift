import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthFaces

@Suite(.timeLimit(.minutes(1))) struct EnrolmentSessionTests {
    private let bench: FaceBench
    private let start = ContinuousClock.now

    init() async throws { bench = try await FaceBench() }

    private struct Begun {
        let id: String
        let token: String
        let challenge: [FacePose]
    }

    private func begin(_ user: String, purpose: String = "enrol") async throws -> Begun {
        let reply = try await bench.call(
            "faces.sessions.create", bench.fields(user, nil, ["purpose": .string(purpose)]))
        return Begun(
            id: reply["session_id"]?.stringValue ?? "", token: reply["token"]?.stringValue ?? "",
            challenge: (reply["challenge"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(FacePose.init) })
    }

    /// Sends the frames that a session wants, of a person.
    private func show(
        _ person: Int, to session: EnrolmentSession, _ begun: Begun, from number: Int = 0
    ) async throws -> [FrameReply] {
        var replies: [FrameReply] = []
        for (place, pose) in begun.challenge.enumerated() {
            let frame = bench.frame(number + place, of: person, pose)
            replies.append(try await session.frame(frame, at: start + Limits.framePause * place))
        }
        return replies
    }

    private func outcome(_ id: String) async throws -> JSONValue {
        try await bench.call("faces.sessions.get", ["session_id": .string(id)])["outcome"] ?? .null
    }

    // MARK: Enrolment

    @Test func framesBecomeATemplateThatIsRecognised() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        let replies = try await show(1, to: session, begun)
        #expect(replies.allSatisfy { $0.status == .kept && $0.box != nil })
        #expect(replies.first?.pose == begun.challenge[1] && replies.last?.ended == "combined")
        #expect(await session.isOver)
        let end = await session.end(at: start + .seconds(1))
        #expect(end.isSuccess && end.liveness == .heuristic && end.reason == nil)
        #expect(await session.end(at: start + .seconds(2)) == end, "once")
        let shown = try await bench.call("faces.sessions.get", ["session_id": .string(begun.id)])
        #expect(shown["state"] == "ended" && shown["outcome"]?["template"]?["frames"] == 3)
        #expect(shown["outcome"]?["old_photo"]?["state"] == "none")
        #expect(
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(1, of: 1))["verified"]
                == true)
        #expect(bench.faces.sessions.count == 0)
    }

    @Test func theOldPhotoIsLookedAtWhenASessionIsMadeAndCompared() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        let reply = try await bench.call("faces.sessions.create", bench.fields("1"))
        #expect(reply["photo_job_id"] != nil)
        try await bench.runJobs()
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(1, to: session, begun)
        #expect(await session.end(at: start + .seconds(1)).isSuccess)
        let photo = try await outcome(begun.id)["old_photo"]
        #expect(photo?["state"] == "matches" && photo?["similarity"]?.doubleValue ?? 0 > 0.9)
        // From now on the person is known by the enrolment; the photo counts again when somebody asks for it.
        let user = try await bench.call("faces.users.get", bench.fields("1"))
        #expect(user["photo"]?["state"] == "stale" && user["templates"] == 1)
        #expect(try await bench.count("embeddings") == 1)
        #expect(try await bench.call("faces.photo.preload", bench.fields("1"))["job_id"] != nil)
    }

    @Test func aFaceThatIsNotThatOfTheOldPhotoIsRefused() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        var begun = try await begin("1")
        var session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(2, to: session, begun)
        #expect(await session.end(at: start + .seconds(1)).reason == "old_photo_not_ready")
        try await bench.runJobs()
        begun = try await begin("1")
        session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(2, to: session, begun, from: 10)
        let end = await session.end(at: start + .seconds(1))
        #expect(!end.isSuccess && end.reason == "old_photo_differs")
        #expect(try await bench.count("face_templates", where: "source = 'session'") == 0)
        // Unless the client does not mind.
        try await bench.call("faces.clients.update", ["client": "default", "requires_photo_match": false])
        begun = try await begin("1")
        session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(2, to: session, begun, from: 20)
        #expect(await session.end(at: start + .seconds(1)).isSuccess)
        #expect(try await outcome(begun.id)["old_photo"]?["state"] == "differs")
    }

    // MARK: Verification

    @Test func aSessionVerifiesAndTellsTheCameraNoScore() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        for (person, isOwn) in [(1, true), (2, false)] {
            let begun = try await begin("1", purpose: "verify")
            let session = try await bench.faces.open(begun.id, token: begun.token, address: "192.0.2.1", at: start)
            _ = try await show(person, to: session, begun, from: person * 20)
            let end = await session.end(at: start + .seconds(1))
            #expect(end.isSuccess == isOwn && end.reason == (isOwn ? nil : "not_verified"))
            let told = try JSONValueEncoder.encode(end).encodedText()
            #expect(!told.contains("similarity"))
            // Who has made the session may know it.
            #expect(try await outcome(begun.id)["verification"]?["similarity"]?.doubleValue != nil)
            let reply = try await bench.call(
                "faces.verify", bench.fields("1", nil, ["session_id": .string(begun.id)]))
            #expect(reply["verified"] == .bool(isOwn) && reply["liveness"] == "heuristic")
        }
        #expect(try await bench.count("face_attempts", where: "subject LIKE 'address:%'") == 1)
    }

    @Test func noReplyToAFrameHasAScore() throws {
        let reply = FrameReply(
            status: .kept, box: nil, reasons: [], pose: .front, progress: 0.5, framesLeft: 9, ended: nil)
        let members = try JSONValueEncoder.encode(reply).objectValue?.keys ?? []
        #expect(Set(members).isSubset(of: ["status", "box", "reasons", "pose", "progress", "frames_left", "ended"]))
    }

    // MARK: Tokens

    @Test func aTokenOpensItsSessionOnceAndInTime() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        for (id, token, code) in [
            (begun.id, "wrong", HearthError.Code.unauthorized), (Identifier.make(), begun.token, .unauthorized),
        ] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.faces.open(id, token: token, address: nil, at: start)
            }
            #expect(error?.code == code)
        }
        _ = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        let used = await #expect(throws: HearthError.self) {
            try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        }
        #expect(used?.code == .conflict && used?.details?["reason"] == "token_used")
        let late = try await begin("1")
        bench.clock.advance(by: Limits.sessionLife)
        let error = await #expect(throws: HearthError.self) {
            try await bench.faces.open(late.id, token: late.token, address: nil, at: start)
        }
        #expect(error?.code == .conflict && error?.details?["reason"] == "expired")
        #expect(
            try await bench.call("faces.sessions.get", ["session_id": .string(late.id)])["state"] == "expired")
    }

    @Test func theTokenIsNowhereInTheRows() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let rows = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file("hearth.db")))
        #expect(rows.range(of: Data(begun.token.utf8)) == nil && begun.token.count >= 64)
    }

    @Test func aUserHasFewSessionsAtOnce() async throws {
        try await bench.user("1")
        for _ in 0..<Limits.sessionsOfUser { _ = try await begin("1") }
        let error = await #expect(throws: HearthError.self) { try await begin("1") }
        #expect(error?.code == .rateLimited)
        bench.clock.advance(by: Limits.sessionLife)
        _ = try await begin("1")
    }

    // MARK: Frames

    @Test func aRecordedSessionCannotBePlayedAgain() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(1, to: session, begun)
        #expect(await session.end(at: start + .seconds(1)).isSuccess)
        let again = try await begin("1")
        let replay = try await bench.faces.open(again.id, token: again.token, address: nil, at: start)
        let replies = try await show(1, to: replay, begun)
        #expect(replies.allSatisfy { $0.status == .dropped && $0.reasons == ["replayed"] })
        #expect(await !replay.end(at: start + .seconds(1)).isSuccess)
    }

    @Test func twoSessionsAtOnceDoNotShareFrames() async throws {
        try await bench.user("1")
        try await bench.user("2")
        let (first, second) = (try await begin("1"), try await begin("2"))
        let one = try await bench.faces.open(first.id, token: first.token, address: nil, at: start)
        let two = try await bench.faces.open(second.id, token: second.token, address: nil, at: start)
        let frame = bench.frame(1, of: 1, .front)
        #expect(try await one.frame(frame, at: start).status == .kept)
        #expect(try await two.frame(frame, at: start).reasons == ["replayed"])
    }

    @Test func theNewestFrameTakesTheTurnOfTheOneThatWaits() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        let gate = TestGate()
        bench.finder.before.withLock { $0 = { try await gate.pass() } }
        let frames = (0..<3).map { bench.frame($0, of: 1, .front) }
        let start = start
        async let looked = session.frame(frames[0], at: start)
        try await eventually("the first is looked at") { gate.arrivals == 1 }
        async let waits = session.frame(frames[1], at: start + .milliseconds(100))
        try await Task.sleep(for: .milliseconds(20))
        async let newest = session.frame(frames[2], at: start + .milliseconds(200))
        #expect(try await waits.reasons == ["superseded"])
        gate.open()
        #expect(try await looked.status == .kept)
        #expect(try await newest.status != .dropped)
        #expect(bench.finder.asked.withLock { $0.count } == 2)
    }

    @Test func whatIsNoJPEGOfACameraIsANamedErrorAndTheSessionGoesOn() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        let cases: [(Data, HearthError.Code)] = [
            (Data("hello".utf8), .invalidImage), (Data(), .invalidImage),
            (bench.picture(1, of: 1), .unsupportedMediaType),
            (Data(repeating: 0xFF, count: Limits.frameBytes + 1), .bodyTooLarge),
        ]
        for (place, (bytes, code)) in cases.enumerated() {
            let error = await #expect(throws: HearthError.self) {
                try await session.frame(bytes, at: start + Limits.framePause * place)
            }
            #expect(error?.code == code)
        }
        let broken = bench.frame(1, [])
        bench.finder.shown.withLock { $0 = [:] }
        let reply = try await session.frame(broken, at: start + .seconds(1))
        #expect(reply.status == .rejected && reply.reasons == ["UNREADABLE"])
        #expect(try await session.frame(bench.frame(2, of: 1, .front), at: start + .seconds(2)).status == .kept)
    }

    @Test func framesAfterTheEndAreRefused() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        let shown = try await bench.call("faces.sessions.finish", ["session_id": .string(begun.id)])
        #expect(shown["state"] == "ended" && shown["outcome"]?["reason"] == "cancelled")
        let reply = try await session.frame(bench.frame(1, of: 1, .front), at: start + .seconds(1))
        #expect(reply.status == .dropped && reply.reasons == ["ended"])
        #expect(bench.finder.asked.withLock { $0.isEmpty })
    }

    @Test func aSessionThatNobodyHasOpenedCanBeEnded() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        try await bench.call("faces.sessions.finish", ["session_id": .string(begun.id)])
        let error = await #expect(throws: HearthError.self) {
            try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        }
        #expect(error?.code == .conflict)
    }

    /// Deleted while the camera runs: nothing of it comes back.
    @Test func aUserThatIsDeletedMeanwhileIsNotEnrolled() async throws {
        try await bench.user("1")
        let begun = try await begin("1")
        let session = try await bench.faces.open(begun.id, token: begun.token, address: nil, at: start)
        _ = try await show(1, to: session, begun)
        try await bench.call("faces.users.delete", bench.fields("1"))
        #expect(await !session.end(at: start + .seconds(1)).isSuccess)
        #expect(try await bench.count("face_templates") == 0)
        #expect(try await bench.count("embeddings") == 0)
    }
}
