/// One step of the schema; runs once, in the order of the numbers, in a transaction of its own.
package struct Migration: Sendable {
    /// Unique over all areas; never changed once released.
    package let number: Int
    package let name: String
    /// The statements, written for a dialect.
    package let statements: @Sendable (SQLDialect) -> [String]
    /// What no statement can say about the rows that are there already; runs after the statements, in the same
    /// transaction. It names tables and columns as they are at this step: later ones may change them.
    package let fill: (@Sendable (any SQLConnection) throws -> Void)?

    package init(
        _ number: Int, _ name: String, fill: (@Sendable (any SQLConnection) throws -> Void)? = nil,
        statements: @escaping @Sendable (SQLDialect) -> [String]
    ) {
        self.number = number
        self.name = name
        self.fill = fill
        self.statements = statements
    }
}
