import Foundation
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// A file's path is chosen when it is written; whoever owns it later, it stays where it is and its row says where.
@Suite(.timeLimit(.minutes(3))) struct AnchorFileTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    private func anchor(_ registered: JSONValue) async throws -> JSONValue {
        try await bench.call("studio.anchors.get", ["anchor_id": registered["anchor_id"] ?? ""])
    }

    private func path(_ registered: JSONValue) async throws -> String {
        try #require(try await anchor(registered)["path"]?.stringValue)
    }

    @Test func aRegistrationThatLosesARaceWritesItsFileOnceAndKeepsIt() async throws {
        let bench = bench
        bench.blobs.beforeNextWrite.withLock {
            $0 = { _ = try await bench.register("Mira", project: "Woods", picture: 2) }
        }
        let late = try await bench.register("Mira", project: "Woods", picture: 1)
        #expect(try await bench.count("projects") == 1)
        #expect(try await bench.count("characters") == 1)
        #expect(bench.blobs.written.withLock { $0 }.count == 2, "each picture was written once")
        let path = try await path(late)
        #expect(try await bench.blobs.read(path) == bench.picture(1))
        #expect(!path.contains(late["character_id"]?.stringValue ?? ""), "it names a character that was never made")
        #expect(try await bench.count("anchors") == 2)
    }

    @Test func theSamePictureTwiceAtOnceLeavesOneFile() async throws {
        let bench = bench
        bench.blobs.beforeNextWrite.withLock {
            $0 = { _ = try await bench.register("Mira", project: "Woods", picture: 1) }
        }
        let late = try await bench.register("Mira", project: "Woods", picture: 1)
        #expect(late["is_new"] == false)
        #expect(try await bench.files() == [path(late)])
    }

    @Test func aCharacterThatGoesBeforeTheRowsAreWrittenIsMadeAnew() async throws {
        let bench = bench
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        bench.blobs.beforeNextWrite.withLock {
            $0 = {
                _ = try await bench.call(
                    "studio.characters.delete", ["character_id": first["character_id"] ?? ""])
            }
        }
        let second = try await bench.register("Mira", project: "Woods", picture: 2)
        #expect(second["character_id"] != first["character_id"])
        #expect(try await bench.files() == [path(second)])
    }

    @Test func aRegistrationForACharacterThatIsGoneLeavesNoFile() async throws {
        let bench = bench
        let first = try await bench.register("Mira", project: "Woods", picture: 1)
        let id = first["character_id"] ?? ""
        bench.blobs.beforeNextWrite.withLock {
            $0 = { _ = try await bench.call("studio.characters.delete", ["character_id": id]) }
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call(
                "studio.characters.anchors.register", ["character_id": id], attachment: bench.picture(2))
        }
        #expect(error?.code == .notFound)
        #expect(try await bench.files().isEmpty)
    }

    @Test func deletingACharacterTakesItsFilesWhereverTheyAre() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.runJobs()
        try await bench.merge(otto, into: mira)
        _ = try await bench.call("studio.characters.delete", ["character_id": mira["character_id"] ?? ""])
        #expect(try await bench.blobs.list("projects", after: nil, limit: 10).isEmpty)
    }

    // MARK: Merging

    @Test func aMergeGivesPicturesAndVectorsToTheOneThatStays() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.runJobs()
        #expect(try await bench.recall(picture: 2)["matches"]?[0]?["name"] == "Otto")
        let before = try await bench.files()
        let merged = try await bench.merge(otto, into: mira)
        #expect(merged["moved_anchor_count"] == 1)
        #expect(merged["character"]?["anchor_count"] == 2 && merged["character"]?["remembered_count"] == 2)
        #expect(try await bench.files() == before, "no file moves")
        let found = try await bench.recall(picture: 2)
        #expect(found["matches"]?.arrayValue?.map { $0["name"] } == ["Mira"])
        #expect(found["matches"]?[0]?["anchor_id"] == otto["anchor_id"])
        #expect(found["compared"] == 2)
        #expect(try await bench.call("studio.characters.list", [:])["items"]?.arrayValue?.count == 1)
    }

    @Test func aPictureThatBothHaveIsKeptOnce() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 1)
        _ = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.runJobs()
        let merged = try await bench.merge(otto, into: mira)
        #expect(merged["moved_anchor_count"] == 1 && merged["character"]?["anchor_count"] == 2)
        #expect(try await bench.count("embeddings") == 2)
        #expect(try await bench.recall(picture: 1)["compared"] == 2)
        // The other one's copy stays until the merge cannot be undone any more.
        #expect(try await bench.files().count == 3)
        bench.clock.advance(by: Limits.mergeUndo)
        try await DeletionUpkeep([bench.studio], logger: .quiet).finish()
        #expect(try await bench.files().count == 2)
        #expect(try await anchor(mira)["character_id"] == mira["character_id"])
    }

    @Test func aPictureThatIsLookedAtWhileItsOwnerChangesBelongsToTheNewOne() async throws {
        let bench = bench
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        // The recipe is written between the look at the picture and the commit of its vector.
        bench.blobs.beforeNextWrite.withLock { $0 = { try await bench.merge(otto, into: mira) } }
        try await bench.runJobs()
        let found = try await bench.recall(picture: 2)
        #expect(found["matches"]?.arrayValue?.map { $0["character_id"] } == [mira["character_id"]])
        #expect(found["compared"] == 2)
    }

    @Test func aMergeKeepsTheDescriptionThatThereIs() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        _ = try await bench.call(
            "studio.characters.update", ["character_id": otto["character_id"] ?? "", "description": "Brown."])
        #expect(try await bench.merge(otto, into: mira)["character"]?["description"] == "Brown.")
    }

    @Test func whatCannotBeMergedIsRefusedAndStays() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let luma = try await bench.register("Luma", project: "Comet", picture: 2)
        let strange: JSONValue = ["character_id": .string(Identifier.make())]
        for (other, code) in [
            (mira, HearthError.Code.invalidRequest), (luma, .unprocessable), (strange, .notFound),
        ] {
            let error = await #expect(throws: HearthError.self) { try await bench.merge(other, into: mira) }
            #expect(error?.code == code)
        }
        #expect(try await bench.count("characters") == 2)
        #expect(try await bench.count("anchors") == 2)
    }

    // MARK: Reading

    @Test func aFileIsFoundByItsIdentifierAndTenant() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let (studio, id) = (bench.studio, mira["anchor_id"]?.stringValue ?? "")
        let file = try #require(try await bench.store.read { db in try studio.file(id, of: .local, in: db) })
        #expect(try await file.path == path(mira) && file.mediaType == "image/gif")
        #expect(file.bytes == bench.picture(1).count)
        let other = Tenant(rawValue: "other")
        #expect(try await bench.store.read { db in try studio.file(id, of: other, in: db) } == nil)
    }
}
