import Foundation

/// Turns the error of the last system call on a file into words that a person can act on.
package enum SystemFailure {
    /// - Parameter action: what was being done, as in "renaming".
    package static func storage(_ action: String) -> HearthError {
        let number = errno
        let cause = POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return HearthError(
                .insufficientStorage, "The disk is full.", hint: "Free some space; no restart is needed.",
                retryAfter: 10, cause: cause)
        default:
            return HearthError(
                .storageUnavailable, "The data folder cannot be written (\(action)).",
                hint: "Check its permissions and the disk; no restart is needed.", retryAfter: 10, cause: cause)
        }
    }
}
