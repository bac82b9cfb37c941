import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthStudio

/// A project that was exported is taken in elsewhere, by a zip file that nobody vouches for.
@Suite(.timeLimit(.minutes(3))) struct ProjectImportTests {
    private static let kind = "studio.archives.unpack"
    private static let other = Tenant(rawValue: "other")

    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

    /// A project with a character, its picture, and an output of two tries.
    private func makeProject() async throws -> (mira: JSONValue, output: JSONValue) {
        let mira = try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        let generating = try await bench.call(
            "studio.outputs.generate",
            [
                "prompt": "Mira walks", "character_id": mira["character_id"] ?? "", "minimum_similarity": 1,
                "maximum_tries": 2,
            ])
        try await bench.run(["studio.outputs.render.plain"])
        return (mira, try await bench.call("studio.outputs.get", ["output_id": generating["output_id"] ?? ""]))
    }

    private func export(changing change: (String, Data) -> (String, Data) = { ($0, $1) }) async throws -> Data {
        var (zip, file) = (ZipWriter(), Data())
        for entry in try await bench.studio.archive(of: "Woods", for: .local).entries {
            let content =
                switch entry.content {
                case .bytes(let bytes): bytes
                case .file(let path, _): try await bench.blobs.read(path)
                }
            let (name, bytes) = change(entry.name, content)
            file += try zip.begin(name)
            file += zip.add(bytes)
            file += try zip.end()
        }
        return file + (try zip.directory())
    }

    /// Sends a file in pieces.
    private func send(_ file: Data, to bench: StudioBench, as tenant: Tenant = .local) async throws -> JobTicket {
        let (pieces, continuation) = AsyncThrowingStream.makeStream(of: Data.self, throwing: (any Error).self)
        for start in stride(from: 0, to: file.count, by: 700) {
            continuation.yield(Data(file[start..<min(start + 700, file.count)]))
        }
        continuation.finish()
        return try await bench.studio.importProject(pieces, of: tenant)
    }

    private func job(_ ticket: JobTicket, _ bench: StudioBench, of tenant: Tenant = .local) async throws -> Job {
        try await bench.job(["job_id": .string(ticket.jobID)], tenant: tenant)
    }

    /// - Returns: what the job says of its result.
    private func load(_ file: Data, into bench: StudioBench, as tenant: Tenant = .local) async throws -> JSONValue {
        let ticket = try await send(file, to: bench, as: tenant)
        try await bench.run([Self.kind])
        let job = try await job(ticket, bench, of: tenant)
        return try #require(job.result, "\(job.status) \(job.errorMessage ?? "")")
    }

    private func counts(_ result: JSONValue) -> [Int64?] {
        ["anchors", "outputs", "known", "refused", "unknown_files"].map { result[$0]?.integerValue }
    }

    private func files(_ bench: StudioBench) async throws -> [String] {
        try await bench.blobs.list("projects", after: nil, limit: 1_000)
    }

    @Test func aProjectIsThereElsewhereWithItsIdentifiers() async throws {
        let (mira, before) = try await makeProject()
        let elsewhere = try await StudioBench()
        let result = try await load(try await export(), into: elsewhere)
        #expect(counts(result) == [1, 2, 0, 0, 0] && result["project_id"] == mira["project_id"])
        let after = try await elsewhere.call("studio.outputs.get", ["output_id": before["output_id"] ?? ""])
        #expect(after["recipe"] == before["recipe"] && after["status"] == "completed")
        let tries = [before, after].map {
            $0["tries"]?.arrayValue?.map { [$0["sha256"], $0["seed"], $0["similarity"]] }
        }
        #expect(tries[0] == tries[1])
        let character = try await elsewhere.call(
            "studio.characters.get", ["character_id": mira["character_id"] ?? ""])
        #expect(character["name"] == "Mira" && character["anchor_count"] == 1)
        try await elsewhere.runJobs()
        #expect(try await elsewhere.recall(picture: 1)["matches"]?[0]?["anchor_id"] == mira["anchor_id"])
        #expect(try await elsewhere.sweep() == 0, "nothing is left but what rows name")
        #expect(try await files(elsewhere).count == 6)
    }

    @Test func theSameFileAgainAddsNothing() async throws {
        _ = try await makeProject()
        let file = try await export()
        let before = try await bench.inventory()
        #expect(try await counts(load(file, into: bench)) == [0, 0, 3, 0, 0])
        var after = try await bench.inventory()
        after["jobs"] = before["jobs"]
        #expect(after == before)
    }

    /// Its identifiers are taken there: the copy gets its own, and what is there stays as it is.
    @Test func anotherTenantOfTheServerGetsACopy() async throws {
        let (mira, before) = try await makeProject()
        let file = try await export()
        let result = try await load(file, into: bench, as: Self.other)
        #expect(counts(result) == [1, 2, 0, 0, 0] && result["project_id"] != mira["project_id"])
        let list = try await bench.call("studio.outputs.list", ["project": "Woods"], tenant: Self.other)
        let copy = try #require(list["items"]?[0])
        #expect(copy["output_id"] != before["output_id"] && copy["project_id"] == result["project_id"])
        let reference = try #require(copy["recipe"]?["references"]?[0])
        let anchor = try await bench.call(
            "studio.anchors.get", ["anchor_id": reference["anchor_id"] ?? ""], tenant: Self.other)
        #expect(anchor["character_id"] == copy["character_id"] && anchor["sha256"] == reference["sha256"])
        #expect(try await bench.call("studio.outputs.get", ["output_id": before["output_id"] ?? ""]) == before)
        #expect(try await counts(load(file, into: bench, as: Self.other)) == [0, 0, 3, 0, 0])
        #expect(try await bench.sweep() == 0)
        // The rows of both can be made again of their own files.
        let paths = try await files(bench).filter { $0.hasSuffix(".gif.json") && $0.contains("/outputs/") }
        for path in paths {
            let tenant = try JSONParser.parse(try await bench.blobs.read(path))["tenant"]?.stringValue
            #expect(tenant == (path.contains(mira["project_id"]?.stringValue ?? "?") ? "local" : "other"))
        }
    }

    // MARK: Bad files

    @Test func aFileThatIsNoProjectLeavesNothing() async throws {
        _ = try await makeProject()
        let elsewhere = try await StudioBench()
        let whole = try await export()
        let other = Identifier.make()
        let files = [
            Data("no zip".utf8), Data(), Data(whole.dropLast(30)), Data(whole.prefix(100)),
            try await export { name, bytes in ("../\(name)", bytes) },
            try await export { name, bytes in ("/\(name)", bytes) },
            try await export { name, bytes in ("elsewhere/\(name)", bytes) },
            try await export { name, bytes in
                (
                    name.hasSuffix(".json") ? name : "projects/\(other)/a/" + (name.split(separator: "/").last ?? ""),
                    bytes
                )
            },
            try await export { name, bytes in (name.replacing("projects/", with: "projects/x"), bytes) },
        ]
        for file in files {
            let error = await #expect(throws: HearthError.self) { try await send(file, to: elsewhere) }
            #expect(error?.code == .invalidRequest, "\(error?.message ?? "")")
        }
        #expect(try await self.files(elsewhere).isEmpty)
        for table in ["jobs", "projects"] { #expect(try await elsewhere.count(table) == 0, "\(table)") }
    }

    @Test(arguments: [
        ("output_id", JSONValue.string("a")), ("number", 0), ("created_at", .int(.max)), ("project_name", "\u{1B}"),
        ("project_id", .string(Identifier.make(now: 0))), ("format", "html"), ("version", 2),
    ]) func whatARecipeCannotSayIsRefusedAndTheRestIsTaken(field: String, value: JSONValue) async throws {
        _ = try await makeProject()
        let file = try await export { name, bytes in
            guard name.contains("/outputs/"), name.hasSuffix(".json"), var recipe = try? JSONParser.parse(bytes) else {
                return (name, bytes)
            }
            recipe[field] = value
            return (name, recipe.encoded())
        }
        let elsewhere = try await StudioBench()
        let result = try await load(file, into: elsewhere)
        #expect(counts(result) == [1, 0, 0, 2, 0], "\(result.encodedText())")
        #expect(result["problems"]?.arrayValue?.count == 2)
        #expect(try await elsewhere.sweep() == 0)
    }

    @Test func aFileThatIsNotWhatItsRecipeSaysIsRefused() async throws {
        _ = try await makeProject()
        let file = try await export { name, bytes in
            (name, name.hasSuffix(".gif") ? Data(bytes.dropLast(1)) + Data([0x3C]) : bytes)
        }
        let elsewhere = try await StudioBench()
        #expect(try await counts(load(file, into: elsewhere)) == [0, 0, 0, 3, 0])
        #expect(try await files(elsewhere).isEmpty)
    }

    @Test func filesWithoutARecipeAreCountedAndLeft() async throws {
        _ = try await makeProject()
        let file = try await export { name, bytes in
            (name.contains("/anchors/") && name.hasSuffix(".json") ? name + ".old" : name, bytes)
        }
        #expect(try await counts(load(file, into: StudioBench())) == [0, 2, 0, 0, 2])
    }

    // MARK: Attempts

    @Test func anAttemptAfterAFullDiskGoesOn() async throws {
        _ = try await makeProject()
        let file = try await export()
        let elsewhere = try await StudioBench()
        let ticket = try await send(file, to: elsewhere)
        elsewhere.blobs.beforeNextWrite.withLock {
            $0 = {
                elsewhere.blobs.beforeNextWrite.withLock {
                    $0 = { throw HearthError(.insufficientStorage, "The disk is full.") }
                }
            }
        }
        try await elsewhere.run([Self.kind])
        #expect(try await job(ticket, elsewhere).status == .pending)
        #expect(try await elsewhere.sweep() == 0, "the zip file waits, and nothing else is left")
        elsewhere.clock.advance(by: .seconds(600))
        try await elsewhere.run([Self.kind])
        let result = try #require(try await job(ticket, elsewhere).result)
        #expect(counts(result) == [0, 2, 1, 0, 0])
        #expect(try await elsewhere.sweep() == 0)
    }

    @Test func theFileOfACancelledImportIsSwept() async throws {
        _ = try await makeProject()
        let elsewhere = try await StudioBench()
        let ticket = try await send(try await export(), to: elsewhere)
        #expect(try await elsewhere.sweep() == 0)
        try await elsewhere.cancel(ticket.jobID)
        #expect(try await elsewhere.sweep() == 1)
        try await elsewhere.retry(ticket.jobID)
        try await elsewhere.run([Self.kind])
        #expect(try await job(ticket, elsewhere).errorMessage == "The zip file is not there any more.")
    }

    @Test func tooManyAtOnceAreRefused() async throws {
        _ = try await makeProject()
        let file = try await export()
        for _ in 0..<Limits.projectImports { _ = try await send(file, to: bench) }
        let error = await #expect(throws: HearthError.self) { try await send(file, to: bench) }
        #expect(error?.code == .overloaded)
    }
}
