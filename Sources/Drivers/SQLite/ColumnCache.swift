import GRDB
import HearthCore

/// The column names of the results of statements, built once for each statement: there are as many as the code has.
final class ColumnCache: Sendable {
    private let known = Locked<[String: SQLRow.Columns]>([:])

    func names(of statement: Statement, sql: String) -> SQLRow.Columns {
        if let columns = known.withLock({ $0[sql] }) { return columns }
        let columns = SQLRow.Columns(statement.columnNames)
        known.withLock { known in
            // Statements with lists of placeholders come in many lengths: what is here is quickly made again.
            if known.count >= Limits.cachedStatements { known = [:] }
            known[sql] = columns
        }
        return columns
    }
}
