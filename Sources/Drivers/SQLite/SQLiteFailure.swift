import GRDB
import HearthCore

/// SQLite's result codes in Hearth's words; the C names stay in the log.
enum SQLiteFailure {
    static func translate(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode {
        case .SQLITE_CONSTRAINT:
            return StoreConstraintError(kind: constraint(error.extendedResultCode), detail: error.description)
        case .SQLITE_FULL:
            return HearthError(
                .insufficientStorage, "The disk is full.", hint: "Free some space; no restart is needed.",
                retryAfter: 10, cause: error)
        case .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return HearthError(
                .storageUnavailable, "The database cannot be written.",
                hint: "Check the data folder's permissions and the disk; no restart is needed.", retryAfter: 10,
                cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return HearthError(
                .storageUnavailable, "The database is held by another process.", retryAfter: 1, cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return HearthError(
                .storageUnavailable, "The database file is damaged.", hint: "Restore a backup.", cause: error)
        default:
            return HearthError(.internalError, "The database refused a statement.", cause: error)
        }
    }

    private static func constraint(_ code: ResultCode) -> StoreConstraintError.Kind {
        switch code {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY: .unique
        case .SQLITE_CONSTRAINT_FOREIGNKEY: .foreignKey
        case .SQLITE_CONSTRAINT_CHECK, .SQLITE_CONSTRAINT_NOTNULL: .check
        default: .other
        }
    }
}
