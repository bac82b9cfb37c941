import Foundation
import HearthTesting
import HearthVectors
import Logging
import Testing

@testable import HearthCore
@testable import HearthLocalFiles

@Suite struct LocalRecordLogTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    /// A log as a process opens it that comes after one which was killed: nothing was closed.
    private func open(segmentBytes: Int = 1 << 20, limit: Int = 1 << 24) throws -> LocalRecordLog {
        try LocalRecordLog(folder: folder.file("scans"), segmentBytes: segmentBytes, limit: limit, logger: .quiet)
    }

    private func files() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.file("scans"))) ?? []).sorted()
    }

    private func record(_ number: Int, bytes: Int = 40) -> Data { Data(repeating: UInt8(number & 255), count: bytes) }

    @Test func whatWasAppendedIsFoundByTheNext() throws {
        let log = try open()
        for number in 0..<5 { _ = try log.append(record(number)) }
        let next = try open()
        #expect(next.leftovers == (0..<5).map { record($0) })
        next.forgetLeftovers()
        #expect(try open().leftovers.isEmpty)
    }

    @Test func whatIsSettledIsForgotten() throws {
        let log = try open()
        let tickets = try (0..<5).map { try log.append(record($0)) }
        log.settle(tickets)
        #expect(try open().leftovers.isEmpty)
        _ = try log.append(record(9))
    }

    @Test func aRecordAfterASettledOneIsFoundAlone() throws {
        let log = try open()
        log.settle([try log.append(record(1, bytes: 400))])
        _ = try log.append(record(2))
        #expect(try open().leftovers == [record(2)])
    }

    @Test func fullSegmentsGoWhenTheirLastRecordIsSettled() throws {
        let log = try open(segmentBytes: 100)
        let tickets = try (0..<10).map { try log.append(record($0)) }
        #expect(files().count == 5)
        log.settle(Array(tickets.prefix(5)))
        #expect(files().count == 3, "two are settled, the third holds one more record")
        log.settle(Array(tickets.suffix(5)))
        #expect(files().count == 1)
    }

    @Test func aFullLogRefuses() throws {
        let log = try open(segmentBytes: 100, limit: 300)
        var tickets: [RecordTicket] = []
        let error = #expect(throws: HearthError.self) { while true { tickets.append(try log.append(record(1))) } }
        #expect(error?.code == .overloaded)
        log.settle(tickets)
        _ = try log.append(record(2))
    }

    /// The sum of the first record is made right again where its length lies in the file: then the length counts.
    @Test func anyLengthOfARecordMayBeAnyOther() throws {
        let log = try open()
        for number in 0..<3 { _ = try log.append(record(number)) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file("scans/\(try #require(files().first))")))
        #expect(LocalRecordLog.records(in: whole).records.count == 3)
        var outcomes: Set<Int> = []
        whole.withExtremeNumbers(at: 0..<16) { copy, place in
            var copy = copy
            let length = copy[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            if length <= copy.count - 16 {
                let sum = copy[16..<16 + length].withUnsafeBytes { XXHash64.checksum($0, seed: UInt64(length)) }
                for byte in 0..<8 { copy[8 + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte)) }
            }
            let (records, torn) = LocalRecordLog.records(in: copy)
            #expect(records.reduce(torn) { $0 + 16 + $1.count } == copy.count, "\(place)")
            outcomes.insert(records.count)
        }
        #expect(outcomes == [0, 1, 3], "refused, of another length so that no record follows, and as it was")
    }

    @Test func aSegmentThatCannotBeReadIsKeptForTheNextStart() throws {
        let log = try open(segmentBytes: 50)
        for number in 0..<2 { _ = try log.append(record(number)) }
        let unreadable = try #require(files().first)
        let next = try LocalRecordLog(folder: folder.file("scans"), logger: .quiet) { path in
            if path.hasSuffix(unreadable) { throw CocoaError(.fileReadUnknown) }
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
        #expect(next.leftovers == [record(1)])
        next.forgetLeftovers()
        #expect(files().contains(unreadable))
        #expect(try open().leftovers == [record(0)])
    }

    @Test func aFolderThatCannotBeListedIsNoEmptyLog() throws {
        try Data().write(to: URL(fileURLWithPath: folder.file("scans")))
        let error = #expect(throws: HearthError.self) { try open() }
        #expect(error?.code == .storageUnavailable)
    }

    @Test func aSegmentThatIsNotWholeIsKeptBesideTheOthers() throws {
        let log = try open()
        for number in 0..<3 { _ = try log.append(record(number)) }
        let path = folder.file("scans/\(try #require(files().first))")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[60] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let next = try open()
        #expect(next.leftovers == [record(0)], "what follows a damaged record cannot be told from it")
        next.forgetLeftovers()
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(path).damaged")) == bytes)
        #expect(try open().leftovers.isEmpty)
    }

    @Test func whatIsSetAsideIsNotFoundAgain() throws {
        let log = try open()
        let path = try log.setAside([record(1), record(2)])
        #expect(try LocalRecordLog.records(in: Data(contentsOf: URL(fileURLWithPath: path))).records.count == 2)
        #expect(try open().leftovers.isEmpty)
    }

    @Test(arguments: RepeatableRandom.seeds(40)) func aTornEndCostsTheLastRecordOnly(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let log = try open()
        let records = (0..<Int.random(in: 1...12, using: &random)).map { number in
            record(number, bytes: Int.random(in: 0...300, using: &random))
        }
        var ends: [Int] = []
        for record in records {
            _ = try log.append(record)
            ends.append((ends.last ?? 0) + record.count + 16)
        }
        let path = folder.file("scans/\(try #require(files().last))")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(bytes.count == ends.last)
        let cut = Int.random(in: 0..<bytes.count, using: &random)
        if random.chance(50) {
            bytes = bytes.prefix(cut)
        } else {
            bytes[cut] ^= UInt8.random(in: 1...255, using: &random)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let whole = ends.filter { $0 <= cut }.count
        #expect(try open().leftovers == Array(records.prefix(whole)), "seed \(seed)")
    }
}
