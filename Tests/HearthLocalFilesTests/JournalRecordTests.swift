import Foundation
import HearthTesting
import HearthVectors
import Testing

@testable import HearthCore
@testable import HearthLocalFiles

/// A record is read as it was written, or not at all.
@Suite struct JournalRecordTests {
    /// Bytes 0, 7, 14, … with checksums made by the reference implementation of XXH64 (xxhash 0.8).
    @Test(arguments: [
        (0, UInt64(0), UInt64(0xEF46_DB37_51D8_E999)), (0, 42, 0x98B1_582B_0977_E704),
        (1, 0, 0xE934_A84A_DB05_2768), (3, 42, 0xC1AA_8C80_0B74_2639), (4, 0, 0xAE5A_CDC0_0A55_AC41),
        (7, 42, 0xA3D9_DADC_B39A_4078), (8, 0, 0x8711_6B33_65B9_24EB), (31, 42, 0xCE9C_E149_817C_E82A),
        (32, 0, 0x91B0_CB09_31A8_C629), (33, 42, 0xFFC2_7371_24D4_C73E), (100, 0, 0x8E22_72C0_8247_D5DB),
        (4_096, 42, 0xC8FE_3CEF_5909_9DE4),
    ]) func checksumsAreThoseOfTheReference(count: Int, seed: UInt64, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(bytes.withUnsafeBytes { XXHash64.checksum($0, seed: seed) } == expected)
    }

    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 100_000]) func aRecordIsReadAsItWasWritten(count: Int) throws {
        let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * 31) })
        let record = try #require(JournalRecord(path: "projects/größe/a.png", bytes: bytes, epoch: 7))
        let block = record.block()
        #expect(block.count == JournalRecord.blockBytes)
        let read = try #require(block.withUnsafeBytes { JournalRecord(block: $0) })
        #expect(read == record)
        #expect((read.path, read.count, read.epoch) == ("projects/größe/a.png", count, 7))
        #expect(bytes.withUnsafeBytes { read.matches($0) })
        #expect(read.length.isMultiple(of: JournalRecord.blockBytes))
        #expect(read.length - JournalRecord.blockBytes >= count)
    }

    @Test func anyChangedByteOfTheHeadIsNoticed() throws {
        let record = try #require(JournalRecord(path: "projects/a", bytes: Data([1, 2, 3]), epoch: 1))
        let block = record.block()
        for position in 0..<40 + "projects/a".utf8.count {
            for bit in 0..<8 {
                var damaged = block
                damaged[position] ^= 1 << UInt8(bit)
                #expect(damaged.withUnsafeBytes { JournalRecord(block: $0) } == nil, "byte \(position), bit \(bit)")
            }
        }
    }

    @Test func anyChangedByteOfTheFileIsNoticed() throws {
        let bytes = Data((0..<300).map { UInt8(truncatingIfNeeded: $0) })
        let record = try #require(JournalRecord(path: "a", bytes: bytes, epoch: 9))
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 0x10
            #expect(!damaged.withUnsafeBytes { record.matches($0) })
        }
        #expect(!bytes.dropLast().withUnsafeBytes { record.matches($0) })
    }

    @Test func noiseIsNoRecord() {
        for seed in RepeatableRandom.seeds(200) {
            var random = RepeatableRandom(seed: seed)
            let count = Int.random(in: 0...JournalRecord.blockBytes, using: &random)
            var noise = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            // With the right beginning, so that more than the first check has to refuse it.
            for (index, byte) in [UInt8(0x48), 0x4A, 0x30, 0x31].enumerated() where index < noise.count {
                noise[index] = byte
            }
            #expect(noise.withUnsafeBytes { JournalRecord(block: $0) } == nil, "seed \(seed)")
        }
    }

    /// The sum of the head is made right again: behind it are the numbers that count.
    @Test func anyNumberOfAHeadMayBeAnyOther() throws {
        let record = try #require(JournalRecord(path: "projects/a", bytes: Data([1, 2, 3]), epoch: 1))
        Data(record.block()).withExtremeNumbers(at: 4..<32) { copy, place in
            var copy = copy
            let length = copy[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let epoch = copy[8..<16].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let path = copy[min(40, copy.count)..<min(40 + length, copy.count)]
            let fields = copy.prefix(32).withUnsafeBytes { XXHash64.checksum($0, seed: epoch) }
            let sum = path.withUnsafeBytes { XXHash64.checksum($0, seed: fields) }
            for byte in 0..<8 { copy[32 + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte)) }
            if let read = copy.withUnsafeBytes({ JournalRecord(block: $0) }) {
                #expect(read.length <= Limits.journalSegmentBytes + 2 * JournalRecord.blockBytes, "\(place)")
            }
        }
    }

    @Test func aPathThatDoesNotFitIsRefused() {
        let longest = String(repeating: "p", count: JournalRecord.pathBytes)
        #expect(JournalRecord(path: longest, bytes: Data(), epoch: 1) != nil)
        #expect(JournalRecord(path: longest + "p", bytes: Data(), epoch: 1) == nil)
    }
}
