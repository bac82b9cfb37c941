import Foundation
import HearthTesting
import HearthZlib
import Testing

@testable import HearthCore
@testable import HearthProducts

@Suite struct ZipArchiveTests {
    private func open(_ file: Data) async throws -> ZipArchive {
        try await ZipArchive(MemorySource(file), inflater: ZlibInflater())
    }

    @Test func entriesComePieceByPiece() async throws {
        let large = Data((0..<3 * Limits.fileChunk + 5).map { UInt8(truncatingIfNeeded: $0) })
        let archive = try await open(
            ZipMaker.make([
                ZipMaker.Entry(name: "a", bytes: large),
                ZipMaker.Entry(name: "b", bytes: Self.text, packed: ZipMaker.deflated(Self.text)),
                ZipMaker.Entry(name: "c"), ZipMaker.Entry(name: "d", bytes: large, crc: 1),
            ]))
        func pieces(_ name: String) async throws -> [Data] {
            var pieces: [Data] = []
            for try await piece in archive.pieces(of: try #require(archive[name])) { pieces.append(piece) }
            return pieces
        }
        let all = try await pieces("a")
        #expect(all.count == 4 && all.reduce(Data(), +) == large)
        #expect(try await pieces("b") == [Self.text])
        #expect(try await pieces("c").isEmpty)
        let error = await #expect(throws: HearthError.self) { _ = try await pieces("d") }
        #expect(error?.code == .invalidRequest)
    }

    @Test func boundsAreThoseOfTheUse() async throws {
        let file = ZipMaker.make([("a", Data(count: 11)), ("b", Data(count: 1))])
        for bounds in [ZipArchive.Bounds(entries: 1), ZipArchive.Bounds(storedBytes: 10)] {
            let error = await #expect(throws: HearthError.self) {
                try await ZipArchive(MemorySource(file), inflater: ZlibInflater(), bounds: bounds)
            }
            #expect(error?.code == .invalidRequest)
        }
    }

    private static let text = Data(String(repeating: "Lantern. ", count: 100).utf8)

    /// A thousand zeros by a real packer (Python's zlib, level 9).
    private static let packedZeros = Data(base64Encoded: "Y2AYBaNgFAx3AAA=") ?? Data()

    @Test func storedAndDeflatedEntriesAreRead() async throws {
        let archive = try await open(
            ZipMaker.make([
                ZipMaker.Entry(name: "a/stored.txt", bytes: Self.text),
                ZipMaker.Entry(name: "a/packed.txt", bytes: Self.text, packed: ZipMaker.deflated(Self.text)),
                ZipMaker.Entry(name: "a/", mode: 0o040755), ZipMaker.Entry(name: "ä/漢.txt", bytes: Data([1])),
            ]))
        #expect(archive.entries.map(\.name) == ["a/stored.txt", "a/packed.txt", "ä/漢.txt"])
        for name in ["a/stored.txt", "a/packed.txt"] {
            #expect(try await archive.bytes(of: #require(archive[name])) == Self.text)
        }
    }

    @Test(arguments: [
        "../x", "a/../x", "/x", "..", "C:/x", "", "a\0b", "a\nb", "..\\x", "a\\..\\..\\x", "C:\\x", "\\x", "\\\\x",
        "./../x", ".",
    ]) func namesThatLeaveTheFolderAreRefused(name: String) async throws {
        let error = await #expect(throws: HearthError.self) {
            try await open(ZipMaker.make([(name, Data([1])), ("good.txt", Data([2]))]))
        }
        #expect(error?.code == .invalidRequest)
    }

    /// As programs of other systems write what is a plain relative path.
    @Test(arguments: [
        ("a\\b.jpg", "a/b.jpg"), ("./a/b.jpg", "a/b.jpg"), ("a/./b.jpg", "a/b.jpg"), ("a//b.jpg", "a/b.jpg"),
        (".\\a\\b.jpg", "a/b.jpg"),
    ]) func harmlessNamesAreMadePlain(name: String, plain: String) async throws {
        let archive = try await open(ZipMaker.make([(name, Data([1]))]))
        #expect(archive.entries.map(\.name) == [plain])
        let twice = ZipMaker.make([(name, Data([1])), (plain, Data([2]))])
        await #expect(throws: HearthError.self, "one file under two names") { try await open(twice) }
    }

    @Test func namesOfOldWritersAreOfTheirCodePage() async throws {
        // "Müsli" in code page 437, and a name that says that it is UTF-8 and is not.
        let bytes = Data([0x4D, 0x81, 0x73, 0x6C, 0x69])
        #expect(ZipName.text(bytes, isUTF8: false) == "Müsli")
        #expect(ZipName.text(bytes, isUTF8: true) == nil)
        #expect(ZipName.text(Data("Müsli".utf8), isUTF8: false) == "Müsli")
        #expect(ZipName.text((0x80...0xFF).map { UInt8($0) }, isUTF8: false)?.unicodeScalars.count == 128)
    }

    @Test(arguments: [
        [ZipMaker.Entry(name: "link", bytes: Data("/etc/passwd".utf8), mode: 0o120777)],
        [ZipMaker.Entry(name: "device", mode: 0o020666)],
        [ZipMaker.Entry(name: "secret", bytes: Data([1]), flags: 1)],
        [ZipMaker.Entry(name: "other", bytes: Data([1]), method: 12)],
        [ZipMaker.Entry(name: "twice", bytes: Data([1])), ZipMaker.Entry(name: "twice", bytes: Data([2]))],
        [ZipMaker.Entry(name: "one", bytes: text), ZipMaker.Entry(name: "same", bytes: text, offset: 0)],
        [ZipMaker.Entry(name: "long", bytes: Data([1]), length: 9)],
        [ZipMaker.Entry(name: "bomb", packed: packedZeros, length: 40 << 20)],
        [ZipMaker.Entry(name: "big", packed: Data(count: 1 << 20), length: Limits.zipEntryBytes + 1)],
        [ZipMaker.Entry(name: "far", bytes: Data([1]), offset: 1 << 30)],
    ]) func whatIsNotSafeIsRefusedBeforeAnythingIsUnpacked(entries: [ZipMaker.Entry]) async throws {
        let error = await #expect(throws: HearthError.self) { try await open(ZipMaker.make(entries)) }
        #expect(error?.code == .invalidRequest)
    }

    private static let wide = ZipMaker.make([
        ZipMaker.Entry(name: "a.txt", bytes: Data([1])),
        ZipMaker.Entry(name: "b.txt", bytes: Data([2]), wide: (1, 1, 36)),
    ])

    @Test func numbersOfSixtyFourBitsAreRead() async throws {
        let archive = try await open(Self.wide)
        #expect(try await archive.bytes(of: #require(archive["b.txt"])) == Data([2]))
    }

    /// The sum of two lengths does not fit 64 bits: it must not be computed.
    @Test(arguments: [.max, .max - 1, UInt64(Int.max), UInt64(Int.max) - 1, 1 << 32] as [UInt64])
    func lengthsThatAddUpToMoreThanANumberHoldsAreRefused(length: UInt64) async throws {
        for wide in [(length, 1, 36), (1, length, 36), (1, 1, length), (length, length, 36)] {
            let file = ZipMaker.make([
                ZipMaker.Entry(name: "a.txt", bytes: Data([1])),
                ZipMaker.Entry(name: "b.txt", bytes: Data([2]), method: 8, wide: wide),
            ])
            let error = await #expect(throws: HearthError.self) { try await open(file) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func anyNumberOfAFileMayBeAnyOther() async throws {
        var copies: [(Data, String)] = []
        Self.wide.withExtremeNumbers { copies.append(($0, $1)) }
        for (copy, place) in copies {
            do {
                let archive = try await open(copy)
                for entry in archive.entries { _ = try await archive.bytes(of: entry) }
            } catch let error as HearthError {
                #expect(error.code == .invalidRequest, "\(place): \(error)")
            }
        }
    }

    @Test func namesThatOnlyLookAlikeAreTwoEntries() async throws {
        let archive = try await open(ZipMaker.make([("\u{E9}", Data([1])), ("e\u{301}", Data([2]))]))
        #expect(try await archive.bytes(of: #require(archive["e\u{301}"])) == Data([2]))
    }

    @Test func anEntryThatLiesAboutItsLengthOrSumIsRefused() async throws {
        for entry in [
            ZipMaker.Entry(name: "a", bytes: Self.text, packed: ZipMaker.deflated(Self.text), length: 10),
            ZipMaker.Entry(name: "a", bytes: Self.text, packed: ZipMaker.deflated(Self.text), length: 5_000),
            ZipMaker.Entry(name: "a", bytes: Self.text, crc: 1),
            ZipMaker.Entry(name: "a", bytes: Self.text, packed: Data([7, 7])),
        ] {
            let archive = try await open(ZipMaker.make([entry]))
            let error = await #expect(throws: HearthError.self) { try await archive.bytes(of: archive.entries[0]) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func tooManyEntriesAreRefused() async throws {
        let file = ZipMaker.make((0...Limits.zipEntries).map { ZipMaker.Entry(name: "\($0)") })
        await #expect(throws: HearthError.self) { try await open(file) }
    }

    @Test(arguments: RepeatableRandom.seeds(300)) func damageIsAnErrorAndNeverATrap(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        var file = ZipMaker.make([
            ZipMaker.Entry(name: "a/stored.txt", bytes: Self.text),
            ZipMaker.Entry(name: "a/packed.txt", bytes: Self.text, packed: ZipMaker.deflated(Self.text)),
        ])
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: file = Data(file.prefix(Int.random(in: 0...file.count, using: &random)))
            case 1 where !file.isEmpty:
                file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 2 where file.count > 60:
                // The directory and the end record are where it hurts.
                file[file.count - Int.random(in: 1...60, using: &random)] = random.chance(50) ? 255 : 0
            default: file += Data((0..<4).map { _ in UInt8.random(in: 0...255, using: &random) })
            }
        }
        do {
            let archive = try await open(file)
            for entry in archive.entries { _ = try await archive.bytes(of: entry) }
        } catch let error as HearthError {
            #expect(error.code == .invalidRequest, "seed \(seed): \(error)")
        }
    }
}
