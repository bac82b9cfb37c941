import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthFaces

@Suite(.timeLimit(.minutes(1))) struct OldPhotoTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    private func photo(_ user: String) async throws -> JSONValue {
        try await bench.call("faces.users.get", bench.fields(user))["photo"] ?? .null
    }

    // MARK: Strategies

    @Test func theStrategiesGoFromCheapToDearAndDiffer() {
        let all = PhotoStrategy.all
        #expect(all.first?.search == .standard && all.first?.score == 1)
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(Set(all.map { "\($0.search) \($0.score)" }).count == all.count)
        #expect(all.contains { $0.search.padding > 0 } && all.contains { $0.search.tiles > 1 })
        #expect(all.contains { $0.search.quarterTurns > 0 } && all.contains { $0.search.longSide != nil })
        #expect(all.map(\.score) == all.map(\.score).sorted(by: >), "those that are unsure come last")
    }

    @Test func theFirstGoodFaceEndsTheSearchAndIsNamed() async throws {
        let picture = bench.picture(
            1,
            [
                .init(person: 1, foundBy: { $0.search.quarterTurns == 1 || $0.search.tiles > 1 })
            ])
        try await bench.user("1", photo: picture)
        let results = try await bench.runJobs()
        #expect(results.first?["strategy"] == "turned_90" && results.first?["found"] == true)
        let turned = PhotoStrategy.all.firstIndex { $0.name == "turned_90" } ?? 0
        #expect(results.first?["tried"] == .int(Int64(turned + 1)), "nothing is tried after it")
        #expect(try await photo("1")["state"] == "extracted")
        #expect(try await photo("1")["strategy"] == "turned_90")
        #expect(bench.finder.asked.withLock { $0.allSatisfy { $0.priority == .background } })
    }

    @Test func anUnsureFaceIsTakenByTheLastStrategiesOnly() async throws {
        try await bench.user("1", photo: bench.picture(1, [.init(person: 1, score: 0.7)]))
        try await bench.runJobs()
        #expect(try await photo("1")["strategy"] == "unsure")
    }

    @Test func aFaceThatIsNotGoodIsNoTemplateAndSaysWhy() async throws {
        try await bench.user("1", photo: bench.picture(1, [.init(person: 1, quality: 0.05)]))
        try await bench.user("2", photo: bench.picture(2, []))
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "no_face")
        #expect(try await photo("1")["failure"]?.stringValue?.contains("LOW_FACE_QUALITY") == true)
        #expect(try await photo("2")["failure"]?.stringValue?.contains("No face was found") == true)
        #expect(try await bench.count("face_templates") == 0)
        #expect(try await bench.count("embeddings") == 0)
    }

    // MARK: Jobs

    @Test func thePhotoAndItsJobAreCommittedTogether() async throws {
        let reply = try await bench.user("1", photo: bench.picture(1, of: 1))
        #expect(reply["user"]?["photo"]?["state"] == "waiting")
        let job = try #require(reply["job_id"]?.stringValue)
        #expect(try await bench.count("jobs", where: "id = '\(job)' AND state = 'pending'") == 1)
        #expect(try await bench.files().count == 1)
        // Refused: then neither is there.
        await #expect(throws: HearthError.self) {
            try await bench.user("1", photo: bench.picture(2, of: 1))
        }
        #expect(try await bench.count("jobs") == 1)
        #expect(try await bench.files().count == 1)
    }

    @Test func aChangedPhotoIsLookedAtAgainAlsoWhileTheFirstOneIs() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        let lease = try #require(try await bench.lease().first)
        // Looked at; before it is committed, another photo comes.
        let second = bench.picture(2, of: 2)
        let first = Locked(true)
        bench.finder.before.withLock { [bench] in
            $0 = {
                guard
                    first.withLock({ isFirst in
                        defer { isFirst = false }
                        return isFirst
                    })
                else { return }
                try await bench.call("faces.photo.set", bench.fields("1"), picture: second)
            }
        }
        try await bench.run(lease)
        #expect(try await bench.count("face_templates") == 0, "the template would be of the first photo")
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "extracted")
        #expect(try await bench.count("face_templates") == 1)
        #expect(try await bench.files().count == 1)
        let reply = try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(3, of: 2))
        #expect(reply["verified"] == true)
    }

    @Test func theSamePhotoAgainCostsNothing() async throws {
        let picture = bench.picture(1, of: 1)
        try await bench.user("1", photo: picture)
        try await bench.runJobs()
        let again = try await bench.call("faces.photo.set", bench.fields("1"), picture: picture)
        #expect(again["job_id"] == nil && again["user"]?["photo"]?["state"] == "extracted")
    }

    @Test func preloadingWorksOnceAndAgainForAnotherModel() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        try await bench.runJobs()
        #expect(try await bench.call("faces.photo.preload", bench.fields("1"))["job_id"] == nil)
        bench.finder.embedder.withLock { $0.digest = "digest-of-another" }
        #expect(try await bench.call("faces.photo.preload", bench.fields("1"))["job_id"] != nil)
        try await bench.runJobs()
        #expect(try await bench.count("face_templates", where: "model_digest = 'digest-of-another'") == 1)
        #expect(try await bench.count("face_templates") == 1)
        #expect(try await bench.count("embeddings") == 1)
    }

    @Test func withoutAPhotoThereIsNothingToPreload() async throws {
        try await bench.user("1")
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("faces.photo.preload", bench.fields("1"))
        }
        #expect(error?.code == .notFound)
    }

    /// Without models the job waits at no cost, and what was sent is kept.
    @Test func withoutModelsThePhotoWaits() async throws {
        bench.finder.isAbsent.withLock { $0 = true }
        try await bench.user("1", photo: bench.picture(1, of: 1))
        let lease = try #require(try await bench.lease().first)
        try await bench.run(lease)
        #expect(try await photo("1")["state"] == "waiting")
        #expect(try await bench.count("jobs", where: "state = 'pending'") == 1)
        bench.finder.isAbsent.withLock { $0 = false }
        bench.clock.advance(by: .seconds(3_600))
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "extracted")
    }

    @Test func aPhotoThatHasLostItsJobGetsOne() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        let job = try await photo("1")["job_id"]?.stringValue ?? ""
        _ = try await bench.queue.cancel(job, of: .local)
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "waiting")
        bench.clock.advance(by: Limits.photoGrace + .seconds(1))
        try await bench.queue.enqueue(Faces.reconciliation.request(ReconcileFaces(), tenant: .local))
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "extracted")
    }

    @Test func allPhotosAreExtractedOneByOne() async throws {
        for number in 1...4 {
            let shown = number == 3 ? [] : [FakeFaceFinder.Shown(person: number)]
            try await bench.user("\(number)", photo: bench.picture(number, shown))
        }
        // One whose bytes no decoder reads.
        let broken = bench.picture(5, of: 5)
        try await bench.user("5", photo: broken)
        bench.finder.shown.withLock { $0[Digest256(of: broken).hex] = nil }
        for lease in try await bench.lease(["faces.photos.extract"]) {
            _ = try await bench.queue.cancel(lease.jobID, of: .local)
        }
        let dry = try Faces.bulkExtraction.request(ExtractPhotos(dryRun: true), tenant: .local)
        try await bench.queue.enqueue(dry)
        #expect(try await bench.runJobs().last?["photos"] == 5)
        try await bench.queue.enqueue(Faces.bulkExtraction.request(ExtractPhotos(), tenant: .local))
        let result = try await bench.runJobs().last
        #expect(result?["photos"] == 5 && result?["found"] == 3 && result?["failed"] == 1)
        #expect(try await bench.count("face_templates") == 3)
    }

    @Test func aDeletedPhotoTakesItsTemplateWithIt() async throws {
        try await bench.user("1", photo: bench.picture(1, of: 1))
        try await bench.runJobs()
        let user = try await bench.call("faces.photo.delete", bench.fields("1"))
        #expect(user["photo"] == nil && user["templates"] == 0)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("embeddings") == 0)
        // And another one can come.
        try await bench.call("faces.photo.set", bench.fields("1"), picture: bench.picture(2, of: 1))
        try await bench.runJobs()
        #expect(try await photo("1")["state"] == "extracted")
    }
}
