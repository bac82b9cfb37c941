import Foundation

/// A lock, and a condition that threads wait for under it, for a limited time if they want.
///
/// It stands where Foundation's `NSCondition` could: on Linux that one waits until a time of the wall clock, so that a
/// clock which is set back by an hour makes a wait of a second an hour longer, and one that is set ahead ends it.
///
/// `@unchecked Sendable`: mutex and condition are made for several threads, and the pointers to them do not change.
package final class MonotonicCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        // None of them fails with what they are given here (pthread_condattr_setclock(3)).
        let failures = [
            pthread_mutex_init(mutex, nil), pthread_condattr_init(&attributes),
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), pthread_cond_init(condition, &attributes),
        ]
        precondition(failures.allSatisfy { $0 == 0 }, "a condition cannot be made")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Takes the lock, and waits while another thread has it.
    package func lock() { pthread_mutex_lock(mutex) }

    /// Gives the lock up; only the thread that has it may.
    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Wakes all threads that wait.
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// Gives up the lock until another thread wakes this one; now and then without that.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// As ``wait()``, and no longer than until a time of the machine's monotonic clock.
    /// - Parameter end: as ``MonotonicClock/nanoseconds()`` says it.
    /// - Returns: false when the time is over.
    package func wait(until end: Int64) -> Bool {
        var time = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        return pthread_cond_timedwait(condition, mutex, &time) == 0
    }
}
