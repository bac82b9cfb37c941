/// A collection in memory: segments of its scan file, mapped, and the rows that came later, as a tail.
///
/// One worker at a time uses it. A row that is replaced or removed stays where it is and does not count any more (its
/// bit is cleared), so that a scan never meets a row on its way to another place; ``SegmentPlan`` writes the rows that
/// count to the file, and leaves the others out.
package final class ResidentIndex {
    /// Rows that lie together, and which of them count.
    struct Part {
        let rows: any IndexRows
        /// As many bits as the rows can become.
        let live: RowBits
        /// Place among the segments of the file; nil in the tail.
        let ordinal: Int?
    }

    package let name: String
    package let dims: Int
    package let metric: VectorMetric
    /// The collection's version that this is the state of; -1 as long as it has never been loaded.
    package var version: Int64 = -1
    /// Rows that count.
    package private(set) var count = 0
    /// The segments, then the tail.
    private(set) var parts: [Part] = []
    /// Where the items of the tail are: the piece, and its row.
    private var tail: [ExactText: TailPlace] = [:]
    /// Rows of segments that have stopped to count since the last segment was written.
    private(set) var unwritten: [(ordinal: Int, row: Int)] = []
    /// The piece that takes new rows; nil when the next one opens another.
    private var open: TailRows?
    var file: ScanFile?

    private struct TailPlace {
        let rows: TailRows
        let row: Int
    }

    package init(name: String, dims: Int, metric: VectorMetric) {
        self.name = name
        self.dims = dims
        self.metric = metric
    }

    /// Adds a vector or replaces the one of the same item.
    /// - Parameter vector: shape `[dims]`, as ``VectorMetric/prepared(_:)`` makes it.
    /// - Throws: ``ScanFileError`` `damaged` when the file says nonsense about the item.
    package func upsert(
        item: String, owner: String, vector: [Float], attributes: [String: AttributeValue] = [:]
    ) throws {
        precondition(vector.count == dims, "vectors of one index have one length")
        try remove(item: item)
        let rows = openPiece()
        rows.append(item: item, owner: owner, vector: vector, attributes: attributes)
        parts[parts.count - 1].live[rows.count - 1] = true
        tail[ExactText(item)] = TailPlace(rows: rows, row: rows.count - 1)
        count += 1
    }

    /// Lets an item not count any more.
    /// - Returns: whether it was there.
    @discardableResult
    package func remove(item: String) throws -> Bool {
        if let place = tail.removeValue(forKey: ExactText(item)) {
            if let part = parts.last(where: { $0.rows === place.rows }) { part.live[place.row] = false }
            count -= 1
            return true
        }
        for part in parts.reversed() {
            guard let ordinal = part.ordinal, let row = try part.rows.row(of: item), part.live[row] else { continue }
            part.live[row] = false
            unwritten.append((ordinal, row))
            count -= 1
            return true
        }
        return false
    }

    /// The vector of an item as it is compared; nil when there is none.
    package func vector(of item: String) throws -> [Float]? {
        if let place = tail[ExactText(item)] { return try place.rows.vector(place.row) }
        for part in parts.reversed() where part.ordinal != nil {
            if let row = try part.rows.row(of: item), part.live[row] { return try part.rows.vector(row) }
        }
        return nil
    }

    /// Bytes that it holds in memory, with what each search reads of the file's pages.
    package var bytes: Int {
        parts.reduce(0) { $0 + $1.rows.bytes + $1.live.bytes } + tail.count * 80 + unwritten.count * 16
    }

    /// Bytes of the codes that a search reads.
    package var scanBytes: Int {
        parts.reduce(0) { $0 + $1.rows.count } * QuantisedMatrixView.stride(dims: dims)
    }

    /// Bytes of the rows that only memory has.
    package var tailBytes: Int { parts.reduce(0) { $0 + ($1.ordinal == nil ? $1.rows.bytes : 0) } }

    /// Rows that take up room and do not count.
    package var deadRows: Int { parts.reduce(0) { $0 + $1.rows.count } - count }

    private func openPiece() -> TailRows {
        if let open, !open.isFull { return open }
        let rows = TailRows(dims: dims, metric: metric)
        parts.append(Part(rows: rows, live: RowBits(count: TailRows.capacity), ordinal: nil))
        open = rows
        return rows
    }

    // MARK: - What writers do

    /// Takes over the segments of a file that has just been opened.
    func adopt(_ file: ScanFile, _ segments: [SegmentRows]) throws {
        self.file = file
        version = segments.last?.header.version ?? -1
        for segment in segments {
            for dead in try segment.dead() {
                guard dead.ordinal < parts.count, dead.row < parts[dead.ordinal].rows.count else {
                    throw ScanFileError.damaged("dead rows")
                }
                if parts[dead.ordinal].live[dead.row] { count -= 1 }
                parts[dead.ordinal].live[dead.row] = false
            }
            let live = RowBits(count: segment.count, filledWith: true)
            parts.append(Part(rows: segment, live: live, ordinal: segment.header.ordinal))
            count += segment.count
        }
    }

    /// Takes no more rows into the pieces that a writer is about to read, and gives it what is not written yet.
    func freeze() -> (parts: [Part], dead: [(ordinal: Int, row: Int)]) {
        open = nil
        let dead = unwritten
        unwritten = []
        return (parts, dead)
    }

    /// A writer has failed: what it was given is to be written by the next one.
    func giveBack(_ dead: [(ordinal: Int, row: Int)]) { unwritten = dead + unwritten }

    /// Puts a segment in the place of the pieces that it was made of; rows that have stopped to count meanwhile do not
    /// count in it either.
    func replace(_ sources: [SegmentContents.Source], with segment: SegmentRows, of file: ScanFile, isWhole: Bool) {
        let live = RowBits(count: segment.count, filledWith: true)
        var next = 0
        var replaced: Set<ObjectIdentifier> = []
        var died: [(ordinal: Int, row: Int)] = []
        for source in sources {
            replaced.insert(ObjectIdentifier(source.rows))
            let part = parts.first { $0.rows === source.rows }
            for row in source.kept {
                if let part, !part.live[row] {
                    live[next] = false
                    died.append((segment.header.ordinal, next))
                }
                next += 1
            }
        }
        let rest = parts.filter { !replaced.contains(ObjectIdentifier($0.rows)) }
        let segmentPart = Part(rows: segment, live: live, ordinal: segment.header.ordinal)
        parts = rest.filter { $0.ordinal != nil } + [segmentPart] + rest.filter { $0.ordinal == nil }
        tail = tail.filter { !replaced.contains(ObjectIdentifier($0.value.rows)) }
        // What died in segments that are gone means nothing to the new file.
        unwritten = isWhole ? died : unwritten + died
        self.file = file
    }
}
