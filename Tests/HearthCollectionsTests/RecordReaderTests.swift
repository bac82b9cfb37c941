import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCollections

/// Lines come out as they went in, however they arrive; one that cannot be read does not spoil the others.
@Suite struct RecordReaderTests {
    /// What a reader makes of a file in random pieces: the id of each record, or nil for one that is broken.
    private func read(
        _ text: Data, first: Int = 1, _ random: inout RepeatableRandom
    ) throws -> [(number: Int, id: String?)] {
        var reader = RecordReader(.jsonl, first: first)
        var found: [(Int, String?)] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...60, using: &random))
            rest = rest.dropFirst(piece.count)
            reader.append(Data(piece))
            while let record = try reader.next() { found.append((record.number, record.source.id)) }
        }
        if let record = try reader.last() { found.append((record.number, record.source.id)) }
        return found
    }

    @Test(arguments: RepeatableRandom.seeds(10))
    func linesAreNumberedAndComeInOrder(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for round in 0..<30 {
            var text = ""
            var expected: [(Int, String?)] = []
            let count = Int.random(in: 0...20, using: &random)
            for number in 1...(count + 1) {
                let end = number > count ? "" : random.chance(30) ? "\r\n" : "\n"
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text += end
                case 1:
                    text += "{\"id\": \"broken\(end)"
                    expected.append((number, nil))
                default:
                    text += "{\"id\": \"ü\(number)\"}\(end)"
                    expected.append((number, "ü\(number)"))
                }
            }
            let first = random.chance(50) ? 1 : Int.random(in: 1...(count + 1), using: &random)
            let found = try read(Data(text.utf8), first: first, &random)
            let wanted = expected.filter { $0.0 >= first }
            #expect(found.map(\.number) == wanted.map(\.0), "seed \(seed), round \(round)")
            #expect(found.map(\.id) == wanted.map(\.1), "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: ["", "a\u{0}b", String(repeating: "x", count: Limits.recordIDBytes + 1)])
    func idsThatAreEmptyTooLongOrHaveNULAreRefused(id: String) {
        #expect(throws: HearthError.self) { try RecordDraft.id(.string(id)) }
    }

    @Test(arguments: ["a", "\u{e9}q", "e\u{301}q", "\u{6771}\u{4eac}", "a/b c"])
    func idsAreKeptAsTheyAre(id: String) throws {
        #expect(try Array(RecordDraft.id(.string(id)).utf8) == Array(id.utf8))
    }

    @Test func aLineThatIsTooLongIsOneProblem() throws {
        var reader = RecordReader(.jsonl)
        reader.append(Data(repeating: UInt8(ascii: "x"), count: Limits.recordLineBytes + 1))
        #expect(try reader.next() == nil)
        reader.append(Data("\n{\"id\":\"a\",\"vector\":[1]}\n".utf8))
        let first = try #require(try reader.next())
        guard case .broken(let error) = first.source else {
            Issue.record("a line of \(Limits.recordLineBytes + 1) bytes was read")
            return
        }
        #expect(error.code == .bodyTooLarge && first.number == 1)
        #expect(try reader.next()?.number == 2)
    }

    /// Lines as the rule says: LF, CRLF or CR ends each.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var last: UInt8 = 0
        for byte in bytes {
            switch byte {
            // The CR before has ended the line.
            case 0x0A where last == 0x0D: break
            case 0x0A, 0x0D: lines.append([])
            default: lines[lines.count - 1].append(byte)
            }
            last = byte
        }
        return lines
    }

    @Test(arguments: RepeatableRandom.seeds(6))
    func bytesOfAnyKindAreReadOrTold(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ -> UInt8 in
                guard random.chance(15) else { return .random(in: 0...255, using: &random) }
                return random.chance(50) ? 0x0A : 0x0D
            }
            let lines = Self.lines(of: bytes)
            let told = lines.indices.filter { lines[$0].contains { $0 != 0x20 && $0 != 0x09 } }
            #expect(try read(Data(bytes), &random).map(\.number) == told.map { $0 + 1 }, "seed \(seed)")
        }
    }

    @Test func rowsOfAMatrixAreCalledByTheirNumber() throws {
        var reader = RecordReader(.npy, idPrefix: "row-", first: 2)
        var bytes = Data(ArrayHeader(element: .float32, rows: 3, dims: 1).bytes)
        bytes.append(Data(littleEndian: [1, 2, 3]))
        reader.append(bytes)
        var ids: [String?] = []
        while let record = try reader.next() { ids.append(record.source.id) }
        #expect(try reader.last() == nil)
        #expect(ids == ["row-1", "row-2"])
    }
}
