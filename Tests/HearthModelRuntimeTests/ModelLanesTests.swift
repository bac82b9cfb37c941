import HearthTesting
import Testing

@testable import HearthModelRuntime

@Suite struct ModelLanesTests {
    private func open() -> ModelLanes {
        var lanes = ModelLanes()
        _ = lanes.open()
        lanes.opened()
        return lanes
    }

    @Test func secondLaneIsOpenedOnce() {
        var lanes = ModelLanes()
        #expect(lanes.second == .closed)
        let answers = [lanes.open(), lanes.open()]
        #expect(answers == [true, false])
        #expect(lanes.second == .opening)
        lanes.opened()
        #expect(lanes.second == .open)
        let again = lanes.open()
        #expect(!again)
        lanes.reset()
        #expect(lanes == ModelLanes())
    }

    @Test func aLaneThatOpensAfterTheModelHasLeftStaysClosed() {
        var lanes = ModelLanes()
        _ = lanes.open()
        lanes.reset()
        lanes.opened()
        #expect(lanes.second == .closed)
    }

    @Test func withoutASecondLaneThereAreWidePassesOnly() {
        var lanes = ModelLanes()
        let turns = [lanes.begin(lane: 0, waiting: 0), lanes.begin(lane: 0, waiting: 9)]
        #expect(turns == [.rest, .wide])
        #expect(lanes.isBusy)
        lanes.end(lane: 0)
        #expect(!lanes.isBusy)
        _ = lanes.open()
        let whileOpening = lanes.begin(lane: 0, waiting: 9)
        #expect(whileOpening == .wide)
    }

    @Test func aLoneCallGetsAllProcessors() {
        var lanes = open()
        let turn = lanes.begin(lane: 0, waiting: 1)
        #expect(turn == .wide)
        let other = lanes.begin(lane: 1, waiting: 5)
        #expect(other == .rest, "nothing runs beside a wide pass")
    }

    @Test func severalCallsAreSharedOut() {
        var lanes = open()
        let first = lanes.begin(lane: 0, waiting: 4)
        let second = lanes.begin(lane: 1, waiting: 2)
        #expect(first == .narrow(among: 2))
        #expect(second == .narrow(among: 1))
        lanes.end(lane: 0)
        let next = lanes.begin(lane: 0, waiting: 1)
        #expect(next == .narrow(among: 1), "beside a narrow pass even a lone call is narrow")
    }

    @Test func theSecondLaneNeverBegins() {
        var lanes = open()
        let turn = lanes.begin(lane: 1, waiting: 8)
        #expect(turn == .rest)
        #expect(!lanes.isBusy)
    }

    @Test(arguments: 1...60)
    func wideAndNarrowPassesNeverRunTogetherAndNothingIsLeft(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var world = LanesWorld()
        for _ in 0..<400 { world.step(using: &random, mayArrive: true) }
        // No call comes any more: the threads run on until both sleep.
        for _ in 0..<2_000 { world.step(using: &random, mayArrive: false) }
        #expect(world.defects.isEmpty, "seed \(seed): \(world.defects.prefix(3))")
        #expect(world.waiting == 0, "seed \(seed): calls are left while both threads sleep")
        #expect(world.arrived == world.answered, "seed \(seed)")
    }
}

/// Two threads and their signals, as `ModelHost` has them, in any order of their steps.
private struct LanesWorld {
    private enum Thread: Equatable {
        case absent
        case looking
        case asleep
        case passing(ModelLanes.Turn, Int)
    }

    private var lanes = ModelLanes()
    private var threads = [Thread.looking, .absent]
    private var signals = [false, false]
    private(set) var waiting = 0
    private(set) var arrived = 0
    private(set) var answered = 0
    private(set) var defects: [String] = []

    mutating func step(using random: inout RepeatableRandom, mayArrive: Bool) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where mayArrive: arrive()
        case 1 where lanes.second == .opening && threads[1] == .absent:
            lanes.opened()
            threads[1] = .looking
        default: move(Int.random(in: 0...1, using: &random), using: &random)
        }
    }

    /// As `ModelHost.prepare(_:for:)`.
    private mutating func arrive() {
        arrived += 1
        waiting += 1
        guard lanes.isBusy else { return signals[0] = true }
        if waiting > 1 { _ = lanes.open() }
        signals = [true, true]
    }

    private mutating func move(_ lane: Int, using random: inout RepeatableRandom) {
        switch threads[lane] {
        case .absent: return
        case .asleep:
            if signals[lane] {
                signals[lane] = false
                threads[lane] = .looking
            }
        case .looking: look(lane, using: &random)
        case .passing(_, let count):
            // As `ModelHost.endTurn`.
            answered += count
            lanes.end(lane: lane)
            signals[1 - lane] = true
            threads[lane] = .looking
        }
    }

    /// As `ModelSlot.nextTurn`.
    private mutating func look(_ lane: Int, using random: inout RepeatableRandom) {
        let turn = lanes.begin(lane: lane, waiting: waiting)
        let among: Int
        switch turn {
        case .rest: return threads[lane] = .asleep
        case .wide: among = 1
        case .narrow(let count): among = count
        }
        let taken = Int.random(in: 1...max(1, min(8, (waiting + among - 1) / among)), using: &random)
        waiting -= taken
        threads[lane] = .passing(turn, taken)
        if among > 1, waiting > 0 { signals[1] = true }
        check()
    }

    private mutating func check() {
        let turns = threads.compactMap { thread -> ModelLanes.Turn? in
            if case .passing(let turn, _) = thread { turn } else { nil }
        }
        if turns.count == 2, turns.contains(.wide) { defects.append("\(turns) at the same time") }
        if waiting < 0 { defects.append("more was taken than there was") }
    }
}
