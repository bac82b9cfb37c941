import HearthCore
import HearthTesting
import Testing

@testable import HearthSupervisor

@Suite struct MemoryBrokerTests {
    private let idle = Limits.groupGrace

    /// A broker whose budget is 100, with groups in memory.
    private func broker(_ groups: [(name: String, bytes: Int, idle: Duration?)]) -> MemoryBroker {
        var broker = MemoryBroker(budget: 100)
        for group in groups {
            _ = broker.request(group.name, bytes: group.bytes)
            broker.note(group.name, bytes: group.bytes, idle: group.idle)
        }
        return broker
    }

    @Test func whatFitsIsStartedOnce() {
        var broker = MemoryBroker(budget: 100)
        let decisions = [
            broker.request("a", bytes: 60), broker.request("a", bytes: 60), broker.request("b", bytes: 40),
        ]
        #expect(decisions == [.start, .resident, .start])
        #expect(broker.residentBytes == 100)
    }

    @Test func whatNeverFitsIsSaidSo() {
        var broker = broker([("a", 10, nil)])
        let decision = broker.request("huge", bytes: 101)
        #expect(decision == .never)
        let next = broker.request("b", bytes: 90)
        #expect(next == .start, "and holds up nobody")
    }

    @Test func whoIsAtWorkIsNeverSentAway() {
        var broker = broker([("a", 60, nil), ("b", 40, .zero)])
        let decision = broker.request("c", bytes: 50)
        #expect(decision == .wait)
    }

    @Test func whoHasJustBeenStartedIsNotSentAwayBeforeItsCallersCome() {
        var broker = broker([("a", 100, idle - .milliseconds(1))])
        let early = broker.request("b", bytes: 10)
        broker.note("a", bytes: 100, idle: idle)
        let later = broker.request("b", bytes: 10)
        #expect([early, later] == [.wait, .evict(["a"])])
    }

    @Test func whoIsAskedForAgainStays() {
        var broker = broker([("a", 100, idle)])
        let back = broker.request("a", bytes: 100)
        let other = broker.request("b", bytes: 10)
        #expect([back, other] == [.resident, .wait])
    }

    @Test func whoHasBeenIdleForLongestLeavesFirstAndNoMoreThanNeeded() {
        var broker = broker([("a", 40, idle), ("b", 30, idle * 3), ("c", 30, idle * 2)])
        let one = broker.request("d", bytes: 30)
        #expect(one == .evict(["b"]))
        broker.left("b")
        let start = broker.request("d", bytes: 30)
        #expect(start == .start)
        broker.note("d", bytes: 30, idle: nil)
        let two = broker.request("e", bytes: 60)
        #expect(two == .evict(["c", "a"]))
    }

    @Test func nobodyIsSentAwayWhenThatDoesNotHelp() {
        var broker = broker([("a", 40, idle), ("b", 60, nil)])
        let decision = broker.request("c", bytes: 50)
        #expect(decision == .wait)
    }

    @Test func whatIsLeavingIsNotAskedTwiceAndIsWaitedFor() {
        var broker = broker([("a", 60, idle), ("b", 40, idle)])
        let decisions = [
            broker.request("c", bytes: 60), broker.request("c", bytes: 60), broker.request("a", bytes: 60),
        ]
        #expect(decisions == [.evict(["a"]), .wait, .wait])
        broker.note("a", bytes: 60, idle: idle * 9)
        let still = broker.request("c", bytes: 60)
        #expect(still == .wait)
        broker.left("a")
        let start = broker.request("c", bytes: 60)
        #expect(start == .start)
    }

    @Test func whoComesFirstIsServedFirst() {
        var broker = broker([("a", 60, nil), ("b", 40, nil)])
        let large = broker.request("large", bytes: 90)
        broker.left("b")
        let small = broker.request("small", bytes: 10)
        #expect([large, small] == [.wait, .wait], "else small ones would keep a large one out for ever")
        broker.left("a")
        let order = [
            broker.request("small", bytes: 10), broker.request("large", bytes: 90), broker.request("small", bytes: 10),
        ]
        #expect(order == [.wait, .start, .start])
    }

    @Test func whoGivesUpHoldsUpNobody() {
        var broker = broker([("a", 60, nil)])
        _ = broker.request("large", bytes: 90)
        broker.gaveUp("large")
        let small = broker.request("small", bytes: 10)
        #expect(small == .start)
    }

    /// Random histories: the budget holds, nobody at work leaves, and all who go on asking are served.
    @Test(arguments: RepeatableRandom.seeds(100))
    func theBudgetHoldsInEveryHistory(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var broker = MemoryBroker(budget: 100)
        var residents: [String: (bytes: Int, isIdle: Bool, isLeaving: Bool)] = [:]
        let sizes = Dictionary(
            uniqueKeysWithValues: (0..<6).map { ("g\($0)", Int.random(in: 1...110, using: &random)) })
        for _ in 0..<500 {
            guard let (name, bytes) = sizes.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else {
                return
            }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                switch broker.request(name, bytes: bytes) {
                case .start:
                    #expect(residents[name] == nil, "seed \(seed)")
                    residents[name] = (bytes, false, false)
                case .resident:
                    #expect(residents[name]?.isLeaving == false, "seed \(seed)")
                    residents[name]?.isIdle = false
                case .evict(let others):
                    for other in others {
                        let resident = residents[other]
                        #expect(resident?.isIdle == true && resident?.isLeaving == false, "seed \(seed)")
                        residents[other]?.isLeaving = true
                    }
                case .wait: #expect(bytes <= 100, "seed \(seed)")
                case .never: #expect(bytes > 100, "seed \(seed)")
                }
            case 5..<7:
                let isIdle = random.chance(50)
                broker.note(name, bytes: residents[name]?.bytes ?? 0, idle: isIdle ? idle : nil)
                residents[name]?.isIdle = isIdle
            case 7: broker.gaveUp(name)
            default:
                guard residents[name]?.isLeaving == true || random.chance(10) else { continue }
                residents[name] = nil
                broker.left(name)
            }
            #expect(broker.residentBytes == residents.values.reduce(0) { $0 + $1.bytes }, "seed \(seed)")
            #expect(broker.residentBytes <= 100, "seed \(seed)")
        }
        check(
            waitingEndsFor: sizes.filter { $0.value <= 100 }, &broker,
            residents.filter { !$0.value.isLeaving }.keys.sorted(), seed)
    }

    /// When all who are in memory become idle, each group that is asked for gets there.
    private func check(
        waitingEndsFor sizes: [String: Int], _ broker: inout MemoryBroker, _ residents: [String], _ seed: UInt64
    ) {
        var inMemory = Set(residents)
        var wanted = Set(sizes.keys)
        for _ in 0..<200 where !wanted.isEmpty {
            for name in wanted.sorted() {
                switch broker.request(name, bytes: sizes[name] ?? 0) {
                case .start, .resident:
                    inMemory.insert(name)
                    wanted.remove(name)
                case .evict(let others):
                    for other in others {
                        inMemory.remove(other)
                        broker.left(other)
                    }
                case .wait, .never: break
                }
            }
            for name in inMemory.sorted() { broker.note(name, bytes: sizes[name] ?? 0, idle: idle) }
            // What was on its way out is gone.
            for name in sizes.keys where !inMemory.contains(name) { broker.left(name) }
        }
        #expect(wanted.isEmpty, "seed \(seed): \(wanted.sorted()) wait for ever")
    }
}
