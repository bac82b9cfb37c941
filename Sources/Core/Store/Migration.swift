/// One step of the schema; runs once, in the order of the numbers, in a transaction of its own.
package struct Migration: Sendable {
    /// Unique over all areas; never changed once released.
    package let number: Int
    package let name: String
    /// The statements, written for a dialect.
    package let statements: @Sendable (SQLDialect) -> [String]

    package init(_ number: Int, _ name: String, statements: @escaping @Sendable (SQLDialect) -> [String]) {
        self.number = number
        self.name = name
        self.statements = statements
    }
}
