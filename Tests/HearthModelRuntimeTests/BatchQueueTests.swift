import HearthCore
import HearthInference
import HearthModelRuntime
import Testing

@Suite struct BatchQueueTests {
    typealias Queue = BatchQueue<String, TestInput>

    private let start = ContinuousClock.now

    private func queue(limit: Int = 100, sizes: [Int] = [1, 2, 4, 8], ahead: Int = 16, patience: Int = 3) -> Queue {
        Queue(rules: .init(limit: limit, passSizes: sizes, decodedAhead: ahead, patience: patience))
    }

    private func later(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    /// Enters calls and decodes them all.
    private func fill(_ queue: inout Queue, _ ids: ClosedRange<Int>, _ priority: Queue.Priority = .interactive) {
        for id in ids {
            #expect(queue.enter("call \(id)", id: id, of: .local, priority: priority, deadline: later(60)) == true)
            let next = queue.nextToDecode(priority, now: start).items.first
            #expect(next?.id == id)
            #expect(queue.decoded(id, TestInput(id * 10)) == true)
        }
    }

    @Test func loneCallIsTakenAtOnce() {
        var queue = queue()
        fill(&queue, 1...1)
        let taken = queue.take(now: start)
        #expect(taken.items.map(\.entry.call) == ["call 1"])
        #expect(taken.items.map(\.input.value) == [10])
        #expect(queue.isEmpty)
    }

    @Test func callsThatGatheredGoTogetherInSizesTheEngineKnows() {
        var queue = queue()
        fill(&queue, 1...7)
        let sizes = (0..<4).map { _ in queue.take(now: start).items.map(\.entry.id) }
        #expect(sizes == [[1, 2, 3, 4], [5, 6], [7], []])
    }

    @Test func fullQueueRefuses() {
        var queue = queue(limit: 2)
        #expect(queue.enter("a", id: 1, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.enter("b", id: 2, of: .local, priority: .background, deadline: later(1)) == true)
        #expect(queue.enter("c", id: 3, of: .local, priority: .interactive, deadline: later(1)) == false)
        #expect(queue.remove(1)?.call == "a")
        #expect(queue.enter("c", id: 3, of: .local, priority: .interactive, deadline: later(1)) == true)
    }

    @Test func callThatComesDecodedIsTakenAtOnce() {
        var queue = queue()
        #expect(queue.decodesAtOnce(.interactive))
        #expect(
            queue.enter("a", decoded: 10, id: 1, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.nextToDecode(.interactive, now: start).items.isEmpty)
        #expect(queue.take(now: start).items.map(\.input.value) == [10])
        #expect(queue.isEmpty)
    }

    @Test func callThatComesDecodedTakesNoOnesTurn() {
        var queue = queue()
        #expect(queue.enter("a", id: 1, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(!queue.decodesAtOnce(.interactive))
        #expect(
            queue.enter("b", decoded: 10, id: 2, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.take(now: start).items.isEmpty)
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [1])
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [2])
        #expect(queue.decodesAtOnce(.background))
    }

    @Test func callThatComesDecodedFindsNoRoomBeyondTheLimits() {
        var queue = queue(limit: 2, sizes: [1], ahead: 1)
        for id in 1...2 {
            #expect(
                queue.enter("a", decoded: 10, id: id, of: .local, priority: .interactive, deadline: later(1)) == true)
        }
        #expect(queue.decodedCount == 1, "one is decoded ahead, the other waits for its turn")
        #expect(queue.isWaiting(.interactive))
        #expect(
            queue.enter("a", decoded: 10, id: 3, of: .local, priority: .interactive, deadline: later(1)) == false)
    }

    @Test func undecodedCallsAreNotTaken() {
        var queue = queue()
        #expect(queue.enter("a", id: 1, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.take(now: start).items.isEmpty)
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [1])
        #expect(queue.take(now: start).items.isEmpty)
        #expect(queue.count == 1)
    }

    @Test func decodingStopsWhenEnoughIsDecoded() {
        var queue = queue(sizes: [1, 2], ahead: 3)
        for id in 1...5 {
            #expect(queue.enter("a", id: id, of: .local, priority: .interactive, deadline: later(1)) == true)
        }
        let started = (0..<5).flatMap { _ in queue.nextToDecode(.interactive, now: start).items.map(\.id) }
        #expect(started == [1, 2, 3])
        #expect(queue.decoded(1, 0) == true)
        #expect(queue.nextToDecode(.interactive, now: start).items.isEmpty, "decoded ones count until they are taken")
        #expect(queue.take(now: start).items.map(\.entry.id) == [1])
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [4])
    }

    @Test func decodedBackgroundWorkDoesNotKeepInteractiveCallsFromDecoding() {
        var queue = queue(sizes: [1], ahead: 1)
        fill(&queue, 1...1, .background)
        #expect(queue.enter("b", id: 2, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [2])
    }

    @Test func callersWhoLeftAreDroppedInEveryStage() {
        var queue = queue()
        for id in 1...3 {
            #expect(queue.enter("a", id: id, of: .local, priority: .interactive, deadline: later(1)) == true)
        }
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [1])
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [2])
        #expect(queue.decoded(1, 0) == true)
        for id in 1...3 { #expect(queue.remove(id)?.id == id) }
        #expect(queue.isEmpty)
        #expect(queue.decoded(2, 0) == false, "the picture of a caller who left is thrown away")
        #expect(queue.remove(1) == nil)
        #expect(queue.take(now: start).items.isEmpty)
    }

    @Test func passedDeadlinesAreReportedAndNeverRun() {
        var queue = queue()
        fill(&queue, 1...2)
        #expect(queue.enter("late", id: 3, of: .local, priority: .interactive, deadline: later(90)) == true)
        let taken = queue.take(now: later(60))
        #expect(taken.expired.map(\.id) == [1, 2])
        #expect(taken.items.isEmpty)
        let decode = queue.nextToDecode(.interactive, now: later(90))
        #expect(decode.expired.map(\.id) == [3])
        #expect(decode.items.isEmpty)
        #expect(queue.isEmpty)
    }

    @Test func interactiveCallsGoBeforeBackgroundWorkAndNeverShareItsPass() {
        var queue = queue()
        fill(&queue, 1...4, .background)
        fill(&queue, 5...5)
        #expect(queue.take(now: start).items.map(\.entry.id) == [5])
        #expect(queue.take(now: start).items.map(\.entry.id) == [1, 2, 3, 4])
    }

    @Test func backgroundWorkGetsItsTurnUnderInteractiveLoad() {
        var queue = queue(sizes: [1], patience: 3)
        fill(&queue, 1...2, .background)
        fill(&queue, 11...18)
        let order = (0..<10).flatMap { _ in queue.take(now: start).items.map(\.entry.id) }
        #expect(order == [11, 12, 13, 1, 14, 15, 16, 2, 17, 18])
    }

    @Test func emptyingReturnsEachCallOnceOldestFirst() {
        var queue = queue()
        fill(&queue, 1...2, .background)
        fill(&queue, 3...4)
        #expect(queue.enter("a", id: 5, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.enter("a", id: 6, of: .local, priority: .interactive, deadline: later(1)) == true)
        #expect(queue.nextToDecode(.interactive, now: start).items.map(\.id) == [5])
        #expect(queue.removeAll().map(\.id) == [1, 2, 3, 4, 5, 6])
        #expect(queue.isEmpty)
        #expect(queue.removeAll().isEmpty)
    }

    @Test func sizesAlwaysHoldOne() {
        var queue = queue(sizes: [4])
        fill(&queue, 1...1)
        #expect(queue.take(now: start).items.count == 1)
    }
}
