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

/// Input of an operation that lists what there is, page by page, perhaps with fields of its own.
package protocol PagedInput: SchemaDescribed {
    /// `nextCursor` of the page before; nil for the first page.
    var cursor: String? { get }
    /// Entries of a page; nil: ``Limits/defaultPageSize``.
    var limit: Int? { get }
}

extension PagedInput {
    /// The page that is wanted.
    /// - Throws: ``HearthError`` `invalid_request` for a cursor that no page has given.
    package func page() throws(HearthError) -> PageRequest { try PageRequest(cursor: cursor, limit: limit) }

    /// The notes of `cursor` and `limit`, and those of the input's own fields.
    package static func pageFields(and own: [String: FieldNote]) -> [String: FieldNote] {
        PageInput.fields.merging(own) { _, own in own }
    }
}

/// Input of an operation that lists all there is, page by page.
package struct PageInput: Sendable, Codable, PagedInput {
    package var cursor: String?
    package var limit: Int?

    package static let fields = [
        "cursor": FieldNote(
            "`next_cursor` of the page before; absent for the first page.",
            schema: ["format": "uuid"]),
        "limit": FieldNote(
            "Entries of a page; \(Limits.defaultPageSize) when absent.", minimum: 1, maximum: Double(Limits.pageSize)),
    ]
}
