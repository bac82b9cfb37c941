import Foundation
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// A data folder's files are enough to make its rows again.
@Suite(.timeLimit(.minutes(3))) struct ReindexTests {
    private let bench: StudioBench

    init() async throws { bench = try await StudioBench() }

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
        return (mira, try await output(generating["output_id"] ?? "", bench))
    }

    private func output(_ id: JSONValue, _ bench: StudioBench) async throws -> JSONValue {
        try await bench.call("studio.outputs.get", ["output_id": id])
    }

    private func loseRows() async throws {
        try await bench.store.write { db in
            for table in ["output_files", "outputs", "anchors", "characters", "projects", "jobs"] {
                try db.execute("DELETE FROM \(verbatim: table)")
            }
        }
    }

    private func reindex(_ bench: StudioBench) async throws -> JSONValue? {
        try await bench.runJob("studio.reindex", input: [:])
    }

    @Test func rowsThatWereLostComeBackWithTheirIdentifiers() async throws {
        let (mira, before) = try await makeProject()
        try await loseRows()
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 2, "refused": 0, "other_tenants": 0])
        var after = try await output(before["output_id"] ?? "", bench)
        // When it was finished is read from the sidecar of its last file.
        after["finished_at"] = before["finished_at"]
        #expect(after == before)
        let character = try await bench.call("studio.characters.get", ["character_id": mira["character_id"] ?? ""])
        #expect(character["name"] == "Mira" && character["anchor_count"] == 1)
        try await bench.runJobs()
        #expect(try await bench.recall(picture: 1)["matches"]?[0]?["anchor_id"] == mira["anchor_id"])
        #expect(try await bench.sweep() == 0, "every file has its row again")
    }

    @Test func whatHasItsRowsIsLeftAsItIs() async throws {
        _ = try await makeProject()
        let before = try await bench.inventory()
        #expect(try await reindex(bench) == ["anchors": 0, "outputs": 0, "refused": 0, "other_tenants": 0])
        var after = try await bench.inventory()
        after["jobs"] = before["jobs"]
        #expect(after == before)
    }

    @Test func filesThatAreNotWhatTheirSidecarsSayAreCountedAndLeft() async throws {
        let (_, output) = try await makeProject()
        let path = try #require(output["file"]?["path"]?.stringValue)
        try await loseRows()
        try await bench.blobs.write(Data("other".utf8), to: path)
        let anchor = try #require(try await bench.files().first { $0.contains("/anchors/") })
        try await bench.blobs.write(Data("{".utf8), to: "\(anchor).json")
        #expect(try await reindex(bench) == ["anchors": 0, "outputs": 1, "refused": 2, "other_tenants": 0])
    }

    /// A folder may come from elsewhere: what its sidecars say must not reach rows of others, nor end the server.
    @Test(arguments: [
        ("number", JSONValue.int(.max)), ("number", 0), ("maximum_tries", .int(.max)), ("output_id", "a"),
        ("project_id", "../x"), ("character_id", "a"), ("project_name", "\u{1B}"),
    ]) func whatASidecarCannotSayIsRefused(field: String, value: JSONValue) async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let paths = try #require(output["tries"]?.arrayValue).compactMap { $0["path"]?.stringValue }
        #expect(paths.count == 2)
        for path in paths {
            let reader = try await bench.blobs.open(path + OutputFile.recipeSuffix)
            var sidecar = try JSONParser.parse(try await reader.read(0..<reader.size))
            sidecar[field] = value
            try await bench.blobs.write(sidecar.encoded(), to: path + OutputFile.recipeSuffix)
        }
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 0, "refused": 2, "other_tenants": 0])
        #expect(try await bench.count("outputs") == 0)
    }

    /// Changes what a sidecar says.
    private func rewrite(_ path: String, _ change: (inout JSONValue) -> Void) async throws {
        var sidecar = try JSONParser.parse(try await bench.blobs.read(path + OutputFile.recipeSuffix))
        change(&sidecar)
        try await bench.blobs.write(sidecar.encoded(), to: path + OutputFile.recipeSuffix)
    }

    /// Bytes and hash are those of the sidecar: only that the file is a link tells that it is none of the folder.
    @Test func aLinkOutOfTheFolderIsNoOutputAndNoAnchor() async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let outside = try TemporaryFolder()
        let path = try #require(output["file"]?["path"]?.stringValue)
        let anchor = try #require(try await bench.files().first { $0.contains("/anchors/") })
        for (number, file) in [path, anchor].enumerated() {
            let place = outside.file("\(number)")
            try FileManager.default.moveItem(atPath: bench.folder.file(file), toPath: place)
            try FileManager.default.createSymbolicLink(
                atPath: bench.folder.file(file), withDestinationPath: place)
        }
        #expect(try await reindex(bench) == ["anchors": 0, "outputs": 1, "refused": 2, "other_tenants": 0])
    }

    /// The sidecar says the truth of a file that is no picture.
    @Test(arguments: ["root:x:0:0:root:/root:/bin/bash\n", "<svg onload=alert(1)>", ""])
    func aFileThatIsNoPictureIsNoOutput(text: String) async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let (path, bytes) = (try #require(output["file"]?["path"]?.stringValue), Data(text.utf8))
        try await bench.blobs.write(bytes, to: path)
        try await rewrite(path) { sidecar in
            sidecar["file"]?["bytes"] = .int(Int64(bytes.count))
            sidecar["file"]?["sha256"] = .string(Digest256(of: bytes).hex)
        }
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 1, "refused": 1, "other_tenants": 0])
    }

    @Test func aFileOfOtherBytesIsNoOutput() async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let path = try #require(output["file"]?["path"]?.stringValue)
        var bytes = try await bench.blobs.read(path)
        bytes[13] ^= 1
        try await bench.blobs.write(bytes, to: path)
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 1, "refused": 1, "other_tenants": 0])
    }

    @Test func aPictureOfAnotherFormatThanItsNameIsNoOutput() async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let path = try #require(output["file"]?["path"]?.stringValue)
        try await rewrite(path) { $0["format"] = "webm" }
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 1, "refused": 1, "other_tenants": 0])
    }

    @Test func aSmallPictureThatIsNotThereIsNotPromised() async throws {
        let (_, output) = try await makeProject()
        try await loseRows()
        let path = try #require(output["file"]?["path"]?.stringValue)
        let outside = try TemporaryFolder()
        try Data("secret".utf8).write(to: URL(fileURLWithPath: outside.file("secret")))
        try FileManager.default.createSymbolicLink(
            atPath: bench.folder.file(path + OutputFile.thumbnailSuffix), withDestinationPath: outside.file("secret"))
        try await rewrite(path) { sidecar in
            sidecar[JSONKey.snake("thumbnailSHA256")] = .string(Digest256(of: Data("secret".utf8)).hex)
            sidecar["thumbnail_bytes"] = 6
        }
        #expect(try await reindex(bench) == ["anchors": 1, "outputs": 2, "refused": 0, "other_tenants": 0])
        let after = try await self.output(output["output_id"] ?? "", bench)
        #expect(after["file"]?["sha256"] == output["file"]?["sha256"] && after["file"]?["thumbnail_url"] == nil)
    }

    @Test func aSidecarWithoutATenantChangesNoOutputOfAnother() async throws {
        let other = Tenant(rawValue: "other")
        _ = try await bench.call("studio.outputs.generate", ["prompt": "secret"], tenant: other)
        try await bench.run(["studio.outputs.render.plain"])
        let paths = try await bench.blobs.list("projects", after: nil, limit: 1_000)
        let path = try #require(paths.first { $0.hasSuffix(OutputFile.recipeSuffix) })
        let reader = try await bench.blobs.open(path)
        var sidecar = try JSONParser.parse(try await reader.read(0..<reader.size))
        sidecar["tenant"] = nil
        sidecar["project_id"] = .string(Identifier.make(now: 0))
        _ = try await bench.store.write { db in try db.execute("DELETE FROM output_files") }
        try await bench.blobs.write(sidecar.encoded(), to: path)
        #expect(try await reindex(bench)?["outputs"] == 0)
        #expect(try await bench.count("output_files") == 0)
    }

    @Test func outputsOfAnotherTenantAreLeftOut() async throws {
        let other = Tenant(rawValue: "other")
        _ = try await bench.call("studio.outputs.generate", ["prompt": "secret"], tenant: other)
        try await bench.run(["studio.outputs.render.plain"])
        try await loseRows()
        #expect(try await reindex(bench) == ["anchors": 0, "outputs": 0, "refused": 0, "other_tenants": 1])
        #expect(try await bench.count("outputs") == 0)
    }

    /// A server's database was lost: whose everything was, the sidecars say.
    @Test func everyTenantGetsItsOwnAgain() async throws {
        let other = Tenant(rawValue: "other")
        _ = try await makeProject()
        try await bench.register("Otto", project: "Woods", picture: 2, tenant: other)
        try await bench.runJobs()
        try await loseRows()
        #expect(
            try await reindex(bench) == ["anchors": 1, "outputs": 2, "refused": 0, "other_tenants": 1], "not asked for")
        try await loseRows()
        let all = try await bench.runJob("studio.reindex", input: ["all_tenants": true])
        #expect(all == ["anchors": 2, "outputs": 2, "refused": 0, "other_tenants": 0])
        for (tenant, name) in [(Tenant.local, "Mira"), (other, "Otto")] {
            let found = try await bench.call("studio.characters.list", ["project": "Woods"], tenant: tenant)
            #expect(found["items"]?.arrayValue?.map { $0["name"] } == [.string(name)])
        }
    }

    /// Sidecars of versions that named no tenant belong to whom the other files of the project name.
    @Test func anAnchorThatNamesNoTenantFollowsItsProject() async throws {
        let other = Tenant(rawValue: "other")
        let otto = try await bench.register("Otto", project: "Sea", picture: 2, tenant: other)
        try await bench.runJobs()
        _ = try await bench.call(
            "studio.outputs.generate", ["prompt": "a", "character_id": otto["character_id"] ?? ""], tenant: other)
        try await bench.run(["studio.outputs.render.plain"])
        let path = try #require(try await bench.files().first { $0.contains("/anchors/") }) + Anchor.recipeSuffix
        var sidecar = try JSONParser.parse(try await bench.blobs.read(path))
        #expect(sidecar["tenant"] == "other")
        sidecar["tenant"] = nil
        try await bench.blobs.write(sidecar.encoded(), to: path)
        try await loseRows()
        _ = try await bench.runJob("studio.reindex", input: ["all_tenants": true])
        #expect(
            try await bench.store.read { db in try db.values("SELECT tenant FROM anchors", as: String.self) } == [
                "other"
            ])
    }

    /// Copied into another's folder, it must not reach the other's rows.
    @Test(arguments: ["stranger", "../x", ""]) func aSidecarInTheFolderOfAnotherTenantIsLeftOut(tenant: String)
        async throws
    {
        _ = try await makeProject()
        let path = try #require(try await bench.files().first { $0.contains("/anchors/") }) + Anchor.recipeSuffix
        var sidecar = try JSONParser.parse(try await bench.blobs.read(path))
        sidecar["tenant"] = .string(tenant)
        try await bench.blobs.write(sidecar.encoded(), to: path)
        try await bench.store.write { db in
            try db.execute("DELETE FROM anchors")
            return
        }
        _ = try await bench.runJob("studio.reindex", input: ["all_tenants": true])
        #expect(try await bench.count("anchors") == 0)
        #expect(try await bench.count("projects") == 1)
    }

    @Test func aProjectThatWasUnpackedElsewhereIsThereAfterwards() async throws {
        let (mira, before) = try await makeProject()
        let archive = try await bench.studio.archive(of: "Woods", for: .local)
        let elsewhere = try await StudioBench()
        for entry in archive.entries {
            let content =
                switch entry.content {
                case .bytes(let bytes): bytes
                case .file(let path, _): try await bench.blobs.read(path)
                }
            #expect(content.count == entry.bytes)
            try await elsewhere.blobs.write(content, to: entry.name)
        }
        #expect(try await reindex(elsewhere) == ["anchors": 1, "outputs": 2, "refused": 0, "other_tenants": 0])
        let after = try await output(before["output_id"] ?? "", elsewhere)
        #expect(after["tries"] == before["tries"] && after["recipe"] == before["recipe"])
        let character = try await elsewhere.call(
            "studio.characters.get", ["character_id": mira["character_id"] ?? ""])
        #expect(character["name"] == "Mira")
    }

    /// One damaged file keeps nothing else from leaving, and is named.
    @Test func anArchiveNamesTheFilesThatItLacks() async throws {
        let (_, output) = try await makeProject()
        let paths = try #require(output["tries"]?.arrayValue).compactMap { $0["path"]?.stringValue }
        let whole = try await bench.studio.archive(of: "Woods", for: .local)
        try await bench.blobs.write(Data("shorter".utf8), to: paths[0])
        let archive = try await bench.studio.archive(of: "Woods", for: .local)
        let names = Set(archive.entries.map(\.name))
        let list = try #require(archive.entries.last)
        #expect(list.name.hasSuffix("/left-out.txt") && !whole.entries.contains { $0.name == list.name })
        #expect(Set(whole.entries.map(\.name)).subtracting(names) == [paths[0], "\(paths[0]).json"])
        guard case .bytes(let text) = list.content else { throw HearthError(.internalError, "The list has a file.") }
        #expect(String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst() == [paths[0][...]])
        for entry in archive.entries {
            if case .file(let path, let bytes) = entry.content {
                #expect(try await bench.blobs.read(path).count == bytes)
            }
        }
    }

    @Test func anArchiveOfAnotherTenantsProjectIsRefused() async throws {
        _ = try await makeProject()
        let error = await #expect(throws: HearthError.self) {
            try await bench.studio.archive(of: "Woods", for: Tenant(rawValue: "other"))
        }
        #expect(error?.code == .notFound)
    }
}
