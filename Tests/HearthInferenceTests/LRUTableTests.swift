import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthInference

/// The table beside the simplest thing that does the same: an array in the order of use, searched from end to end.
@Suite struct LRUTableTests {
    private struct NaiveTable {
        struct Entry {
            let key: CacheKey
            let value: Int
            let bytes: Int
            let expires: Int64
        }

        let byteBudget: Int
        /// The one used last at the end.
        var entries: [Entry] = []

        mutating func value(of key: CacheKey, now: Int64) -> Int? {
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
            let entry = entries.remove(at: index)
            guard entry.expires > now else { return nil }
            entries.append(entry)
            return entry.value
        }

        mutating func insert(_ value: Int, for key: CacheKey, bytes: Int, expires: Int64) -> Int {
            entries.removeAll { $0.key == key }
            guard bytes <= byteBudget else { return 0 }
            var evicted = 0
            while entries.reduce(0, { $0 + $1.bytes }) + bytes > byteBudget {
                entries.removeFirst()
                evicted += 1
            }
            entries.append(Entry(key: key, value: value, bytes: bytes, expires: expires))
            return evicted
        }
    }

    @Test(arguments: RepeatableRandom.seeds(20)) func doesWhatTheNaiveOneDoes(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let overhead = LRUTable<Int>.overhead
        let budget = Int.random(in: 0..<20, using: &random) * (overhead + 100)
        var table = LRUTable<Int>(byteBudget: budget)
        var naive = NaiveTable(byteBudget: budget)
        let keys = (0..<30).map { CacheTierContract.entry($0).key }
        for now in 0..<Int64(3_000) {
            let key = keys[Int.random(in: 0..<keys.count, using: &random)]
            if random.chance(60) {
                #expect(table.value(of: key, now: now) == naive.value(of: key, now: now), "seed \(seed), step \(now)")
            } else {
                let bytes = Int.random(in: 0..<(random.chance(5) ? 10_000 : 300), using: &random)
                let expires = now + Int64.random(in: 0..<200, using: &random)
                let evicted = table.insert(Int(now), for: key, bytes: bytes, expires: expires)
                let expected = naive.insert(Int(now), for: key, bytes: bytes + overhead, expires: expires)
                #expect(evicted == expected, "seed \(seed), step \(now)")
            }
            #expect(table.count == naive.entries.count, "seed \(seed), step \(now)")
            #expect(table.bytes == naive.entries.reduce(0) { $0 + $1.bytes }, "seed \(seed), step \(now)")
            #expect(table.bytes <= budget)
        }
    }
}
