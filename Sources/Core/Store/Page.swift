/// One page of a list, newest first, and the cursor of the next.
package struct Page<Item: Sendable & Codable>: Sendable, Codable {
    package var items: [Item]
    /// Pass it as `cursor` to go on; absent on the last page.
    package var nextCursor: String?

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
