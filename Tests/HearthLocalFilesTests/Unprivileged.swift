import Foundation
import HearthCore

/// Runs a body on a thread that may do with files what any other user may, also where the tests run as superuser.
///
/// The user by which Linux judges access to files belongs to the thread (setfsuid(2)).
func withoutPrivileges<T: Sendable>(_ body: @escaping @Sendable () -> T) -> T {
    let result = Locked<T?>(nil)
    let done = DispatchSemaphore(value: 0)
    Thread {
        if geteuid() == 0, let symbol = dlsym(nil, "setfsuid") {
            // Nobody, by convention.
            _ = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)(65_534)
        }
        let value = body()
        result.withLock { $0 = value }
        done.signal()
    }.start()
    done.wait()
    guard let value = result.withLock({ $0 }) else { preconditionFailure("the thread has ended with a result") }
    return value
}
