import Foundation
import HearthTesting
import Testing

@testable import HearthVectors

/// A file that was cut or changed is refused or gives right answers; it never gives wrong ones.
@Suite(.timeLimit(.minutes(3))) struct ScanFileTests {
    /// A world whose file has three segments, each of which takes rows of earlier ones back.
    private func world(seed: UInt64, metric: VectorMetric = .euclidean) throws -> IndexWorld {
        var world = try IndexWorld(seed: seed, metric: metric, dims: 4, isByOwner: true)
        for _ in 0..<3 {
            for _ in 0..<20 { world.change() }
            try world.catchUp(world.index)
            try world.write(isWhole: false)
        }
        return world
    }

    /// Opens the file as a server would: what is damaged is thrown away, and everything is read from the rows.
    /// - Returns: whether the file was of use.
    private func answersRightly(_ world: inout IndexWorld) throws -> Bool {
        do {
            if let index = try ResidentIndex.open(world.path, name: "c", dims: 4, metric: world.metric) {
                try world.catchUp(index)
                try world.check(index)
                return true
            }
        } catch is ScanFileError {}
        let index = ResidentIndex(name: "c", dims: 4, metric: world.metric)
        try world.catchUp(index)
        try world.check(index)
        return false
    }

    @Test func aFileCutAnywhereIsRightOrRefused() throws {
        var world = try world(seed: 1)
        let whole = try FileBytes.read(world.path)
        var used = 0
        // Each length around pages, where headers begin and end, and many between.
        for length in 0...whole.count where length % 4_096 < 3 || length % 4_096 > 4_093 || length % 61 == 0 {
            try FileBytes.write(whole.prefix(length), world.path)
            if try answersRightly(&world) { used += 1 }
        }
        #expect(used > 0, "what is whole in front of the cut is used")
    }

    @Test(arguments: RepeatableRandom.seeds(6))
    func aFileWithWrongBytesIsRightOrRefused(seed: UInt64) throws {
        var world = try world(seed: seed, metric: seed % 2 == 0 ? .cosine : .euclidean)
        let whole = try FileBytes.read(world.path)
        for round in 0..<400 {
            var broken = whole
            for _ in 0...(round % 3) {
                let place = Int.random(in: 0..<whole.count, using: &world.random)
                broken[place] ^= 1 << UInt8.random(in: 0..<8, using: &world.random)
            }
            try FileBytes.write(broken, world.path)
            do {
                _ = try answersRightly(&world)
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
                return
            }
        }
    }

    @Test func whatACrashLeftBehindTheLastSegmentIsWrittenOver() throws {
        var world = try world(seed: 5)
        let whole = try FileBytes.read(world.path)
        try FileBytes.write(whole + Data(repeating: 0xAB, count: 10_000), world.path)
        try world.reopen()
        #expect(world.index.segments == 3)
        try world.check(world.index)
        for _ in 0..<5 { world.change() }
        try world.catchUp(world.index)
        try world.write(isWhole: false)
        try world.reopen()
        #expect(world.index.segments == 4)
        try world.check(world.index)
    }

    @Test func aFileOfAnotherCollectionLengthMetricOrProgramIsRefused() throws {
        let world = try world(seed: 6)
        for (name, dims, metric) in [("d", 4, VectorMetric.euclidean), ("c", 5, .euclidean), ("c", 4, .dot)] {
            #expect(throws: ScanFileError.self) {
                try ResidentIndex.open(world.path, name: name, dims: dims, metric: metric)
            }
        }
        var other = try FileBytes.read(world.path)
        other[8] = 2
        try FileBytes.write(other, world.path)
        #expect(throws: ScanFileError.self) {
            try ResidentIndex.open(world.path, name: "c", dims: 4, metric: .euclidean)
        }
    }

    /// Whoever can write the file can make its sums right, and a disk may return anything: nothing traps.
    @Test func anyNumberOfAHeaderMayBeAnyOther() throws {
        let world = try world(seed: 9)
        let file = try FileBytes.read(world.path)
        let page = Data(file.prefix(SegmentHeader.bytes))
        #expect(page.withUnsafeBytes { SegmentHeader($0, available: file.count) } != nil)
        for fields in [0..<320, SegmentHeader.bytes - 32..<SegmentHeader.bytes - 8] {
            page.withExtremeNumbers(at: fields) { copy, place in
                var copy = copy
                let sum = copy.dropLast(8).withUnsafeBytes { XXHash64.checksum($0) }
                for byte in 0..<8 { copy[copy.count - 8 + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte)) }
                for available in [0, file.count, Int.max] {
                    let header = copy.withUnsafeBytes { SegmentHeader($0, available: available) }
                    #expect((header?.length ?? 0) <= available, "\(place)")
                }
            }
        }
    }

    @Test func sectionsInAnotherOrderAreRefused() throws {
        let world = try world(seed: 10)
        let file = try FileBytes.read(world.path)
        var header = try #require(file.withUnsafeBytes { SegmentHeader($0, available: file.count) })
        let (codes, scales) = (header[.codes], header[.scales])
        header[.codes] = scales.upperBound.advanced(by: 0)..<scales.upperBound + codes.count
        let page = header.encoded()
        #expect(page.withUnsafeBytes { SegmentHeader($0, available: file.count) } == nil)
    }

    @Test func segmentsOfTwoFilesAreNotMixed() throws {
        let (one, two) = (try world(seed: 7), try world(seed: 8))
        let (first, second) = (try FileBytes.read(one.path), try FileBytes.read(two.path))
        let header = try #require(first.withUnsafeBytes { SegmentHeader($0, available: first.count) })
        let other = try #require(second.withUnsafeBytes { SegmentHeader($0, available: second.count) })
        try FileBytes.write(first.prefix(header.length) + second.dropFirst(other.length), one.path)
        let index = try #require(try ResidentIndex.open(one.path, name: "c", dims: 4, metric: .euclidean))
        #expect(index.segments == 1)
        #expect(index.version == header.version)
    }
}
