package import HearthJSON

/// Which page of a list is wanted: entries below an identifier, since lists run from new to old.
package struct PageRequest: Sendable {
    /// Identifiers below this one.
    package let before: String
    package let limit: Int

    /// - Throws: ``HearthError`` `invalid_request` for a cursor that no page has given.
    package init(cursor: String?, limit: Int?) throws(HearthError) {
        if let cursor, !Identifier.isValid(cursor) {
            throw HearthError(
                .invalidRequest, "`cursor` is not one of ours.", hint: "Pass `next_cursor` of the page before.")
        }
        // Sorts after every identifier.
        before = cursor ?? "g"
        self.limit = limit ?? Limits.defaultPageSize
    }
}

/// Input of an operation that lists what there is, page by page.
package struct PageInput: Sendable, Codable, SchemaDescribed {
    package var cursor: String?
    package var limit: Int?

    /// Also for inputs that have fields of their own beside these.
    package static let fields = [
        "cursor": FieldNote("`next_cursor` of the page before; absent for the first page."),
        "limit": FieldNote(
            "Entries of a page; \(Limits.defaultPageSize) when absent.", minimum: 1, maximum: Double(Limits.pageSize)),
    ]
}
