package import struct Foundation.Data

/// A type whose values are those of a column: what stands in statements, and what rows are read as.
package protocol SQLColumn: Sendable {
    /// The value as the database takes it.
    var sqlValue: SQLValue { get }

    /// - Returns: nil when the database's value is of another kind.
    init?(sqlValue: SQLValue)
}

extension SQLValue: SQLColumn {
    /// The value itself.
    package var sqlValue: SQLValue { self }
    /// Any value of the database.
    package init?(sqlValue: SQLValue) { self = sqlValue }
}

extension String: SQLColumn {
    /// As text.
    package var sqlValue: SQLValue { .text(self) }
    /// A text; nil for another kind.
    package init?(sqlValue: SQLValue) {
        guard case .text(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Int64: SQLColumn {
    /// As an integer.
    package var sqlValue: SQLValue { .integer(self) }
    /// An integer; nil for another kind.
    package init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Int: SQLColumn {
    /// As an integer.
    package var sqlValue: SQLValue { .integer(Int64(self)) }
    /// An integer that fits; nil otherwise.
    package init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
}

/// 1 and 0: neither database has flags that the other reads.
extension Bool: SQLColumn {
    /// As 1 or 0.
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    /// False for 0, true for other integers; nil for another kind.
    package init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value != 0
    }
}

/// Integers are widened: a column of reals may give them.
extension Double: SQLColumn {
    /// As a real number.
    package var sqlValue: SQLValue { .real(self) }
    /// A real number or an integer; nil for another kind.
    package init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .real(let value): self = value
        case .integer(let value): self = Double(value)
        default: return nil
        }
    }
}

extension Data: SQLColumn {
    /// As bytes.
    package var sqlValue: SQLValue { .blob(self) }
    /// Bytes; nil for another kind.
    package init?(sqlValue: SQLValue) {
        guard case .blob(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Optional: SQLColumn where Wrapped: SQLColumn {
    /// The value, or null.
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
    /// Nil inside for null; nil when the value is of another kind.
    package init?(sqlValue: SQLValue) {
        if case .null = sqlValue {
            self = .none
        } else {
            guard let value = Wrapped(sqlValue: sqlValue) else { return nil }
            self = .some(value)
        }
    }
}

/// Enumerations and names that are kept as their texts.
extension SQLColumn where Self: RawRepresentable, RawValue == String {
    /// As the text of its raw value.
    package var sqlValue: SQLValue { .text(rawValue) }
    /// The value with this text; nil when there is none.
    package init?(sqlValue: SQLValue) {
        guard case .text(let text) = sqlValue else { return nil }
        self.init(rawValue: text)
    }
}
