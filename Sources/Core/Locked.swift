import Foundation

/// A value that one thread at a time may touch.
///
/// It stands where the standard library's `Mutex` could: on Linux that one waits inside a library which the thread
/// sanitizer cannot look into, so that threads which have met at the lock are reported as racing for its value. A POSIX
/// lock is understood.
package final class Locked<Value>: @unchecked Sendable {
    // `@unchecked`: the value came in by `sending`, only this object refers to it, and it is reached under the lock.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    package init(_ initial: sending Value) {
        mutex.initialize(to: pthread_mutex_t())
        let failure = pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "a lock can be made")
        value.initialize(to: initial)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` alone. It must not block, nor call back to who holds the lock.
    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
