import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// Pictures and videos from the call that asks for them to the files that lie in the folder.
@Suite(.timeLimit(.minutes(3))) struct OutputTests {
    private let bench: StudioBench
    private let render = "studio.outputs.render.plain"

    init() async throws { bench = try await StudioBench() }

    @discardableResult
    private func generate(_ input: JSONValue, tenant: Tenant = .local) async throws -> JSONValue {
        try await bench.call("studio.outputs.generate", input, tenant: tenant)
    }

    private func output(_ generating: JSONValue) async throws -> JSONValue {
        try await bench.call("studio.outputs.get", ["output_id": generating["output_id"] ?? ""])
    }

    private func allFiles() async throws -> [String] {
        try await bench.blobs.list("projects", after: nil, limit: 1_000)
    }

    // MARK: Asking

    @Test func theAnswerComesAtOnceWithJobRecipeAndSeed() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate([
            "prompt": "Mira walks", "character_id": mira["character_id"] ?? "", "style_preset": "cyberpunk",
        ])
        #expect(answer["status"] == "pending" && answer["is_new"] == true)
        #expect(answer["websocket_url"]?.stringValue == "/ws/\(answer["job_id"]?.stringValue ?? "")")
        let recipe = try #require(answer["recipe"])
        #expect(recipe["generator"] == "plain" && recipe["steps"] == 15 && recipe["sampler"] == "dpmpp_2m")
        #expect(recipe["scheduler"] == "karras" && recipe["reference_weight"] == 0.8)
        #expect(recipe["width"] == 1_280 && recipe["height"] == 720)
        #expect(recipe["positive"]?.stringValue?.contains("Mira walks") == true)
        #expect(try #require(recipe["seed"]?.integerValue) >= 0)
        #expect(recipe["references"]?[0]?["character_name"] == "Mira")
        #expect(recipe["shot"]?["project"] == "Woods" && recipe["shot"]?["number"] == 1)
        #expect(try await output(answer)["status"] == "pending")
    }

    @Test func aCallWithoutAProjectUsesTheDefaultOne() async throws {
        let (first, second) = (try await generate(["prompt": "a"]), try await generate(["prompt": "b"]))
        #expect(first["project_id"] == second["project_id"])
        #expect(second["recipe"]?["shot"]?["number"] == 2)
        #expect(try await bench.count("projects") == 1)
    }

    @Test func severalOutputsAreJobsOfTheirOwnWithSeedsThatFollow() async throws {
        let answer = try await generate(["prompt": "a", "n": 3, "seed": 41])
        let others = try #require(answer["others"]?.arrayValue)
        #expect(answer["recipe"]?["seed"] == 41 && others.map { $0["seed"] } == [42, 43])
        #expect(Set(([answer] + others).compactMap { $0["job_id"]?.stringValue }).count == 3)
        #expect(try await bench.count("outputs") == 3)
    }

    @Test func theSameKeyAnswersTheFirstCall() async throws {
        let first = try await generate(["prompt": "a", "idempotency_key": "k", "n": 2])
        let again = try await generate(["prompt": "a", "idempotency_key": "k", "n": 2])
        #expect(again["is_new"] == false && again["output_id"] == first["output_id"])
        #expect(again["others"] == first["others"])
        #expect(try await bench.count("outputs") == 2)
        let other = try await generate(["prompt": "a", "idempotency_key": "k"], tenant: Tenant(rawValue: "other"))
        #expect(other["is_new"] == true, "keys are a tenant's own")
    }

    /// A key that were looked up alone would answer a video for a picture.
    @Test(
        arguments: [
            ("studio.outputs.generate", ["prompt": "b"]), ("studio.outputs.generate", ["prompt": "a", "n": 3]),
            ("studio.outputs.generate", ["prompt": "a", "kind": "video"]),
            ("studio.outputs.generate_video", ["prompt": "a"]),
            ("studio.outputs.generate", ["prompt": "a", "seed": 1]),
        ] as [(String, JSONValue)])
    func aKeyBelongsToOneRequest(operation: String, input: JSONValue) async throws {
        let first = try await generate(["prompt": "a", "idempotency_key": "k"])
        var other = input
        other["idempotency_key"] = "k"
        #expect(try await bench.refusal(operation, other)?.code == .idempotencyKeyReused)
        #expect(try await bench.count("outputs") == 1)
        #expect(try await bench.count("jobs") == 1)
        // The same request in other words, and with other wishes of how to hear of it.
        let same = try await generate([
            "prompt": "a", "kind": "image", "n": 1, "preview": true, "idempotency_key": "k",
        ])
        #expect(same["is_new"] == false && same["output_id"] == first["output_id"])
    }

    @Test func aKeyOfAnOlderServerAnswersAsItDid() async throws {
        let first = try await generate(["prompt": "a", "idempotency_key": "k"])
        _ = try await bench.store.write { db in try db.execute("UPDATE outputs SET request_digest = NULL") }
        #expect(try await generate(["prompt": "b", "idempotency_key": "k"])["output_id"] == first["output_id"])
    }

    @Test(
        arguments: [
            (JSONValue.object([:]), HearthError.Code.invalidRequest), (["prompt": ""], .invalidRequest),
            (["prompt": "  \n "], .invalidRequest),
            (["prompt": "a\u{0}b"], .invalidRequest), (["prompt": "a\u{1B}[31m"], .invalidRequest),
            (["prompt": .string(String(repeating: "a", count: 4_001))], .invalidRequest),
            (["prompt": "a", "style_preset": "no such"], .notFound),
            (["prompt": "a", "generator": "no such"], .invalidRequest),
            (["prompt": "a", "generator": "away"], .unprocessable), (["prompt": "a", "n": 5], .invalidRequest),
            (["prompt": "a", "n": 0], .invalidRequest), (["prompt": "a", "width": 640], .invalidRequest),
            (["prompt": "a", "width": 641, "height": 480], .invalidRequest),
            (["prompt": "a", "width": 4_096, "height": 480], .invalidRequest),
            (["prompt": "a", "width": 640, "height": 480, "aspect": "1:1"], .invalidRequest),
            (["prompt": "a", "aspect": "4:3"], .invalidRequest), (["prompt": "a", "seconds": 3], .invalidRequest),
            (["prompt": "a", "kind": "video", "seconds": 0], .invalidRequest),
            (["prompt": "a", "kind": "video", "seconds": 10_000], .invalidRequest),
            (["prompt": "a", "kind": "video", "seconds": 11], .invalidRequest),
            (["prompt": "a", "kind": "sound"], .invalidRequest), (["prompt": "a", "seed": -1], .invalidRequest),
            (["prompt": "a", "reference_weight": 1.01], .invalidRequest),
            (["prompt": "a", "steps": 0], .invalidRequest),
            (["prompt": "a", "maximum_tries": 2], .invalidRequest),
            (["prompt": "a", "minimum_similarity": 0.5, "maximum_tries": 5], .invalidRequest),
            (["prompt": "a", "project": "no such"], .notFound), (["prompt": "a", "character": "no such"], .notFound),
            (["prompt": "a", "character_id": "no such"], .notFound),
            (["prompt": "a", "project": "x", "project_id": "y"], .invalidRequest),
            (["prompt": "a", "sede": 1], .invalidRequest),
            (["prompt": "a", "pictures": [["picture_id": "x", "purpose": "start"]]], .unprocessable),
            (["prompt": "a", "pictures": [["picture_id": "x", "purpose": "character"]]], .notFound),
        ] as [(JSONValue, HearthError.Code)])
    func badInputIsRefusedAndLeavesNothingBehind(input: JSONValue, code: HearthError.Code) async throws {
        let error = await #expect(throws: HearthError.self) { try await generate(input) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.hint != nil || code == .notFound || error?.message.isEmpty == false)
        for table in ["projects", "outputs", "jobs"] { #expect(try await bench.count(table) == 0, "\(table)") }
    }

    @Test func charactersOfOtherProjectsAndTenantsAreRefused() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.register("Otto", project: "Sea", picture: 2)
        let id = mira["character_id"] ?? ""
        let wrong = await #expect(throws: HearthError.self) {
            try await generate(["prompt": "a", "character_id": id, "project": "Sea"])
        }
        #expect(wrong?.code == .invalidRequest)
        let foreign = await #expect(throws: HearthError.self) {
            try await generate(["prompt": "a", "character_id": id], tenant: Tenant(rawValue: "other"))
        }
        #expect(foreign?.code == .notFound)
        #expect(try await bench.count("outputs") == 0)
    }

    @Test func aGeneratorThatIsNotSetUpIsNeverReplaced() async throws {
        let error = await #expect(throws: HearthError.self) {
            try await generate(["prompt": "a", "generator": "comfyui"])
        }
        #expect(error?.message == "There is no generator `comfyui` on this server.")
        #expect(error?.hint == "Of images there are: plain.")
    }

    // MARK: Making

    @Test func anOutputLiesWhereAPersonLooksForItWithItsRecipeBeside() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate(["prompt": "Mira walks", "character_id": mira["character_id"] ?? "", "seed": 5])
        try await bench.run([render])
        let output = try await output(answer)
        #expect(output["status"] == "completed" && output["finished_at"] != nil)
        let path = try #require(output["file"]?["path"]?.stringValue)
        let (project, character) = (mira["project_id"]?.stringValue ?? "", mira["character_id"]?.stringValue ?? "")
        let folder = "projects/\(project)/characters/\(character)/outputs/"
        #expect(path.hasPrefix(folder))
        #expect(path.dropFirst(folder.count).wholeMatch(of: /[0-9]{8}_[0-9]{6}_image_0001\.gif/) != nil, "\(path)")
        #expect(try await bench.blobs.read(path) == PlainGenerator.picture(seed: 5, prompt: "Mira walks"))
        let sidecar = try JSONParser.parse(try await bench.blobs.read("\(path).json"))
        #expect(sidecar["recipe"]?["seed"] == 5 && sidecar["output_id"] == answer["output_id"])
        #expect(sidecar["reference"]?["mechanism"] == "layout_share" && sidecar["character_name"] == "Mira")
        #expect(output["reference"]?["effective"] == 0.4 && output["details"]?["note"] == "plain")
    }

    @Test func anOutputWithoutACharacterLiesInTheGeneralFolder() async throws {
        let answer = try await generate(["prompt": "a"])
        try await bench.run([render])
        let path = try #require(try await output(answer)["file"]?["path"]?.stringValue)
        #expect(path.hasPrefix("projects/\(answer["project_id"]?.stringValue ?? "")/general/"))
    }

    @Test func theFilesRouteFindsAnOutputByItsOwnIdentifierAndItsFiles() async throws {
        let answer = try await generate(["prompt": "a"])
        let (id, studio) = (answer["output_id"]?.stringValue ?? "", bench.studio)
        #expect(try await bench.store.read { db in try studio.file(id, of: .local, in: db) } == nil)
        try await bench.run([render])
        let file = try #require(try await bench.store.read { db in try studio.file(id, of: .local, in: db) })
        #expect(file.mediaType == "image/gif")
        let fileID = try #require(try await output(answer)["file"]?["file_id"]?.stringValue)
        #expect(try await bench.store.read { db in try studio.file(fileID, of: .local, in: db) } == file)
        let other = Tenant(rawValue: "other")
        #expect(try await bench.store.read { db in try studio.file(fileID, of: other, in: db) } == nil)
    }

    @Test func aRetryKeepsRecipeAndSeedAndMakesTheSameBytes() async throws {
        let answer = try await generate(["prompt": "a"])
        let (job, seed) = (answer["job_id"]?.stringValue ?? "", answer["recipe"]?["seed"]?.integerValue)
        bench.generator.before.withLock {
            $0 = { _ in throw JobFailure(kind: .permanent, code: "program_failed", message: "It broke.") }
        }
        try await bench.run([render])
        let failed = try await output(answer)
        #expect(failed["status"] == "failed" && failed["failure"] == "It broke." && failed["file"] == nil)
        bench.generator.before.withLock { $0 = { _ in } }
        try await bench.retry(job)
        let again = try await output(answer)
        #expect(again["status"] == "pending" && again["failure"] == nil)
        try await bench.run([render])
        let made = try await output(answer)
        #expect(made["status"] == "completed" && made["recipe"]?["seed"]?.integerValue == seed)
        let path = try #require(made["file"]?["path"]?.stringValue)
        #expect(try await bench.blobs.read(path) == PlainGenerator.picture(seed: seed ?? 0, prompt: "a"))
    }

    @Test func aCancelledOutputIsCancelledAndLeavesNoFile() async throws {
        let answer = try await generate(["prompt": "a"])
        let (job, bench) = (answer["job_id"]?.stringValue ?? "", bench)
        bench.generator.before.withLock { $0 = { _ in try await bench.cancel(job) } }
        try await bench.run([render])
        #expect(try await output(answer)["status"] == "cancelled")
        #expect(try await allFiles().isEmpty)
    }

    /// The second of three tries does not end well.
    @Test(arguments: [true, false]) func filesOfTriesThatWereMadeGoAtOnceWithTheAttempt(isCancelled: Bool) async throws
    {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let before = try await allFiles()
        let answer = try await generate([
            "prompt": "a", "character_id": mira["character_id"] ?? "", "minimum_similarity": 1, "maximum_tries": 3,
        ])
        let bench = bench
        bench.generator.before.withLock {
            $0 = { _ in
                guard bench.generator.asked.withLock({ $0.count }) == 2 else { return }
                #expect(try await bench.blobs.list("projects", after: nil, limit: 100).count > before.count)
                if isCancelled { throw CancellationError() }
                throw JobFailure(kind: .permanent, code: "program_failed", message: "It broke.")
            }
        }
        try await bench.run([render])
        #expect(try await allFiles() == before)
        #expect(try await bench.blobs.staged(limit: 10).isEmpty)
        #expect(try await output(answer)["file"] == nil)
    }

    @Test func aFileThatCannotBeKeptLeavesNothing() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let before = try await allFiles()
        try await generate(["prompt": "a", "character_id": mira["character_id"] ?? ""])
        // The first thing that is written after the file is its recipe.
        bench.blobs.beforeNextWrite.withLock { $0 = { throw HearthError(.insufficientStorage, "The disk is full.") } }
        try await bench.run([render])
        #expect(try await allFiles() == before)
        #expect(try await bench.blobs.staged(limit: 10).isEmpty)
    }

    // MARK: Videos

    private static let frame = PlainGenerator.picture(seed: 3, prompt: "frame")

    /// Writes a frame where ffmpeg would.
    private static let ffmpeg: FolderRunner.Program = { call, folder in
        #expect(call.program == "ffmpeg" && call.arguments.contains("file:out.mp4"))
        try frame.write(to: URL(fileURLWithPath: "\(folder)/frame.png"))
        return ProgramResult(status: 0, output: Data(), messages: "")
    }

    @Test func aVideoThatCameFromElsewhereIsComparedByAFrameOfIt() async throws {
        let bench = try await StudioBench(program: Self.ffmpeg)
        bench.generator.video.withLock { $0 = Data("\u{0}\u{0}\u{0} ftypisom".utf8) }
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await bench.call(
            "studio.outputs.generate",
            [
                "prompt": "a", "kind": "video", "character_id": mira["character_id"] ?? "", "minimum_similarity": -1,
            ])
        try await bench.run([render])
        let output = try await bench.call("studio.outputs.get", ["output_id": answer["output_id"] ?? ""])
        #expect(output["file"]?["media_type"] == "video/mp4")
        #expect(output["file"]?["similarity"]?["model"] == "bytes", "\(output["file"]?.encodedText() ?? "")")
    }

    @Test func aVideoWithoutAFrameIsKeptAllTheSame() async throws {
        bench.generator.video.withLock { $0 = Data("\u{0}\u{0}\u{0} ftypisom".utf8) }
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate([
            "prompt": "a", "kind": "video", "character_id": mira["character_id"] ?? "", "minimum_similarity": 0.5,
        ])
        try await bench.run([render])
        let made = try await output(answer)
        #expect(made["status"] == "completed" && made["file"]?["similarity"] == nil)
        #expect(made["tries"]?.arrayValue?.count == 1, "what cannot be measured is not tried again")
    }

    @Test func aWorkerThatDiesBeforeTheEndLeavesNothingAndTheNextMakesTheSameOutput() async throws {
        let answer = try await generate(["prompt": "a"])
        let lease = try #require(try await bench.lease(render, by: "first").first)
        let outcome = try await bench.attempt(lease)
        // It is killed after its files lie in the folder, and before the end of its job is written.
        try await bench.releaseWorker("first")
        #expect(try await output(answer)["file"] == nil)
        try await bench.run([render], worker: "second")
        let made = try await output(answer)
        #expect(made["status"] == "completed")
        #expect(try await bench.sweep() == 2, "the file of the first attempt, and its recipe")
        // The first attempt comes back too late: it changes no row and no file of the second.
        #expect(try await !bench.complete(lease, outcome))
        #expect(try await output(answer) == made)
        let path = try #require(made["file"]?["path"]?.stringValue)
        #expect(try await allFiles() == [path, "\(path).json"])
    }

    @Test func anotherServerKnowsATryByTheSameNameInEachAttempt() async throws {
        let answer = try await generate(["prompt": "a", "minimum_similarity": 1])
        let job = answer["job_id"]?.stringValue ?? ""
        #expect(Studio.workID(job: job, number: 1) == job)
        let second = Studio.workID(job: job, number: 2)
        #expect(Identifier.isValid(second) && second != job && second == Studio.workID(job: job, number: 2))
    }

    // MARK: Similarity

    @Test func similarityIsMeasuredAfterwardsAndNamesItsModel() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate(["prompt": "Mira walks", "character_id": mira["character_id"] ?? ""])
        try await bench.run([render])
        #expect(try await output(answer)["file"]?["similarity"] == nil)
        try await bench.run(["studio.outputs.compare"])
        let file = try #require(try await output(answer)["file"])
        let similarity = try #require(file["similarity"])
        #expect(similarity["model"] == "bytes" && similarity["anchor_id"] == mira["anchor_id"])
        let score = try #require(similarity["score"]?.doubleValue)
        #expect((-1...1).contains(score))
        let sidecar = try JSONParser.parse(
            try await bench.blobs.read("\(file["path"]?.stringValue ?? "").json"))
        #expect(sidecar["file"]?["similarity"] == similarity)
    }

    @Test func withoutACharacterThereIsNothingToCompare() async throws {
        let answer = try await generate(["prompt": "a"])
        try await bench.run([render])
        #expect(try await bench.count("jobs") == 1)
        #expect(try await output(answer)["file"]?["similarity"] == nil)
    }

    @Test func triesGoOnUntilOneIsSimilarEnoughAndAllAreKept() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate([
            "prompt": "Mira walks", "character_id": mira["character_id"] ?? "", "minimum_similarity": 0.999,
            "maximum_tries": 3, "seed": 10,
        ])
        try await bench.run([render])
        let output = try await output(answer)
        let tries = try #require(output["tries"]?.arrayValue)
        #expect(tries.map { $0["seed"] } == [10, 11, 12])
        let scores = tries.compactMap { $0["similarity"]?["score"]?.doubleValue }
        #expect(scores.count == 3)
        #expect(output["file"]?["similarity"]?["score"]?.doubleValue == scores.max(), "the best try is the output")
        #expect(try await allFiles().filter { $0.contains("/outputs/") }.count == 6)
        #expect(bench.generator.asked.withLock { Set($0.map(\.workID)).count } == 3)
    }

    @Test func oneTryThatIsSimilarEnoughIsAllThatIsMade() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate([
            "prompt": "a", "character_id": mira["character_id"] ?? "", "minimum_similarity": -1, "maximum_tries": 4,
        ])
        try await bench.run([render])
        #expect(try await output(answer)["tries"]?.arrayValue?.count == 1)
    }

    // MARK: Listing and deleting

    @Test func theListHasFiltersAndPages() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let id = mira["character_id"] ?? ""
        try await generate(["prompt": "1", "character_id": id, "style_preset": "manga"])
        try await bench.run([render])
        try await generate(["prompt": "2", "project": "Woods"])
        try await generate(["prompt": "3", "kind": "video", "seconds": 2])
        func prompts(_ filter: JSONValue) async throws -> [String] {
            try await bench.call("studio.outputs.list", filter)["items"]?.arrayValue?.compactMap {
                $0["recipe"]?["prompt"]?.stringValue
            } ?? []
        }
        #expect(try await prompts([:]) == ["3", "2", "1"])
        #expect(try await prompts(["project": "Woods"]) == ["2", "1"])
        #expect(try await prompts(["character_id": id]) == ["1"])
        #expect(try await prompts(["kind": "video"]) == ["3"])
        #expect(try await prompts(["style_preset": "manga"]) == ["1"])
        #expect(try await prompts(["status": "pending"]) == ["3", "2"])
        #expect(try await prompts(["status": "completed", "project": "Woods"]) == ["1"])
        let page = try await bench.call("studio.outputs.list", ["limit": 2])
        #expect(page["items"]?.arrayValue?.count == 2)
        #expect(try await prompts(["cursor": page["next_cursor"] ?? "", "limit": 2]) == ["1"])
    }

    @Test func deletingAnOutputTakesItsFilesAndItsJob() async throws {
        let made = try await generate(["prompt": "a"])
        try await bench.run([render])
        let waiting = try await generate(["prompt": "b"])
        for answer in [made, waiting] {
            _ = try await bench.call("studio.outputs.delete", ["output_id": answer["output_id"] ?? ""])
        }
        #expect(try await allFiles().isEmpty)
        for table in ["outputs", "output_files"] { #expect(try await bench.count(table) == 0) }
        #expect(try await bench.job(waiting).status == .cancelled)
        let error = await #expect(throws: HearthError.self) { try await output(made) }
        #expect(error?.code == .notFound)
    }

    @Test func anOutputThatIsDeletedWhileItIsMadeLeavesNoFile() async throws {
        let answer = try await generate(["prompt": "a"])
        let bench = bench
        bench.generator.before.withLock {
            $0 = { _ in _ = try await bench.call("studio.outputs.delete", ["output_id": answer["output_id"] ?? ""]) }
        }
        try await bench.run([render])
        _ = try await bench.sweep()
        #expect(try await allFiles().isEmpty)
        #expect(try await bench.count("output_files") == 0)
    }

    @Test func outputsGoWithTheirCharacterAndTheirProject() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await generate(["prompt": "a", "character_id": mira["character_id"] ?? ""])
        try await generate(["prompt": "b", "project": "Woods"])
        try await bench.run([render])
        _ = try await bench.call("studio.characters.delete", ["character_id": mira["character_id"] ?? ""])
        #expect(try await bench.count("outputs") == 1)
        _ = try await bench.call("studio.projects.delete", ["project": "Woods"])
        #expect(try await bench.count("outputs") == 0)
        #expect(try await allFiles().isEmpty)
    }

    @Test func aMergeGivesOutputsToTheCharacterThatStays() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let otto = try await bench.register("Otto", project: "Woods", picture: 2)
        let answer = try await generate(["prompt": "a", "character_id": otto["character_id"] ?? ""])
        try await bench.run([render])
        let before = try await allFiles()
        try await bench.merge(otto, into: mira)
        #expect(try await output(answer)["character_id"] == mira["character_id"])
        #expect(try await allFiles() == before, "no file moves")
    }

    @Test func aPictureThatWasDeletedMeanwhileEndsTheOutputWithItsReason() async throws {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        let answer = try await generate(["prompt": "a", "character_id": mira["character_id"] ?? ""])
        _ = try await bench.call("studio.anchors.delete", ["anchor_id": mira["anchor_id"] ?? ""])
        try await bench.run([render])
        let output = try await output(answer)
        #expect(output["status"] == "failed")
        #expect(output["failure"] == "A picture that the output refers to was deleted.")
    }

    @Test func generatorsSayWhatTheyMakeAndNeed() async throws {
        let list = try #require(try await bench.call("studio.generators.list", [:])["generators"]?.arrayValue)
        #expect(list.map { $0["id"] } == ["plain", "away"])
        #expect(list[0]["is_default"] == ["image", "video"] && list[1]["is_default"] == [])
        #expect(list[1]["needs"] == ["program hearth-no-such-program"] && list[1]["longest_seconds"]?.doubleValue == 4)
    }
}
