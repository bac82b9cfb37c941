import HearthCore
import HearthInference
import HearthModelRuntime
import HearthTesting
import Testing

@Suite struct ModelLifecycleTests {
    @Test func straightLifeVisitsEachStateInOrder() {
        var life = ModelLifecycle()
        #expect(life.state == .absent)
        #expect(life.admission == .afterLoad)
        #expect(life.load() == .begin)
        #expect(life.state == .loading)
        #expect(life.admission == .whenReady)
        #expect(life.compiled() == .warm)
        #expect(life.state == .warming)
        #expect(life.admission == .whenReady)
        #expect(life.warmed() == .serve)
        #expect(life.state == .ready)
        #expect(life.admission == .now)
        #expect(life.drain() == .finishCalls)
        #expect(life.state == .draining)
        #expect(life.admission == .never(reason: nil))
        #expect(life.drained() == true)
        #expect(life == ModelLifecycle())
    }

    @Test func secondLoadSharesTheFlight() {
        var life = ModelLifecycle()
        #expect(life.load() == .begin)
        #expect(life.load() == .join)
        _ = life.compiled()
        #expect(life.load() == .join)
        _ = life.warmed()
        #expect(life.load() == .alreadyReady)
    }

    @Test func failureSaysWhyAndMayBeTriedAgain() {
        var life = ModelLifecycle()
        _ = life.load()
        #expect(life.failed("no such graph") == true)
        #expect(life.state == .failed)
        #expect(life.reason == "no such graph")
        #expect(life.admission == .never(reason: "no such graph"))
        #expect(life.load() == .begin)
        #expect(life.reason == nil)
        _ = life.compiled()
        #expect(life.failed("wrong output") == true)
        #expect(life.state == .failed)
    }

    @Test func whatIsSkippedStaysSoAndSaysWhy() {
        var life = ModelLifecycle(skipped: "not served")
        #expect(life.load() == .refused)
        #expect(life.drain() == .nothing)
        #expect(life.failed("late") == false)
        #expect(life.state == .skipped)
        #expect(life.admission == .never(reason: "not served"))
    }

    @Test func modelDrainedWhileLoadingIsReleasedAtItsNextStep() {
        var life = ModelLifecycle()
        _ = life.load()
        #expect(life.drain() == .refuseCalls)
        #expect(life.admission == .never(reason: nil))
        #expect(life.load() == .refused)
        #expect(life.compiled() == .release)
        #expect(life.drained() == true)
        #expect(life.state == .absent)

        _ = life.load()
        _ = life.compiled()
        #expect(life.drain() == .refuseCalls)
        #expect(life.warmed() == .release)
        #expect(life.drained() == true)

        _ = life.load()
        _ = life.drain()
        #expect(life.failed("whatever") == true)
        #expect(life.state == .absent, "nobody wants to know why it failed")
        #expect(life.load() == .begin)
    }

    @Test func eventsThatDoNotFitChangeNothing() {
        var ready = ModelLifecycle()
        _ = ready.load()
        _ = ready.compiled()
        _ = ready.warmed()
        var same = ready
        #expect(same.compiled() == .ignored)
        #expect(same.warmed() == .ignored)
        #expect(same.failed("late") == false)
        #expect(same.drained() == false)
        #expect(same == ready)

        var absent = ModelLifecycle()
        #expect(absent.drain() == .nothing)
        #expect(absent.drained() == false)
        #expect(absent == ModelLifecycle())
    }

    @Test(arguments: 1...50)
    func randomEventsOnlyMakeDocumentedTransitions(seed: UInt64) {
        let allowed: [ModelState: Set<ModelState>] = [
            .absent: [.loading], .loading: [.warming, .failed, .draining, .absent],
            .warming: [.ready, .failed, .draining, .absent], .ready: [.draining], .draining: [.absent],
            .failed: [.loading],
        ]
        var random = RepeatableRandom(seed: seed)
        var life = ModelLifecycle()
        var flights = 0
        for _ in 0..<400 {
            let before = life.state
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                if life.load() == .begin {
                    #expect(flights == 0, "one flight at a time; seed \(seed)")
                    flights = 1
                }
            case 1: _ = life.compiled()
            case 2: _ = life.warmed()
            case 3: if life.failed("seed \(seed)") { flights = 0 }
            case 4: _ = life.drain()
            default: if life.drained() { flights = 0 }
            }
            if life.state != before {
                #expect(allowed[before]?.contains(life.state) == true, "\(before) → \(life.state), seed \(seed)")
            }
            #expect((life.reason != nil) == (life.state == .failed), "seed \(seed)")
        }
    }
}
