/// The few differences between the databases that Hearth runs on.
package enum SQLDialect: Sendable {
    case sqlite
    case postgres

    /// Column type of raw bytes.
    package var blob: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
        }
    }

    /// The order in which the rows of a table without a number of its own came to be.
    package var insertionOrder: String {
        switch self {
        case .sqlite: "rowid"
        case .postgres: "created_at, item_id"
        }
    }

    /// The function that says where a text begins in another, from 1; 0 when it is not there.
    package var position: String {
        switch self {
        case .sqlite: "instr"
        case .postgres: "strpos"
        }
    }

    /// The bytes of a column's text in UTF-8; 0 for null.
    package func bytes(of column: String) -> String {
        switch self {
        case .sqlite: "COALESCE(LENGTH(CAST(\(column) AS BLOB)), 0)"
        case .postgres: "COALESCE(OCTET_LENGTH(\(column)), 0)"
        }
    }

    /// Column type of a number that the database counts up by itself.
    package var serialKey: String {
        switch self {
        case .sqlite: "INTEGER PRIMARY KEY AUTOINCREMENT"
        case .postgres: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        }
    }
}
