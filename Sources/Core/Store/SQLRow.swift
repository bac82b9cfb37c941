package import struct Foundation.Data

/// One row of a result, read column by column in the order of the statement.
package struct SQLRow: Sendable {
    /// Column names of a result, shared by its rows.
    package final class Columns: Sendable {
        package let index: [String: Int]

        package init(_ names: [String]) {
            index = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private let columns: Columns
    private let values: [SQLValue]
    /// Of the column that is read next.
    private var position = 0

    package init(columns: Columns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The next column, as the type that is wanted; nil is for columns that may be null.
    /// - Throws: ``HearthError`` `internal_error` when the value is of another kind, or no column is left.
    package mutating func next<Value: SQLColumn>(_ type: Value.Type = Value.self) throws -> Value {
        guard position < values.count, let value = Value(sqlValue: values[position]) else {
            throw Self.unexpected("\(position)")
        }
        position += 1
        return value
    }

    /// Whether every column has been read.
    package var isAtEnd: Bool { position == values.count }

    /// The value of a column; null when the result has no such column.
    package subscript(_ column: String) -> SQLValue {
        columns.index[column].map { values[$0] } ?? .null
    }

    /// Text of a column, nil when null.
    package func optionalText(_ column: String) -> String? {
        if case .text(let value) = self[column] { value } else { nil }
    }

    /// Integer of a column, nil when null.
    package func optionalInteger(_ column: String) -> Int64? {
        if case .integer(let value) = self[column] { value } else { nil }
    }

    /// Real of a column, nil when null; integers are widened.
    package func optionalReal(_ column: String) -> Double? {
        switch self[column] {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// Text of a column that the schema declares NOT NULL.
    package func text(_ column: String) throws -> String {
        guard let value = optionalText(column) else { throw Self.unexpected(column) }
        return value
    }

    /// Integer of a column that the schema declares NOT NULL.
    package func integer(_ column: String) throws -> Int64 {
        guard let value = optionalInteger(column) else { throw Self.unexpected(column) }
        return value
    }

    /// Bytes of a column that the schema declares NOT NULL.
    package func blob(_ column: String) throws -> Data {
        guard case .blob(let value) = self[column] else { throw Self.unexpected(column) }
        return value
    }

    private static func unexpected(_ column: String) -> HearthError {
        HearthError(.internalError, "The store returned an unexpected value for `\(column)`.")
    }
}
