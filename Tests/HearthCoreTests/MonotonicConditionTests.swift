import Foundation
import HearthCore
import HearthTesting
import Testing

/// What waits for a limited time goes by a clock that cannot be set.
@Suite(.timeLimit(.minutes(3))) struct MonotonicConditionTests {
    @Test func aWaitEndsWithItsTimeOnTheMonotonicClock() {
        let condition = MonotonicCondition()
        condition.lock()
        defer { condition.unlock() }
        let end = MonotonicClock.nanoseconds() + 20_000_000
        // It may also end without a reason before.
        while condition.wait(until: end) {}
        #expect(MonotonicClock.nanoseconds() >= end)
        #expect(!condition.wait(until: end), "its time is over")
        #expect(!condition.wait(until: 0))
    }

    @Test func whoWaitsIsWokenBefore() async throws {
        let condition = MonotonicCondition()
        let (isWaiting, isWoken) = (Locked(false), Locked(false))
        let isDone = Locked(false)
        let thread = Thread {
            condition.lock()
            isWaiting.withLock { $0 = true }
            let end = MonotonicClock.nanoseconds() + Duration.seconds(3_600).nanoseconds
            while !isDone.withLock({ $0 }), condition.wait(until: end) {}
            condition.unlock()
            isWoken.withLock { $0 = true }
        }
        thread.start()
        try await eventually("the thread has the lock") { isWaiting.withLock { $0 } }
        isDone.withLock { $0 = true }
        try await eventually("it goes on") {
            condition.lock()
            condition.broadcast()
            condition.unlock()
            return isWoken.withLock { $0 }
        }
    }
}
