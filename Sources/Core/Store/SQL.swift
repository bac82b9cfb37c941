/// A statement with its arguments in the places where they stand.
///
///     let anchors = try db.rows(
///         "SELECT \(Anchor.columns) FROM anchors WHERE tenant = \(tenant) AND id IN \(list: ids)", as: Anchor.self)
///
/// Each value becomes a placeholder, `?`, and an argument: it never becomes a part of the text. Text comes in as a
/// literal, as a part that is ``SQL`` itself, or by `\(verbatim:)`. Equal literals give equal texts whatever the values
/// are, so a driver can keep the prepared statement.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The statement with a `?` in the place of each value.
    package let text: String
    /// The values, in the order of their places.
    package let arguments: [SQLValue]

    /// A statement without values.
    package init(stringLiteral text: String) {
        self.text = text
        arguments = []
    }

    /// A statement with the values that stand in the literal.
    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        arguments = stringInterpolation.arguments
    }

    /// A statement whose text comes from somewhere else, as those of migrations do. Never from a client.
    package init(verbatim text: String, _ arguments: [SQLValue] = []) {
        self.text = text
        self.arguments = arguments
    }

    /// Collects the parts of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var arguments: [SQLValue] = []

        /// An empty statement with memory for a literal of this size.
        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 4 * interpolationCount)
            arguments.reserveCapacity(interpolationCount)
        }

        /// Adds a part of the text as it is.
        package mutating func appendLiteral(_ literal: String) { text += literal }

        /// A value.
        package mutating func appendInterpolation(_ value: some SQLColumn) {
            text += "?"
            arguments.append(value.sqlValue)
        }

        /// A value, or null.
        package mutating func appendInterpolation<Value: SQLColumn>(_ value: Value?) {
            text += "?"
            arguments.append(value.sqlValue)
        }

        /// A list of values in parentheses, for `IN`; `(NULL)`, which nothing is in, when there are none.
        package mutating func appendInterpolation(list values: some Collection<some SQLColumn>) {
            text += "("
            for (index, value) in values.enumerated() {
                text += index == 0 ? "?" : ", ?"
                arguments.append(value.sqlValue)
            }
            text += values.isEmpty ? "NULL)" : ")"
        }

        /// A part of a statement, with its arguments.
        package mutating func appendInterpolation(_ part: SQL) {
            text += part.text
            arguments += part.arguments
        }

        /// Words of the language that only the program knows, as the dialect's. Never from a client.
        package mutating func appendInterpolation(verbatim text: String) { self.text += text }
    }
}

extension SQL {
    /// One part behind another.
    package static func + (left: SQL, right: SQL) -> SQL {
        SQL(verbatim: left.text + right.text, left.arguments + right.arguments)
    }
}
