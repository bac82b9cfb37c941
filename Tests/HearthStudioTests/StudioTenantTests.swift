import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// What one tenant has, another neither sees nor changes, whatever it knows of its names and identifiers.
@Suite(.timeLimit(.minutes(3))) struct StudioTenantTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await StudioBench() }

    private func items(_ page: JSONValue, _ key: String = "name") -> [String] {
        (page["items"]?.arrayValue ?? []).compactMap { $0[key]?.stringValue }
    }

    /// Every operation that names something, with identifiers of somebody else's.
    private func attempts(
        on mine: JSONValue, and another: JSONValue, output: JSONValue
    ) -> [(operation: String, input: JSONValue)] {
        let (project, character) = (mine["project_id"] ?? "", mine["character_id"] ?? "")
        let (anchor, second) = (mine["anchor_id"] ?? "", another["character_id"] ?? "")
        return [
            ("studio.projects.get", ["project": project]),
            ("studio.projects.update", ["project": project, "name": "Taken over"]),
            ("studio.projects.update", ["project": project, "style": "manga"]),
            ("studio.projects.delete", ["project": project]),
            ("studio.characters.create", ["project": project, "name": "Spy"]),
            ("studio.characters.list", ["project": project]),
            ("studio.characters.get", ["character_id": character]),
            ("studio.characters.update", ["character_id": character, "name": "Taken over"]),
            ("studio.characters.update", ["character_id": character, "description": "Taken over."]),
            ("studio.characters.delete", ["character_id": character]),
            ("studio.characters.merge", ["character_id": character, "other_character_id": second]),
            ("studio.characters.unmerge", ["character_id": second]),
            ("studio.characters.confirm", ["character_id": character, "name": "Taken over"]),
            ("studio.characters.drop", ["character_id": character]),
            ("studio.characters.search", ["project": project, "q": "Mira"]),
            ("studio.characters.bible.get", ["character_id": character]),
            ("studio.characters.bible.versions", ["character_id": character]),
            ("studio.characters.bible.diff", ["character_id": character]),
            ("studio.characters.bible.update", ["character_id": character, "voice": "Taken over."]),
            ("studio.characters.bible.restore", ["character_id": character, "restore_version": 0]),
            ("studio.characters.anchors.register", ["character_id": character]),
            ("studio.anchors.register", ["project": project, "name": "Spy"]),
            ("studio.anchors.list", ["character_id": character]),
            ("studio.anchors.get", ["anchor_id": anchor]),
            ("studio.anchors.delete", ["anchor_id": anchor]),
            ("studio.recall", ["project": project]),
            ("studio.recall", ["anchor_id": anchor]),
            ("studio.outputs.generate", ["prompt": "Spy", "project_id": project]),
            ("studio.outputs.generate", ["prompt": "Spy", "character_id": character]),
            ("studio.outputs.generate_video", ["prompt": "Spy", "project": project]),
            ("studio.outputs.list", ["project": project]), ("studio.outputs.list", ["character_id": character]),
            ("studio.outputs.get", ["output_id": output]), ("studio.outputs.delete", ["output_id": output]),
        ]
    }

    @Test func noIdentifierOfAnotherTenantIsFound() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        let another = try await bench.register("Otto", project: "Woods", picture: 2)
        try await bench.runJobs()
        let made = try await bench.call(
            "studio.outputs.generate", ["prompt": "Mira", "character_id": mine["character_id"] ?? ""])
        let (before, character) = (try await bench.inventory(), mine["character_id"] ?? "")
        let shown = try await bench.call("studio.characters.get", ["character_id": character])
        let attempts = attempts(on: mine, and: another, output: made["output_id"] ?? "")
        for (operation, input) in attempts {
            let takesPicture =
                operation.hasSuffix("register") || (operation == "studio.recall" && input["project"] != nil)
            let error = await #expect(throws: HearthError.self, "\(operation)") {
                try await bench.call(
                    operation, input, attachment: takesPicture ? bench.picture(3) : nil, tenant: other)
            }
            #expect(error?.code == .notFound, "\(operation)")
        }
        #expect(try await bench.inventory() == before)
        #expect(try await bench.call("studio.characters.get", ["character_id": character]) == shown)

        let references: Set = [
            "project", "project_id", "character_id", "other_character_id", "anchor_id", "output_id",
        ]
        let naming = bench.studio.operations().filter { operation in
            guard !operation.declaration.routes.isEmpty else { return false }
            let fields = operation.inputSchema["properties"]?.objectValue?.keys ?? []
            return !references.isDisjoint(with: fields)
        }
        #expect(
            Set(naming.map(\.name)) == Set(attempts.map(\.operation)), "each operation that names something is tried")
    }

    /// What is refused at once makes no job, and says the same of what is somebody else's and of what never was.
    @Test func noJobIsMadeOfAnIdentifierOfAnotherTenant() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        let made = try await bench.call("studio.outputs.generate", ["prompt": "rain", "kind": "video"])
        let jobs = try await bench.count("jobs")
        let attempts: [(operation: String, field: String, id: JSONValue)] = [
            ("studio.anchors.extract", "anchor_id", mine["anchor_id"] ?? ""),
            ("studio.outputs.render.plain", "output_id", made["output_id"] ?? ""),
            ("studio.outputs.compare", "output_id", made["output_id"] ?? ""),
            ("studio.outputs.introduce", "output_id", made["output_id"] ?? ""),
            ("studio.outputs.stop", "job_id", made["job_id"] ?? ""),
            ("studio.archives.unpack", "import_id", .string(Identifier.make())),
        ]
        for (operation, field, id) in attempts {
            func refusal(_ id: JSONValue) async throws -> HearthError? {
                var input: JSONObject = operation == "studio.outputs.stop" ? ["generator": "away"] : [:]
                input[field] = id
                return try await bench.refusal(operation, .object(input), tenant: other)
            }
            let theirs = try await refusal(id)
            #expect(theirs?.code == .notFound, "\(operation)")
            let nobodys = try await refusal(.string(Identifier.make()))
            #expect(nobodys?.message == theirs?.message, "\(operation)")
        }
        #expect(try await bench.count("jobs") == jobs)
        let naming = bench.studio.operations().filter { operation in
            operation.isQueued && operation.inputSchema["properties"]?.objectValue?.members.isEmpty == false
        }
        // The one is as `plain`, the other names nothing.
        let others: Set = ["studio.outputs.render.away", "studio.reindex"]
        #expect(
            Set(naming.map(\.name)).subtracting(others) == Set(attempts.map(\.operation)),
            "each queued operation that names something is tried")
    }

    /// Whether an identifier is somebody else's or nobody's, its job says the same.
    @Test func aJobTellsNothingOfAnAnchorOfAnotherTenant() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        func result(_ anchor: JSONValue) async throws -> JSONValue? {
            try await bench.runJob("studio.anchors.extract", input: ["anchor_id": anchor], tenant: other)
        }
        let ofTheirs = try await result(mine["anchor_id"] ?? "")
        #expect(try await result(.string(Identifier.make())) == ofTheirs && ofTheirs?["skipped"] != nil)
    }

    /// Somebody else's job that names an anchor, and has failed, is none of this anchor.
    @Test func aJobOfAnotherTenantKeepsNoAnchorFromItsVector() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        _ = try await bench.store.write { db in try db.execute("DELETE FROM jobs") }
        let request = try Studio.extraction.request(
            ExtractAnchor(anchorID: mine["anchor_id"]?.stringValue ?? ""), tenant: other)
        _ = try await bench.queue.enqueue(request)
        #expect(try await bench.runJob("studio.anchors.reconcile", input: [:])?["enqueued"] == 1)
    }

    @Test func aMergeTakesNothingFromAnotherTenant() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        let theirs = try await bench.register("Mira", project: "Woods", picture: 2, tenant: other)
        for (kept, gone) in [(mine, theirs), (theirs, mine)] {
            for tenant in [Tenant.local, other] {
                let input: JSONValue = [
                    "character_id": kept["character_id"] ?? "", "other_character_id": gone["character_id"] ?? "",
                ]
                let error = await #expect(throws: HearthError.self) {
                    try await bench.call("studio.characters.merge", input, tenant: tenant)
                }
                #expect(error?.code == .notFound)
            }
        }
        #expect(try await bench.count("characters") == 2)
    }

    @Test func twoTenantsUseTheSameNamesAndPicturesApart() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        let theirs = try await bench.register("Mira", project: "Woods", picture: 1, tenant: other)
        #expect(theirs["is_new"] == true)
        for key in ["project_id", "character_id", "anchor_id", "job_id"] { #expect(mine[key] != theirs[key], "\(key)") }
        try await bench.call("studio.projects.rename", ["project": "Woods", "name": "Forest"], tenant: other)
        #expect(items(try await bench.call("studio.projects.list", [:])) == ["Woods"])
        #expect(items(try await bench.call("studio.projects.list", [:], tenant: other)) == ["Forest"])
        let characters = try await bench.call("studio.characters.list", [:], tenant: other)
        #expect(items(characters, "character_id") == [theirs["character_id"]?.stringValue ?? ""])
        // A name of somebody else's project is a free name.
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("studio.projects.get", ["project": "Forest"])
        }
        #expect(error?.code == .notFound)
    }

    @Test func recallComparesWithOnesOwnPicturesOnly() async throws {
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Otto", project: "Woods", picture: 2, tenant: other)
        try await bench.runJobs()
        for (tenant, name, picture) in [(Tenant.local, "Mira", 2), (other, "Otto", 1)] {
            let found = try await bench.recall(picture: picture, tenant: tenant)
            #expect(found["matches"]?.arrayValue?.map { $0["name"]?.stringValue } == [name])
            #expect(found["compared"] == 1)
        }
        let stranger = try await bench.recall(picture: 1, tenant: Tenant(rawValue: "stranger"))
        #expect(stranger["matches"]?.arrayValue == [] && stranger["compared"] == 0)
    }

    @Test func aCursorOfAnotherTenantShowsOnlyOnesOwn() async throws {
        for number in 0..<3 {
            try await bench.register("C\(number)", project: "P\(number)", picture: number)
            try await bench.register("D\(number)", project: "Q\(number)", picture: number, tenant: other)
        }
        let theirs = try await bench.call("studio.characters.list", ["limit": 1], tenant: other)
        let cursor = try #require(theirs["next_cursor"])
        let mine = try await bench.call("studio.characters.list", ["cursor": cursor])
        #expect(items(mine) == ["C2", "C1", "C0"])
        #expect(items(try await bench.call("studio.projects.list", ["cursor": cursor])) == ["P2", "P1", "P0"])
    }

    @Test func whatOneTenantDeletesTheOtherKeeps() async throws {
        let mine = try await bench.register("Mira", project: "Woods", picture: 1)
        let theirs = try await bench.register("Mira", project: "Woods", picture: 1, tenant: other)
        try await bench.runJobs()
        try await bench.call("studio.projects.delete", ["project": "Woods"])
        let left = try await bench.call("studio.anchors.get", ["anchor_id": theirs["anchor_id"] ?? ""], tenant: other)
        #expect(left["is_remembered"] == true)
        #expect(try await bench.blobs.read(left["path"]?.stringValue ?? "") == bench.picture(1))
        #expect(try await bench.recall(picture: 1, tenant: other)["matches"]?.arrayValue?.count == 1)
        #expect(try await bench.sweep() == 0, "no file of theirs is taken for an orphan")
        await #expect(throws: HearthError.self) { try await bench.job(mine, tenant: other) }
    }

    @Test func workThatIsMissingIsEnqueuedForTheTenantWhoseItIs() async throws {
        let theirs = try await bench.register("Mira", project: "Woods", picture: 1, tenant: other)
        _ = try await bench.store.write { db in try db.execute("DELETE FROM jobs") }
        #expect(try await bench.runJob("studio.anchors.reconcile", input: [:])?["enqueued"] == 1)
        let anchor: JSONValue = ["anchor_id": theirs["anchor_id"] ?? ""]
        let waiting = try await bench.call("studio.anchors.get", anchor, tenant: other)
        #expect(try await bench.job(waiting, tenant: other).status == .pending)
        try await bench.runJobs()
        #expect(try await bench.call("studio.anchors.get", anchor, tenant: other)["is_remembered"] == true)
        #expect(try await bench.recall(picture: 1, tenant: other)["compared"] == 1)
    }
}
