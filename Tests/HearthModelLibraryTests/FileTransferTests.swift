import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct FileTransferTests {
    private static let address = "https://a/f"

    private func bytes(_ count: Int, seed: UInt64) -> Data {
        var random = RepeatableRandom(seed: seed)
        return Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private func transfer(_ source: ScriptedSource) -> FileTransfer { FileTransfer(source: source, sleep: { _ in }) }

    /// Whatever the server does: the file is there and right, or it is not there.
    @Test(arguments: RepeatableRandom.seeds(150))
    func whatArrivesIsRightOrNothing(seed: UInt64) async throws {
        let folder = try TemporaryFolder(.memory)
        let file = bytes(Int(seed % 7) * 1_300, seed: seed)
        let sha256 = try digest(file, in: folder)
        let source = ScriptedSource([Self.address: file], seed: seed, trouble: Int(seed % 5) * 20)
        var random = RepeatableRandom(seed: seed)
        let knowsDigest = random.chance(50)
        let expectation = FileDownload.Expectation(
            name: "f", address: Self.address, bytes: random.chance(50) ? file.count : nil,
            sha256: knowsDigest ? sha256 : nil)
        for _ in 0..<20 {
            if let arrival = try? await transfer(source).run(expectation, to: folder.file("f")) {
                #expect(arrival == .init(sha256: sha256, bytes: file.count))
                #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("f"))) == file)
                #expect(!FileManager.default.fileExists(atPath: folder.file("f.part.json")))
                return
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("f")))
        }
        Issue.record("twenty calls did not bring it")
    }

    @Test func laterProcessGoesOnWithWhatAnEarlierOneLeft() async throws {
        let folder = try TemporaryFolder(.memory)
        let file = bytes(5_000, seed: 1)
        try Data(file.prefix(3_000)).write(to: URL(fileURLWithPath: folder.file("f.part")))
        try Data(#"{"address":"https://a/f","validator":"\"5000\""}"#.utf8)
            .write(to: URL(fileURLWithPath: folder.file("f.part.json")))
        let source = ScriptedSource([Self.address: file])
        _ = try await transfer(source).run(.init(name: "f", address: Self.address), to: folder.file("f"))
        #expect(source.state.withLock { $0.requests.map(\.offset) } == [3_000])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("f"))) == file)
    }

    @Test func partOfAnotherAddressIsNotGoneOnWith() async throws {
        let folder = try TemporaryFolder(.memory)
        let file = bytes(5_000, seed: 1)
        try Data(repeating: 1, count: 9_000).write(to: URL(fileURLWithPath: folder.file("f.part")))
        try Data(#"{"address":"https://b/f","validator":"\"5000\""}"#.utf8)
            .write(to: URL(fileURLWithPath: folder.file("f.part.json")))
        let source = ScriptedSource([Self.address: file])
        _ = try await transfer(source).run(.init(name: "f", address: Self.address), to: folder.file("f"))
        #expect(source.state.withLock { $0.requests.map(\.offset) } == [0])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("f"))) == file)
    }

    private func digest(_ data: Data, in folder: TemporaryFolder) throws -> String {
        try data.write(to: URL(fileURLWithPath: folder.file("whole")))
        return try FileDigest.sha256(of: folder.file("whole"))
    }
}
