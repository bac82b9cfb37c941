import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthLocalFiles
@testable import HearthProducts

@Suite(.timeLimit(.minutes(3))) struct KeptScanTests {
    private func scans(_ bench: ProductBench) async throws -> [JSONValue] {
        try await bench.call("products.scans.list", [:])["items"]?.arrayValue ?? []
    }

    @Test func aScanIsKeptAfterItsAnswer() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1)
        try await bench.runJobs()
        let reply = try await bench.scan(1, ["template": "default"])
        #expect(reply["is_stored"] == true)
        #expect(try await scans(bench).isEmpty, "its row comes later")
        while await bench.scans.writeSome() {}
        let scan = try #require(try await scans(bench).first)
        #expect(scan["scan_id"] == reply["scan_id"] && scan["template"] == "default")
        #expect(scan["matches"]?[0]?["external_id"] == "sku-1")
        #expect(scan["sha256"]?.stringValue == Digest256(of: ProductBench.picture(1)).hex)
        let vector = try await bench.store.read { db in
            try db.value("SELECT vector FROM product_scans", as: Data.self)?.littleEndianFloats
        }
        #expect(vector?.count == 8)
    }

    @Test func whoDoesNotWantItKeptIsHeard() async throws {
        let bench = try await ProductBench()
        let reply = try await bench.scan(1, ["store": false])
        #expect(reply["scan_id"] == nil && reply["is_stored"] == nil)
        while await bench.scans.writeSome() {}
        #expect(try await bench.count("product_scans") == 0)
    }

    @Test func aScanSurvivesTheDeathOfTheServer() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        var answered: [JSONValue] = []
        for number in 0..<5 { answered.append(try await killed.scan(number)["scan_id"] ?? .null) }
        // Nothing of the first server is closed, stopped or flushed; the next one finds what it had answered.
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        #expect(try await scans(next).reversed().map { $0["scan_id"] } == answered)
        // And once more, as if it had died before it could forget the log.
        let third = try await ProductBench(in: folder)
        try await third.scans.replay()
        #expect(try await third.count("product_scans") == 5)
        _ = killed
    }

    @Test func replayingTwiceIsAsGoodAsOnce() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        _ = try await killed.scan(1)
        while await killed.scans.writeSome() {}
        _ = try await killed.scan(2)
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        try await next.scans.replay()
        #expect(try await next.count("product_scans") == 2)
    }

    @Test func aRecordThatCannotBeReadIsSetAsideAndCounted() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        _ = try await killed.scan(1)
        let odd = Data("{\"scan_id\": 7}".utf8)
        _ = try LocalRecordLog(folder: folder.file("journal/scans"), logger: .quiet).append(odd)
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        #expect(try await next.count("product_scans") == 1, "the others have their rows")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("journal/scans"))
        let kept = try #require(names.first { $0.hasSuffix(".unread") })
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("journal/scans/\(kept)")))
        #expect(bytes.range(of: odd) != nil)
        #expect(next.metrics.prometheusText().contains("hearth_scans_unread_total 1"))
        let third = try await ProductBench(in: folder)
        try await third.scans.replay()
        #expect(third.metrics.prometheusText().contains("hearth_scans_unread_total 0"), "it is not read again")
        _ = killed
    }

    @Test func aFullBacklogCostsTheKeepingAndNotTheAnswer() async throws {
        let bench = try await ProductBench(backlog: 3)
        try await bench.upsert("sku-1", picture: 1)
        try await bench.runJobs()
        var stored: [Bool?] = []
        for _ in 0..<5 {
            let reply = try await bench.scan(1)
            #expect(bench.found(reply) == ["sku-1"])
            stored.append(reply["is_stored"]?.boolValue)
        }
        #expect(stored == [true, true, true, false, false])
        while await bench.scans.writeSome() {}
        #expect(try await bench.scan(1)["is_stored"] == true)
    }

    @Test func scansAreForgottenByAgeAndByHand() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1)
        try await bench.runJobs()
        let reply = try await bench.scan(1)
        _ = try await bench.scan(2)
        while await bench.scans.writeSome() {}
        try await bench.call("products.scans.delete", ["scan_id": reply["scan_id"] ?? .null])
        #expect(try await bench.count("product_scans") == 1)
        bench.clock.advance(by: Limits.scanHistory + .seconds(1))
        _ = try await bench.runJob("products.reconcile")
        #expect(try await bench.count("product_scans") == 0)
    }

    /// One scan more than one write makes rows of: the last one has none, so that the log keeps all of them.
    private func scanMoreThanABatch(_ bench: ProductBench) async throws -> [JSONValue] {
        var scans: [JSONValue] = []
        for number in 0...Limits.scanBatch { scans.append(try await bench.scan(number)["scan_id"] ?? .null) }
        _ = await bench.scans.writeSome()
        #expect(bench.scans.backlog == 1)
        return scans
    }

    @Test func aScanThatWasDeletedDoesNotComeBackWhenItsLogIsReplayed() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        let answered = try await scanMoreThanABatch(killed)
        for scan in answered.prefix(3) { try await killed.call("products.scans.delete", ["scan_id": scan]) }
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        let last = try #require(answered.last)
        #expect(try await next.count("product_scans") == Int64(answered.count - 3))
        #expect(try await scans(next).first?["scan_id"] == last, "the one that had no row has one")
        try await next.call("products.scans.delete", ["scan_id": last])
        let third = try await ProductBench(in: folder)
        try await third.scans.replay()
        #expect(try await third.count("product_scans") == Int64(answered.count - 4))
        _ = killed
    }

    @Test func aScanThatWasForgottenForItsAgeDoesNotComeBackEither() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        _ = try await scanMoreThanABatch(killed)
        let (time, table) = (killed.clock.now() + 1, ProductTable())
        _ = try await killed.store.write { db in try table.forgetScans(before: time, limit: 1_000, in: db) }
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        #expect(try await next.count("product_scans") == 1, "the one that had no row yet")
        _ = killed
    }

    @Test func aScanCanBeDeletedBeforeItsRowIsMade() async throws {
        let bench = try await ProductBench()
        let reply = try await bench.scan(1)
        #expect(try await bench.count("product_scans") == 0)
        try await bench.call("products.scans.delete", ["scan_id": reply["scan_id"] ?? .null])
        while await bench.scans.writeSome() {}
        #expect(try await bench.count("product_scans") == 0)
    }

    @Test func rowsAreMadeOnceHoweverManyMakeThem() async throws {
        let bench = try await ProductBench()
        let first = try await bench.scan(0)["scan_id"] ?? .null
        for number in 1..<20 { _ = try await bench.scan(number) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { while await bench.scans.writeSome() {} } }
        }
        #expect(try await bench.count("product_scans") == 20)
        #expect(bench.scans.backlog == 0)
        try await bench.call("products.scans.delete", ["scan_id": first])
        #expect(try await bench.scan(21)["is_stored"] == true)
        while await bench.scans.writeSome() {}
        #expect(try await bench.count("product_scans") == 20)
    }

    @Test func aSegmentThatCouldNotBeReadIsStoredByALaterStart() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        for number in 0..<3 { _ = try await killed.scan(number) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("journal/scans"))
        let segment = try #require(names.first { $0.hasSuffix(".log") })
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("journal/scans/\(segment)")))
        let (records, _) = LocalRecordLog.records(in: bytes)
        // The last two records alone, as if the disk had not given the segment with the first.
        let table = ProductTable()
        let later = try records.suffix(2).map { try ScanRecord(encoded: $0) }
        try await killed.store.write { db in try table.storeScans(later, in: db) }
        #expect(try await killed.count("product_scans") == 2)
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        #expect(try await next.count("product_scans") == 3)
        _ = killed
    }

    @Test func recordsOfAnEarlierVersionAreStored() async throws {
        let folder = try TemporaryFolder(.memory)
        let killed = try await ProductBench(in: folder)
        _ = try await killed.scan(1)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("journal/scans"))
        let segment = folder.file("journal/scans/\(try #require(names.first))")
        let (records, _) = LocalRecordLog.records(in: try Data(contentsOf: URL(fileURLWithPath: segment)))
        var old = try ScanRecord(encoded: try #require(records.first))
        old.place = nil
        unlink(segment)
        _ = try LocalRecordLog(folder: folder.file("journal/scans"), logger: .quiet).append(old.encoded())
        let next = try await ProductBench(in: folder)
        try await next.scans.replay()
        #expect(try await next.count("product_scans") == 1)
        _ = killed
    }
}
