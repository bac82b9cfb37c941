import HearthTesting
import Testing

@testable import HearthModelRuntime

@Suite struct ModelStreamsTests {
    private func open() -> ModelStreams {
        var streams = ModelStreams()
        _ = streams.open()
        streams.opened()
        return streams
    }

    @Test func secondStreamIsOpenedOnce() {
        var streams = ModelStreams()
        #expect(streams.second == .closed)
        let answers = [streams.open(), streams.open()]
        #expect(answers == [true, false])
        #expect(streams.second == .opening)
        streams.opened()
        #expect(streams.second == .open)
        let again = streams.open()
        #expect(!again)
        streams.reset()
        #expect(streams == ModelStreams())
    }

    @Test func aStreamThatOpensAfterTheModelHasLeftStaysClosed() {
        var streams = ModelStreams()
        _ = streams.open()
        streams.reset()
        streams.opened()
        #expect(streams.second == .closed)
    }

    @Test func withoutASecondStreamThereAreWidePassesOnly() {
        var streams = ModelStreams()
        let turns = [streams.begin(stream: 0, waiting: 0), streams.begin(stream: 0, waiting: 9)]
        #expect(turns == [.rest, .wide])
        #expect(streams.isBusy)
        streams.end(stream: 0)
        #expect(!streams.isBusy)
        _ = streams.open()
        let whileOpening = streams.begin(stream: 0, waiting: 9)
        #expect(whileOpening == .wide)
    }

    @Test func aLoneCallGetsAllProcessors() {
        var streams = open()
        let turn = streams.begin(stream: 0, waiting: 1)
        #expect(turn == .wide)
        let other = streams.begin(stream: 1, waiting: 5)
        #expect(other == .rest, "nothing runs beside a wide pass")
    }

    @Test func severalCallsAreSharedOut() {
        var streams = open()
        let first = streams.begin(stream: 0, waiting: 4)
        let second = streams.begin(stream: 1, waiting: 2)
        #expect(first == .narrow(among: 2))
        #expect(second == .narrow(among: 1))
        streams.end(stream: 0)
        let next = streams.begin(stream: 0, waiting: 1)
        #expect(next == .narrow(among: 1), "beside a narrow pass even a lone call is narrow")
    }

    @Test func theSecondStreamNeverBegins() {
        var streams = open()
        let turn = streams.begin(stream: 1, waiting: 8)
        #expect(turn == .rest)
        #expect(!streams.isBusy)
    }

    @Test(arguments: 1...60)
    func wideAndNarrowPassesNeverRunTogetherAndNothingIsLeft(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var world = StreamsWorld()
        for _ in 0..<400 { world.step(using: &random, mayArrive: true) }
        // No call comes any more: the threads run on until both sleep.
        for _ in 0..<2_000 { world.step(using: &random, mayArrive: false) }
        #expect(world.defects.isEmpty, "seed \(seed): \(world.defects.prefix(3))")
        #expect(world.waiting == 0, "seed \(seed): calls are left while both threads sleep")
        #expect(world.arrived == world.answered, "seed \(seed)")
    }
}

/// Two threads and their signals, as `ModelHost` has them, in any order of their steps.
private struct StreamsWorld {
    private enum Thread: Equatable {
        case absent
        case looking
        case asleep
        case passing(ModelStreams.Turn, Int)
    }

    private var streams = ModelStreams()
    private var threads = [Thread.looking, .absent]
    private var signals = [false, false]
    private(set) var waiting = 0
    private(set) var arrived = 0
    private(set) var answered = 0
    private(set) var defects: [String] = []

    mutating func step(using random: inout RepeatableRandom, mayArrive: Bool) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where mayArrive: arrive()
        case 1 where streams.second == .opening && threads[1] == .absent:
            streams.opened()
            threads[1] = .looking
        default: move(Int.random(in: 0...1, using: &random), using: &random)
        }
    }

    /// As `ModelHost.prepare(_:for:)`.
    private mutating func arrive() {
        arrived += 1
        waiting += 1
        guard streams.isBusy else { return signals[0] = true }
        if waiting > 1 { _ = streams.open() }
        signals = [true, true]
    }

    private mutating func move(_ stream: Int, using random: inout RepeatableRandom) {
        switch threads[stream] {
        case .absent: return
        case .asleep:
            if signals[stream] {
                signals[stream] = false
                threads[stream] = .looking
            }
        case .looking: look(stream, using: &random)
        case .passing(_, let count):
            // As `ModelHost.endTurn`.
            answered += count
            streams.end(stream: stream)
            signals[1 - stream] = true
            threads[stream] = .looking
        }
    }

    /// As `ModelSlot.nextTurn`.
    private mutating func look(_ stream: Int, using random: inout RepeatableRandom) {
        let turn = streams.begin(stream: stream, waiting: waiting)
        let among: Int
        switch turn {
        case .rest: return threads[stream] = .asleep
        case .wide: among = 1
        case .narrow(let count): among = count
        }
        let taken = Int.random(in: 1...max(1, min(8, (waiting + among - 1) / among)), using: &random)
        waiting -= taken
        threads[stream] = .passing(turn, taken)
        if among > 1, waiting > 0 { signals[1] = true }
        check()
    }

    private mutating func check() {
        let turns = threads.compactMap { thread -> ModelStreams.Turn? in
            if case .passing(let turn, _) = thread { turn } else { nil }
        }
        if turns.count == 2, turns.contains(.wide) { defects.append("\(turns) at the same time") }
        if waiting < 0 { defects.append("more was taken than there was") }
    }
}
