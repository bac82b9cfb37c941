import HearthCore
import HearthInference
import HearthModelRuntime
import HearthTesting
import Testing

/// Who shares a pass with whom.
@Suite struct BatchQueueSharingTests {
    typealias Queue = BatchQueue<Int, TestInput>

    private let start = ContinuousClock.now

    private func queue(budget: Int = .max, padding: Int = 0, sizes: [Int] = [1, 2, 4, 8]) -> Queue {
        Queue(
            rules: .init(
                limit: 1_000, passSizes: sizes, decodedAhead: 1_000, patience: 3, budget: budget, padding: padding))
    }

    private func enter(_ queue: inout Queue, _ id: Int, _ tenant: String = "t") {
        let isIn = queue.enter(
            id, id: id, of: Tenant(rawValue: tenant), priority: .interactive, deadline: start + .seconds(60))
        #expect(isIn)
    }

    /// Enters and decodes inputs, numbered from 1.
    private func fill(_ queue: inout Queue, _ inputs: [TestInput]) {
        for (place, input) in inputs.enumerated() {
            enter(&queue, place + 1)
            _ = queue.nextToDecode(.interactive, now: start)
            let isWaiting = queue.decoded(place + 1, input)
            #expect(isWaiting)
        }
    }

    private func passes(_ queue: inout Queue, streams: Int = 1) -> [[Int]] {
        var passes: [[Int]] = []
        while true {
            let taken = queue.take(now: start, streams: streams).items.map(\.entry.id)
            guard !taken.isEmpty else { return passes }
            passes.append(taken)
        }
    }

    @Test func aTextIsJoinedByThoseOfItsLength() {
        var queue = queue(padding: 8)
        fill(&queue, [10, 100, 12, 98, 11, 10].map { TestInput(0, length: $0) })
        #expect(passes(&queue) == [[1, 3, 5, 6], [2, 4]])
    }

    @Test func thePaddingOfAPassIsWorthLessThanAnotherPass() {
        var queue = queue(padding: 16)
        fill(&queue, [10, 26, 27].map { TestInput(0, length: $0) })
        #expect(passes(&queue) == [[1, 2], [3]])
        fill(&queue, [10, 27].map { TestInput(0, length: $0) })
        #expect(passes(&queue) == [[1], [2]])
    }

    @Test func aPassCostsItsBudgetAtMostUnlessALoneInputDoes() {
        var queue = queue(budget: 100, padding: 50)
        fill(&queue, [50, 50, 50, 300].map { TestInput(0, length: $0) })
        #expect(passes(&queue) == [[1, 2], [3], [4]])
    }

    @Test func formsAreNeverMixedAndSomeShareWithNobody() {
        var queue = queue()
        let forms: [Int?] = [0, nil, 1, 0, nil, 1]
        fill(&queue, forms.map { TestInput(0, form: $0) })
        #expect(passes(&queue) == [[1, 4], [2], [3, 6], [5]])
    }

    @Test func theWorkIsSharedOutAmongFreeStreams() {
        var queue = queue()
        fill(&queue, Array(repeating: 0, count: 6))
        let shares = [2, 1, 1].map { queue.take(now: start, streams: $0).items.count }
        #expect(shares == [2, 4, 0], "half of 6, in a size that is prepared, then the rest")
    }

    @Test func tenantsAreDecodedInTurn() {
        var queue = queue()
        for id in 1...3 { enter(&queue, id, "many") }
        enter(&queue, 4, "few")
        let order = (1...4).flatMap { _ in queue.nextToDecode(.interactive, now: start).items.map(\.id) }
        #expect(order == [1, 4, 2, 3])
    }

    @Test func aGraphThatTakesOneInputIsServedOneByOne() {
        var queue = queue()
        queue.serveOneByOne()
        #expect(queue.passSizes == [1])
        fill(&queue, [0, 0])
        #expect(passes(&queue) == [[1], [2]])
    }

    /// Random inputs: what shares a pass may share it.
    @Test(arguments: 1...80)
    func everyPassKeepsTheRules(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let budget = Int.random(in: 50...2_048, using: &random)
        let padding = Int.random(in: 0...40, using: &random)
        var queue = queue(budget: budget, padding: padding)
        var waiting: [Int: TestInput] = [:]
        for id in 1...400 {
            if Int.random(in: 0..<3, using: &random) > 0 {
                let input = TestInput(
                    id, form: [0, 0, 0, 1, nil][Int.random(in: 0..<5, using: &random)],
                    length: Int.random(in: 1...300, using: &random))
                enter(&queue, id, "tenant \(Int.random(in: 0..<4, using: &random))")
                _ = queue.nextToDecode(.interactive, now: start)
                _ = queue.decoded(id, input)
                waiting[id] = input
                continue
            }
            let streams = Int.random(in: 1...2, using: &random)
            let oldest = waiting.keys.min()
            let items = queue.take(now: start, streams: streams).items
            check(items.map(\.input), budget: budget, padding: padding, seed)
            #expect(items.first?.entry.id == oldest, "who waits longest leads; seed \(seed)")
            if let form = items.first?.input.form {
                let alike = waiting.values.count { $0.form == form }
                #expect(items.count <= (alike + streams - 1) / streams, "its share; seed \(seed)")
            }
            for item in items { #expect(waiting.removeValue(forKey: item.entry.id) == item.input, "seed \(seed)") }
        }
        let left = passes(&queue).flatMap { $0 }
        #expect(left.sorted() == waiting.keys.sorted(), "each call is taken once; seed \(seed)")
    }

    private func check(_ inputs: [TestInput], budget: Int, padding: Int, _ seed: UInt64) {
        guard inputs.count > 1 else { return }
        let longest = inputs.map(\.length).max() ?? 0
        let total = inputs.reduce(0) { $0 + $1.length }
        #expect([2, 4, 8].contains(inputs.count), "seed \(seed)")
        #expect(Set(inputs.map(\.form)).count == 1 && inputs[0].form != nil, "seed \(seed)")
        #expect(longest * inputs.count <= budget, "seed \(seed)")
        #expect(longest * inputs.count - total <= padding * (inputs.count - 1), "seed \(seed)")
    }
}
