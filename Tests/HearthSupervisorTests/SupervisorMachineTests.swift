import HearthCore
import Testing

@testable import HearthSupervisor

@Suite struct SupervisorMachineTests {
    private func started() -> SupervisorMachine {
        var machine = SupervisorMachine(prefix: "w-")
        _ = machine.start()
        return machine
    }

    /// A machine with `w-1` at work and `w-2` warming up.
    private func swapping() -> SupervisorMachine {
        var machine = started()
        _ = machine.recycle()
        return machine
    }

    @Test func theFirstWorkerIsStartedAtOnceAndCallsWaitForIt() {
        var machine = SupervisorMachine(prefix: "w-")
        let actions = machine.start()
        #expect(actions == [.launch("w-1", after: .zero), .use("w-1")])
        #expect(machine.current == "w-1")
        let ready = machine.becameReady("w-1")
        #expect(ready.isEmpty, "there is nobody to replace")
    }

    @Test func aWorkerThatDiesIsReplacedAtOnceTheFirstTime() {
        var machine = started()
        let actions = machine.exited("w-1", after: .seconds(1), isCrash: true)
        #expect(actions == [.reclaim("w-1"), .launch("w-2", after: .zero), .use("w-2")])
    }

    @Test func onlyACrashBlamesTheJobsOfAWorker() {
        for (isCrash, expected) in [(true, SupervisorMachine.Action.reclaim("w-1")), (false, .release("w-1"))] {
            var machine = started()
            let actions = machine.exited("w-1", after: .seconds(1), isCrash: isCrash)
            #expect(actions == [expected, .launch("w-2", after: .zero), .use("w-2")])
            var draining = swapping()
            _ = draining.becameReady("w-2")
            let late = draining.exited("w-1", after: .seconds(1), isCrash: isCrash)
            #expect(late == [expected], "also while it drains")
        }
    }

    @Test func theDelayDoublesWhileWorkersKeepDyingUpToItsLimit() {
        var machine = started()
        var delays: [Duration] = []
        for number in 1...40 {
            for case .launch(_, let delay) in machine.exited("w-\(number)", after: .zero, isCrash: true) {
                delays.append(delay)
            }
        }
        #expect(Array(delays.prefix(4)) == [0, 1, 2, 4].map { (times: Int) in Limits.restartBackoff.first * times })
        #expect(
            zip(delays.dropFirst(), delays.dropFirst(2)).allSatisfy { $1 == min($0 * 2, Limits.restartBackoff.longest) }
        )
        #expect(delays.last == Limits.restartBackoff.longest)
    }

    @Test func aLongLifeForgivesEarlierDeaths() {
        var machine = started()
        for number in 1...5 { _ = machine.exited("w-\(number)", after: .zero, isCrash: true) }
        let healthy = machine.exited("w-6", after: Limits.healthyWorker, isCrash: true)
        #expect(healthy.contains(.launch("w-7", after: .zero)))
        let next = machine.exited("w-7", after: Limits.healthyWorker - .milliseconds(1), isCrash: true)
        #expect(next.contains(.launch("w-8", after: Limits.restartBackoff.first)), "the count has begun anew")
    }

    @Test func aFreshWorkerTakesOverWhenItIsReadyAndOnlyThenTheOldOneDrains() {
        var machine = started()
        let recycling = machine.recycle()
        #expect(recycling == [.launch("w-2", after: .zero)], "the old one goes on meanwhile")
        #expect(machine.current == "w-1")
        let again = machine.recycle()
        #expect(again.isEmpty, "one swap at a time")
        let ready = machine.becameReady("w-2")
        #expect(ready == [.use("w-2"), .drain("w-1")])
        #expect(machine.draining == ["w-1"])
        let ended = machine.exited("w-1", after: .seconds(60), isCrash: false)
        #expect(ended == [.release("w-1")], "it ended as asked: that costs its jobs nothing")
        #expect(machine.draining.isEmpty)
    }

    @Test func aFreshWorkerThatDiesLeavesTheOldOneAtWork() {
        var machine = swapping()
        let actions = machine.exited("w-2", after: .zero, isCrash: true)
        #expect(actions == [.reclaim("w-2")])
        #expect(machine.current == "w-1")
        let again = machine.recycle()
        #expect(again == [.launch("w-3", after: .zero)], "the next recycling tries again")
    }

    @Test func aFreshWorkerTakesOverAtOnceWhenTheOldOneDies() {
        var machine = swapping()
        let actions = machine.exited("w-1", after: .zero, isCrash: true)
        #expect(actions == [.use("w-2"), .reclaim("w-1")], "no third one is started")
        let ready = machine.becameReady("w-2")
        #expect(ready.isEmpty, "it is the current one already")
        let dead = machine.exited("w-2", after: .zero, isCrash: true)
        #expect(dead.contains(.use("w-3")))
    }

    @Test func aSwapMayBeginWhileAnEarlierWorkerStillDrains() {
        var machine = swapping()
        _ = machine.becameReady("w-2")
        _ = machine.recycle()
        let ready = machine.becameReady("w-3")
        #expect(ready == [.use("w-3"), .drain("w-2")])
        #expect(machine.draining == ["w-1", "w-2"])
    }

    @Test func stoppingDrainsEveryWorkerAndStartsNone() {
        var machine = swapping()
        let actions = machine.stop()
        #expect(actions == [.use(nil), .drain("w-1"), .drain("w-2")])
        for worker in ["w-1", "w-2"] {
            let actions = machine.exited(worker, after: .zero, isCrash: false)
            #expect(actions == [.release(worker)])
        }
        let (recycling, ready) = (machine.recycle(), machine.becameReady("w-2"))
        #expect(recycling.isEmpty && ready.isEmpty)
    }

    @Test func wordsOfWorkersThatAreGoneChangeNothing() {
        var machine = started()
        _ = machine.exited("w-1", after: .zero, isCrash: true)
        let (late, unknown) = (machine.becameReady("w-1"), machine.becameReady("x"))
        #expect(late.isEmpty && unknown.isEmpty)
        #expect(machine.current == "w-2")
    }

    /// Every order of events up to a length, from the start: in none is a worker lost, forgotten or ended twice.
    @Test func nothingIsLostInAnyOrderOfEvents() {
        var (paths, defects): (Int, [String]) = (0, [])
        func explore(_ world: SupervisorWorld, depth: Int) {
            guard world.defects.isEmpty else { return defects.append(contentsOf: world.defects.prefix(1)) }
            guard depth > 0 else { return paths += 1 }
            for event in world.possibleEvents {
                var next = world
                next.happen(event)
                explore(next, depth: depth - 1)
            }
        }
        explore(SupervisorWorld(), depth: 6)
        #expect(defects.prefix(3) == [])
        #expect(paths > 10_000, "all of them were walked")
    }

    @Test func aWishThatComesWhileAFreshWorkerIsOnItsWayIsNotLost() {
        var machine = SupervisorMachine(prefix: "w-")
        _ = machine.start()
        _ = machine.recycle(mustBeNewer: true)
        let second = machine.recycle(mustBeNewer: true)
        #expect(second == [])
        let swap = machine.becameReady("w-2")
        #expect(swap == [.use("w-2"), .drain("w-1"), .launch("w-3", after: .zero)])
        let last = machine.becameReady("w-3")
        #expect(last == [.use("w-3"), .drain("w-2")], "one wish, one worker")
    }
}
