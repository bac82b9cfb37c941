/// The few differences between the databases that Hearth runs on.
package enum SQLDialect: Sendable {
    case sqlite
    case postgres

    /// Ends the inner SELECT of a lease, so that two workers never wait for the same rows.
    package var skipLocked: String {
        switch self {
        case .sqlite: ""
        case .postgres: " FOR UPDATE SKIP LOCKED"
        }
    }

    /// Column type of raw bytes.
    package var blob: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
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
