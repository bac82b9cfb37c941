import HearthCore

/// Which page of a list is wanted.
struct PageRequest: Sendable {
    /// Identifiers below this one: lists run from new to old.
    let before: String
    let limit: Int

    /// - Throws: ``HearthError`` `invalid_request` for a cursor that no page has given.
    init(cursor: String?, limit: Int?) throws {
        if let cursor, !Identifier.isValid(cursor) {
            throw HearthError(
                .invalidRequest, "`cursor` is not one of ours.", hint: "Pass `next_cursor` of the page before.")
        }
        // Sorts after every identifier.
        before = cursor ?? "g"
        self.limit = limit ?? Limits.defaultPageSize
    }
}
