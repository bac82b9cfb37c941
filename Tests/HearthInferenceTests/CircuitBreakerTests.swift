import HearthCore
import Testing

@testable import HearthInference

@Suite struct CircuitBreakerTests {
    private var breaker = CircuitBreaker(threshold: 3, pause: .seconds(5))

    /// Outside of the macro, which takes no call that changes something.
    private mutating func admissions(at times: Int64...) -> [Bool] { times.map { breaker.admits(at: $0) } }

    private mutating func fail(_ times: Int, at now: Int64) {
        for _ in 0..<times where breaker.admits(at: now) { breaker.failed(at: now) }
    }

    @Test mutating func aFewFailuresDoNotOpenIt() {
        fail(2, at: 0)
        #expect(breaker.state == .closed(failures: 2))
        let admitted = admissions(at: 0)
        #expect(admitted == [true])
    }

    @Test mutating func aSuccessForgetsTheFailuresBeforeIt() {
        for _ in 0..<10 {
            fail(2, at: 0)
            breaker.succeeded()
        }
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test mutating func enoughFailuresInARowOpenItForAWhile() {
        fail(3, at: 1_000)
        #expect(breaker.state == .open(until: 6_000) && !breaker.isClosed)
        let admitted = admissions(at: 1_000, 5_999)
        #expect(admitted == [false, false])
    }

    @Test mutating func thenOneCallTries() {
        fail(3, at: 0)
        let admitted = admissions(at: 5_000, 5_000, 9_999)
        #expect(admitted == [true, false, false], "one only")
        #expect(breaker.state == .halfOpen(until: 10_000) && !breaker.isClosed)
    }

    @Test mutating func whatSucceedsClosesIt() {
        fail(3, at: 0)
        _ = breaker.admits(at: 5_000)
        breaker.succeeded()
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test mutating func whatFailsOpensItAgain() {
        fail(3, at: 0)
        _ = breaker.admits(at: 5_000)
        breaker.failed(at: 5_100)
        #expect(breaker.state == .open(until: 10_100))
    }

    @Test mutating func aTryThatNeverComesBackDoesNotKeepItHalfOpen() {
        fail(3, at: 0)
        _ = breaker.admits(at: 5_000)
        let admitted = admissions(at: 10_000)
        #expect(admitted == [true])
    }

    @Test mutating func aLateFailureDoesNotProlongThePause() {
        fail(3, at: 0)
        breaker.failed(at: 4_000)
        #expect(breaker.state == .open(until: 5_000))
    }
}
