import Foundation
import HearthTesting
import Testing

@testable import HearthCore

/// A master key that is missing, wrong or open to others loses nothing and is named; one that is replaced opens all.
@Suite(.timeLimit(.minutes(1))) struct MasterKeyTests {
    private let world: SealWorld

    init() async throws { world = try await SealWorld() }

    @Test func aMissingKeyIsNamedAndNoOtherIsMade() async throws {
        let sealed = try await world.seal("one", by: world.start())
        try FileManager.default.moveItem(atPath: world.masterPath, toPath: world.folder.file("kept"))
        let seals = world.start()
        #expect(await world.refusal(sealed, by: seals) == .masterKeyMissing)
        let error = await #expect(throws: HearthError.self) {
            try await world.seal("two", by: seals, scope: "client/2")
        }
        #expect(error?.code == .masterKeyMissing, "nor is anything sealed by a new one")
        #expect(!FileManager.default.fileExists(atPath: world.masterPath))
        #expect(await seals.trouble()?.code == .masterKeyMissing)
        #expect(await seals.trouble()?.hint?.contains(world.masterPath) == true)
        try FileManager.default.moveItem(atPath: world.folder.file("kept"), toPath: world.masterPath)
        #expect(await seals.trouble() == nil)
        #expect(try await world.open(sealed, by: seals) == "one", "without a restart")
    }

    @Test func aServerThatHasTheKeyInMemorySaysThatItsFileIsGone() async throws {
        let seals = world.start()
        let sealed = try await world.seal("one", by: seals)
        try FileManager.default.removeItem(atPath: world.masterPath)
        #expect(try await world.open(sealed, by: seals) == "one")
        #expect(await seals.trouble()?.code == .masterKeyMissing)
    }

    @Test func aWrongKeyIsNamed() async throws {
        let sealed = try await world.seal("one", by: world.start())
        let right = try Data(contentsOf: URL(fileURLWithPath: world.masterPath))
        try Data(MasterKey().text.revealed.utf8).write(to: URL(fileURLWithPath: world.masterPath))
        #expect(chmod(world.masterPath, 0o600) == 0)
        #expect(await world.refusal(sealed, by: world.start()) == .masterKeyWrong)
        #expect(await world.start().trouble()?.code == .masterKeyWrong)
        #expect(await world.refusal(sealed, by: world.start(given: [MasterKey()])) == .masterKeyWrong)
        let given = try MasterKey(Secret(String(decoding: right, as: UTF8.self)), from: "test")
        #expect(try await world.open(sealed, by: world.start(given: [given])) == "one", "by a setting as well")
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o666] as [mode_t])
    func aKeyThatOthersCanReadIsRefused(mode: mode_t) async throws {
        let sealed = try await world.seal("one", by: world.start())
        #expect(chmod(world.masterPath, mode) == 0)
        #expect(await world.refusal(sealed, by: world.start()) == .masterKeyUnsafe)
        #expect(await world.start().trouble()?.hint?.contains("chmod 600") == true)
        #expect(chmod(world.masterPath, 0o600) == 0)
        #expect(try await world.open(sealed, by: world.start()) == "one")
    }

    @Test func aHalfThatOthersCanReadIsRefused() async throws {
        let sealed = try await world.seal("one", by: world.start())
        let names = try FileManager.default.contentsOfDirectory(atPath: world.keys)
        let half = try #require(names.first { $0.hasSuffix(".half") })
        #expect(chmod("\(world.keys)/\(half)", 0o644) == 0)
        #expect(await world.refusal(sealed, by: world.start()) == .masterKeyUnsafe)
    }

    @Test(arguments: ["", "short", String(repeating: "0", count: 64), "AAAA", String(repeating: "+", count: 64)])
    func whatIsNoKeyIsRefusedAndNotShown(text: String) throws {
        let error = #expect(throws: HearthError.self) { try MasterKey(Secret(text), from: "HEARTH_MASTER_KEY") }
        #expect(error?.code == .invalidConfiguration && error?.message.contains("HEARTH_MASTER_KEY") == true)
        #expect(text.isEmpty || error.map { !"\($0)".contains(text) } == true)
    }

    @Test func bothWaysOfWritingAKeyAreOne() throws {
        let key = MasterKey()
        let bytes = try #require(Data(base64Encoded: key.text.revealed))
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try MasterKey(Secret(digits), from: "test").id == key.id)
        #expect(try MasterKey(Secret(" \(key.text.revealed)\n"), from: "test").id == key.id)
        #expect(!"\(key.text)".contains(key.text.revealed))
    }

    @Test func aKeyOfASettingIsNeverWrittenToTheDisk() async throws {
        let given = MasterKey()
        let sealed = try await world.seal("one", by: world.start(given: [given]))
        #expect(!FileManager.default.fileExists(atPath: world.masterPath))
        #expect(await world.refusal(sealed, by: world.start()) == .masterKeyMissing)
        var plain = PlainBytes()
        plain.add(try #require(Data(base64Encoded: given.text.revealed)), picture: "master key")
        #expect(try plain.found(below: world.folder.path) == [])
    }
}
