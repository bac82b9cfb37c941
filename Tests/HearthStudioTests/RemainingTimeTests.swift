import HearthCore
import Testing

@testable import HearthStudio

/// How long an output will still take, as measured.
@Suite struct RemainingTimeTests {
    private let start = ContinuousClock.now

    @Test func nothingIsSaidBeforeItWasMeasured() {
        var time = RemainingTime()
        #expect(time.left(stage: "sampling", overall: 0.1, now: start) == nil)
        #expect(time.left(stage: "sampling", overall: 0.5, now: start + .milliseconds(900)) == nil, "too soon")
        #expect(time.left(stage: "sampling", overall: 0.11, now: start + .seconds(5)) == nil, "too little")
    }

    @Test func whatIsLeftFollowsThePaceOfTheStage() {
        var time = RemainingTime()
        #expect(time.left(stage: "sampling", overall: 0.2, now: start) == nil)
        #expect(time.left(stage: "sampling", overall: 0.4, now: start + .seconds(2)) == 6)
        #expect(time.left(stage: "sampling", overall: 0.6, now: start + .seconds(8)) == 8)
        #expect(time.left(stage: "sampling", overall: 1, now: start + .seconds(16)) == 0)
    }

    /// A jump, by what a server has kept of an earlier output, is no pace.
    @Test func eachStageIsMeasuredByItself() {
        var time = RemainingTime()
        #expect(time.left(stage: "loading_model", overall: 0, now: start) == nil)
        #expect(time.left(stage: "sampling", overall: 0.5, now: start + .seconds(30)) == nil)
        #expect(time.left(stage: "sampling", overall: 0.75, now: start + .seconds(40)) == 10)
        #expect(time.left(stage: "saving", overall: 0.9, now: start + .seconds(50)) == nil)
    }

    @Test func aPlaceInAQueueSaysNothing() {
        var time = RemainingTime()
        for second in 0..<100 {
            #expect(time.left(stage: "queued", overall: 0, now: start + .seconds(second)) == nil)
        }
    }

    @Test func whatGoesBackBeginsAgain() {
        var time = RemainingTime()
        _ = time.left(stage: "sampling", overall: 0.5, now: start)
        #expect(time.left(stage: "sampling", overall: 0.1, now: start + .seconds(10)) == nil)
        #expect(time.left(stage: "sampling", overall: 0.3, now: start + .seconds(12)) == 7)
    }
}
