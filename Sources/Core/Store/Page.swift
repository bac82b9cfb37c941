/// One page of a list, newest first, and the cursor of the next.
package struct Page<Item: Sendable & Codable>: Sendable, Codable {
    package var items: [Item]
    /// Pass it as `cursor` to go on; absent on the last page.
    package var nextCursor: String?
    /// What was probably meant, where nothing was found.
    package var hint: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    /// Cuts a page from `limit + 1` rows: the extra row only tells that there is more.
    package init(rows: [Item], limit: Int, cursor: (Item) -> String) {
        let page = Array(rows.prefix(limit))
        self.init(items: page, nextCursor: rows.count > limit ? page.last.map(cursor) : nil)
    }
}

extension SQLConnection {
    /// A page of the rows that a query selects, newest first.
    /// - Parameters:
    ///   - select: the query up to its conditions, of which there is at least one.
    ///   - column: holds the identifiers that cursors are of.
    ///   - cursor: the identifier of an item.
    /// - Throws: as ``rows(_:as:)``.
    package func page<Item: SQLDecodable & Sendable & Codable>(
        _ request: PageRequest, of select: SQL, by column: SQL = "id", cursor: (Item) -> String
    ) throws -> Page<Item> {
        let rows = try rows(
            """
            \(select) AND \(column) < \(request.before) ORDER BY \(column) DESC LIMIT \(request.limit + 1)
            """, as: Item.self)
        return Page(rows: rows, limit: request.limit, cursor: cursor)
    }
}
