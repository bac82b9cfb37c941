import Testing

@testable import HearthModelRuntime

@Suite struct LoadPlanTests {
    @Test func startsInOrderAndNeverMoreThanTheLimit() {
        var plan = LoadPlan(limit: 2)
        #expect(plan.request("a") == ["a"])
        #expect(plan.request("b") == ["b"])
        #expect(plan.request("c") == [])
        #expect(plan.request("d") == [])
        #expect(plan.finished("b") == ["c"])
        #expect(plan.finished("a") == ["d"])
        #expect(plan.finished("c") == [])
    }

    @Test func modelIsPlannedOnce() {
        var plan = LoadPlan(limit: 1)
        #expect(plan.request("a") == ["a"])
        #expect(plan.request("a") == [])
        #expect(plan.request("b") == [])
        #expect(plan.request("b") == [])
        #expect(plan.finished("a") == ["b"])
        #expect(plan.finished("b") == [])
        #expect(plan.request("a") == ["a"])
    }

    @Test func clearingForgetsWhatHasNotStarted() {
        var plan = LoadPlan(limit: 1)
        _ = plan.request("a")
        _ = plan.request("b")
        #expect(plan.clear() == ["b"])
        #expect(plan.finished("a") == [])
    }
}
