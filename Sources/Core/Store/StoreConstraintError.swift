/// A unique, foreign-key or check constraint refused a statement; tables turn it into their own words.
package struct StoreConstraintError: Error, Sendable {
    /// Which kind of constraint it was.
    package enum Kind: Sendable { case unique, foreignKey, check, other }

    package let kind: Kind
    /// The database's own text, for the log.
    package let detail: String

    package init(kind: Kind, detail: String) {
        self.kind = kind
        self.detail = detail
    }
}
