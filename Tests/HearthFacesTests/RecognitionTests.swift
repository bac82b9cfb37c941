import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthFaces

@Suite(.timeLimit(.minutes(1))) struct RecognitionTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    // MARK: Enrolment by pictures

    @Test(
        arguments: [
            ([], "NO_FACE"), ([.init(person: 1), .init(person: 2, x: 0.6)], "EXCEEDS_MAX_FACES"),
            ([.init(person: 1, yaw: 60)], "EXTREME_POSE"), ([.init(person: 1, quality: 0.1)], "LOW_FACE_QUALITY"),
            ([.init(person: 1, score: 0.5)], "LOW_CONFIDENCE"),
        ] as [([FakeFaceFinder.Shown], String)])
    func whatIsNotGoodEnoughIsRefusedWithItsReason(shown: [FakeFaceFinder.Shown], reason: String) async throws {
        try await bench.user("1")
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.templates.add", bench.fields("1"), picture: bench.picture(1, shown))
        }
        #expect(error?.code == .unprocessable)
        #expect(error?.details?["reasons"]?.arrayValue?.contains(.string(reason)) == true)
        #expect(try await bench.count("face_templates") == 0)
        #expect(try await bench.count("embeddings") == 0)
    }

    @Test func theSamePictureIsEnrolledOnceAndManyUpToTheLimit() async throws {
        try await bench.user("1")
        for number in 1...Limits.templatesOfUser {
            try await bench.call("faces.templates.add", bench.fields("1"), picture: bench.picture(number, of: 1))
        }
        let again = try await bench.call("faces.templates.add", bench.fields("1"), picture: bench.picture(3, of: 1))
        #expect(again["is_new"] == false)
        // One more: the oldest leaves, with its vector.
        try await bench.call("faces.templates.add", bench.fields("1"), picture: bench.picture(99, of: 1))
        #expect(try await bench.count("face_templates") == Int64(Limits.templatesOfUser))
        #expect(try await bench.count("embeddings") == Int64(Limits.templatesOfUser))
        let list = try await bench.call("faces.templates.list", bench.fields("1"))["items"]?.arrayValue ?? []
        #expect(list.last?["source"] == "image" && list.allSatisfy { $0["vector"] == nil })
        try await bench.call(
            "faces.templates.delete", bench.fields("1", nil, ["template_id": list[0]["template_id"] ?? .null]))
        #expect(try await bench.count("embeddings") == Int64(Limits.templatesOfUser - 1))
    }

    // MARK: Verify

    @Test func aPersonIsVerifiedAndAnotherIsNot() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let own = try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(2, of: 1))
        #expect(own["verified"] == true && own["liveness"] == "none")
        #expect(own["similarity"]?.doubleValue ?? 0 > 0.9 && own["threshold_used"] == 0.45)
        #expect(own["fmr_at_threshold"] == 0.01 && own["fmr_pairs"] == 40_000)
        #expect(own["model"]?["digest"] == "digest-embedder" && own["timings"]?["total_ms"] != nil)
        let stranger = try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(3, of: 2))
        #expect(stranger["verified"] == false)
    }

    @Test func aPictureThatWasSeenBeforeAsksNoModel() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let probe = bench.picture(2, of: 1)
        #expect(try await bench.call("faces.verify", bench.fields("1"), picture: probe)["is_cached"] == false)
        let asked = bench.finder.asked.withLock { $0.count }
        #expect(try await bench.call("faces.verify", bench.fields("1"), picture: probe)["is_cached"] == true)
        // Also by a process that has just started.
        bench.faces.pictures.forget(try await clientID())
        #expect(try await bench.call("faces.verify", bench.fields("1"), picture: probe)["is_cached"] == true)
        #expect(bench.finder.asked.withLock { $0.count } == asked)
        // Another model reads it again.
        bench.finder.embedder.withLock { $0.digest = "digest-of-another" }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.verify", bench.fields("1"), picture: probe)
        }
        #expect(error?.code == .conflict, "templates of different models are never compared")
    }

    private func clientID() async throws -> String {
        try await bench.store.read { db in try db.value("SELECT id FROM face_clients", as: String.self) } ?? ""
    }

    @Test func theAskedRateDecidesAndAnUnknownOneIsRefused() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let probe = bench.picture(2, of: 1)
        let strict = try await bench.call("faces.verify", bench.fields("1", nil, ["rate": "fmr_1e3"]), picture: probe)
        #expect(strict["threshold_used"] == 0.5 && strict["fmr_at_threshold"] == 0.001)
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.verify", bench.fields("1", nil, ["rate": "fmr_1e4"]), picture: probe)
        }
        #expect(error?.code == .unprocessable)
        let own = try await bench.call("faces.verify", bench.fields("1", nil, ["threshold": 0.999]), picture: probe)
        #expect(own["verified"] == false && own["threshold_used"] == 0.999)
        let both = await #expect(throws: HearthError.self) {
            try await bench.call(
                "faces.verify", bench.fields("1", nil, ["threshold": 0.4, "rate": "fmr_1e3"]), picture: probe)
        }
        #expect(both?.code == .invalidRequest)
    }

    @Test func whoIsNotEnrolledCannotBeVerified() async throws {
        try await bench.user("1")
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(1, of: 1))
        }
        #expect(error?.code == .unprocessable)
    }

    // MARK: Identify

    @Test func aPersonIsFoundAndAStrangerIsUnknown() async throws {
        for person in 1...6 { try await bench.enrolled("user-\(person)", as: person, picture: person) }
        let reply = try await bench.call("faces.identify", picture: bench.picture(10, of: 4))
        #expect(reply["user"]?["external_user_id"] == "user-4" && reply["gallery"] == 6)
        #expect(reply["threshold_used"]?.doubleValue ?? 0 > 0.45, "it rises with the gallery")
        let unknown = try await bench.call("faces.identify", picture: bench.picture(11, of: 99))
        #expect(unknown["user"] == nil && unknown["reason"] == "below_threshold" && unknown["candidates"] == [])
    }

    @Test func twoWhoAreAlikeAreAmbiguous() async throws {
        try await bench.enrolled("twin-a", as: 1, picture: 1)
        try await bench.enrolled("twin-b", as: 1, picture: 2)
        let reply = try await bench.call("faces.identify", picture: bench.picture(10, of: 1))
        #expect(reply["user"] == nil && reply["reason"] == "ambiguous")
        #expect(reply["candidates"]?.arrayValue?.count == 2)
        let sure = try await bench.call("faces.identify", ["margin": 0], picture: bench.picture(10, of: 1))
        #expect(sure["user"] != nil)
    }

    @Test func aVectorServesInThePlaceOfAPicture() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let vector = JSONValue.array(FakeFaceFinder.vector(1).map { .double(Double($0)) })
        let reply = try await bench.call("faces.identify", ["vector": vector])
        #expect(reply["user"]?["external_user_id"] == "1" && reply["region"] == nil)
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.identify", ["vector": [1, 2]])
        }
        #expect(error?.code == .conflict)
        let none = await #expect(throws: HearthError.self) { try await bench.call("faces.identify") }
        #expect(none?.code == .invalidRequest)
    }

    // MARK: Compare

    @Test func twoPicturesAreCompared() async throws {
        let other = JSONValue.string(bench.picture(2, of: 1).base64EncodedString())
        let same = try await bench.call("faces.compare", ["other_base64": other], picture: bench.picture(1, of: 1))
        #expect(same["is_same"] == true && same["is_cached"] == false)
        #expect(
            try await bench.call("faces.compare", ["other_base64": other], picture: bench.picture(1, of: 1))[
                "is_cached"] == true)
        let different = try await bench.call(
            "faces.compare", ["other_base64": other], picture: bench.picture(3, of: 2))
        #expect(different["is_same"] == false)
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.compare", ["other_base64": "AAAA"], picture: bench.picture(1, of: 1))
        }
        #expect(error?.code == .invalidImage)
    }

    // MARK: Not this person

    @Test func whatIsNotThisPersonIsRespectedByEveryCall() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        // A sibling: similar enough for the threshold.
        let sibling = bench.picture(2, [.init(person: 1, noise: 0.9, seed: 77)])
        let again = bench.picture(3, [.init(person: 1, noise: 0.9, seed: 77)])
        #expect(try await bench.call("faces.verify", bench.fields("1"), picture: sibling)["verified"] == true)
        let link = try await bench.call("faces.negatives.add", bench.fields("1"), picture: sibling)
        let reply = try await bench.call("faces.verify", bench.fields("1"), picture: again)
        #expect(reply["verified"] == false && reply["is_negative"] == true)
        #expect(try await bench.call("faces.identify", picture: again)["user"] == nil)
        // The person is still known.
        #expect(
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(4, of: 1))["verified"]
                == true)
        try await bench.call(
            "faces.negatives.delete", bench.fields("1", nil, ["link_id": link["link_id"] ?? .null]))
        #expect(try await bench.call("faces.verify", bench.fields("1"), picture: again)["verified"] == true)
    }
}
