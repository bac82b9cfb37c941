import HearthCore
import HearthInference
import HearthModelRuntime
import HearthTesting
import Testing

/// Random histories of a queue against the promises that every history must keep.
@Suite struct BatchQueuePropertyTests {
    typealias Queue = BatchQueue<Int, TestInput>

    /// What the outside knows about a history.
    private struct Ledger {
        var inside: Set<Int> = []
        var decoding: [Int] = []
        var lastInteractive = 0
        var passesSinceBackground = 0

        /// A call leaves; it must have been inside.
        mutating func left(_ id: Int) -> Bool {
            decoding.removeAll { $0 == id }
            return inside.remove(id) != nil
        }
    }

    @Test(arguments: 1...60)
    func everyCallLeavesOnceAndTheRulesHold(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let sizes = [[1], [1, 2, 4], [1, 2, 4, 8]].randomElement(using: &random) ?? [1]
        let rules = Queue.Rules(
            limit: Int.random(in: 1...40, using: &random), passSizes: sizes,
            decodedAhead: Int.random(in: 1...20, using: &random), patience: Int.random(in: 1...5, using: &random))
        var queue = Queue(rules: rules)
        var ledger = Ledger()
        let start = ContinuousClock.now
        var seconds = 0
        for id in 1...600 {
            let now = start.advanced(by: .seconds(seconds))
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let priority: Queue.Priority = Bool.random(using: &random) ? .interactive : .background
                let deadline = now.advanced(by: .seconds(Int.random(in: 1...60, using: &random)))
                let isIn = queue.enter(id, id: id, of: .local, priority: priority, deadline: deadline)
                #expect(isIn == (ledger.inside.count < rules.limit), "seed \(seed)")
                if isIn { ledger.inside.insert(id) }
            case 4..<6:
                let priority: Queue.Priority = Bool.random(using: &random) ? .interactive : .background
                let taken = queue.nextToDecode(priority, now: now)
                for entry in taken.expired {
                    let wasInside = ledger.left(entry.id)
                    #expect(entry.deadline <= now && wasInside, "seed \(seed)")
                }
                for entry in taken.items {
                    #expect(entry.deadline > now && entry.priority == priority, "seed \(seed)")
                    ledger.decoding.append(entry.id)
                }
                #expect(ledger.decoding.count <= 2 * rules.decodedAhead, "seed \(seed)")
            case 6:
                guard let done = ledger.decoding.randomElement(using: &random) else { continue }
                #expect(queue.decoded(done, TestInput(done)) == true, "seed \(seed)")
                ledger.decoding.removeAll { $0 == done }
            case 7:
                guard let gone = ledger.inside.sorted().randomElement(using: &random) else { continue }
                #expect(queue.remove(gone)?.id == gone, "seed \(seed)")
                let wasInside = ledger.left(gone)
                #expect(wasInside, "seed \(seed)")
            case 8:
                check(queue.take(now: now), at: now, rules, &ledger, seed)
            default: seconds += Int.random(in: 0...5, using: &random)
            }
            #expect(queue.count == ledger.inside.count, "seed \(seed)")
        }
        for entry in queue.removeAll() {
            let wasInside = ledger.left(entry.id)
            #expect(wasInside, "seed \(seed)")
        }
        #expect(ledger.inside.isEmpty, "seed \(seed)")
    }

    private func check(
        _ taken: Queue.Taken<Queue.Decoded>, at now: ContinuousClock.Instant, _ rules: Queue.Rules,
        _ ledger: inout Ledger, _ seed: UInt64
    ) {
        for entry in taken.expired {
            let wasInside = ledger.left(entry.id)
            #expect(entry.deadline <= now && wasInside, "seed \(seed)")
        }
        #expect(taken.items.isEmpty || rules.passSizes.contains(taken.items.count), "seed \(seed)")
        #expect(Set(taken.items.map(\.entry.priority)).count <= 1, "seed \(seed)")
        for item in taken.items {
            #expect(!ledger.decoding.contains(item.entry.id), "only decoded calls run; seed \(seed)")
            #expect(item.entry.deadline > now && item.input.value == item.entry.id, "seed \(seed)")
            let wasInside = ledger.left(item.entry.id)
            #expect(wasInside, "seed \(seed)")
        }
    }
}
