import HearthText

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

    /// The collection's identifier.
    package let name: String
    /// Length of its vectors.
    package let dims: Int
    /// How vectors are compared.
    package let metric: VectorMetric
    /// The collection's version that this is the state of; -1 as long as it has never been loaded.
    package var version: Int64 = -1
    /// Rows that count.
    package private(set) var count = 0
    /// The segments, then the tail.
    private(set) var parts: [Part] = []
    /// Where the items of the tail are: the piece, and its row.
    private var tail: [ByteKey: TailPlace] = [:]
    /// Rows of segments that have stopped to count since the last segment was written.
    private(set) var unwritten: [(ordinal: Int, row: Int)] = []
    /// The piece that takes new rows; nil when the next one opens another.
    private var open: TailRows?
    var file: ScanFile?
    /// Seals its file; nil: the file is not sealed.
    let cipher: (any ScanCipher)?

    private struct TailPlace {
        let rows: TailRows
        let row: Int
    }

    /// An index without rows.
    package init(name: String, dims: Int, metric: VectorMetric, cipher: (any ScanCipher)? = nil) {
        self.cipher = cipher
        self.name = name
        self.dims = dims
        self.metric = metric
    }

    /// Adds a vector or replaces the one of the same item.
    /// - Parameter vector: shape `[dims]`, as ``VectorMetric/prepared(_:)`` makes it.
    /// - Throws: ``ScanFileError`` `damaged` when the data of the item in the file are invalid.
    package func upsert(
        item: String, owner: String, vector: [Float], attributes: [String: AttributeValue] = [:]
    ) throws {
        precondition(vector.count == dims, "vectors of one index have one length")
        try remove(item: item)
        let rows = openPiece()
        rows.append(item: item, owner: owner, vector: vector, attributes: attributes)
        parts[parts.count - 1].live[rows.count - 1] = true
        tail[ByteKey(item)] = TailPlace(rows: rows, row: rows.count - 1)
        count += 1
    }

    /// Lets an item not count any more.
    /// - Returns: whether it was there.
    @discardableResult
    package func remove(item: String) throws -> Bool {
        if let place = tail.removeValue(forKey: ByteKey(item)) {
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
        if let place = tail[ByteKey(item)] { return try place.rows.vector(place.row) }
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

    /// Whether the file has rows of which no bounds are known, so that searches read all their floats.
    package var lacksBounds: Bool {
        parts.contains { $0.ordinal != nil && $0.rows.count > 0 && $0.rows.view(firstRow: 0).bounds == nil }
    }

    /// Removed and replaced rows that still use memory.
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

extension ResidentIndex {
    /// Rows that take part in a search.
    private struct Selection {
        let part: Part
        let firstRow: Int
        /// Nil when all rows of the part do.
        let bits: RowBits?
    }

    /// A query that is not answered yet.
    private struct Open {
        let request: Int
        let place: Int
        let query: ScanQuery
        let k: Int
    }

    /// Answers several searches; those with one filter share a pass over the rows.
    /// - Parameter bytesOfScan: Bytes of rows, times queries, between two looks at whether an answer is still wanted.
    /// - Throws: ``ScanFileError`` `damaged` when the file turns out not to hold what was written.
    package func search(
        _ requests: [IndexRequest], cores: Int, bytesOfScan: Int = 1 << 30
    ) throws -> [IndexAnswer] {
        var answers = requests.map { IndexAnswer(matches: $0.queries.map { _ in [] }, compared: 0) }
        var left = Array(requests.indices)
        while let first = left.first {
            let shared = left.filter {
                requests[$0].isExact == requests[first].isExact && requests[$0].filter == requests[first].filter
            }
            left.removeAll(where: shared.contains)
            let (selection, compared) = try select(requests[first].filter)
            var open: [Open] = []
            for request in shared {
                answers[request].compared = compared
                answers[request].isComplete = requests[request].k == 0 || requests[request].queries.isEmpty
                for (place, query) in requests[request].queries.enumerated() where requests[request].k > 0 {
                    open.append(Open(request: request, place: place, query: query, k: requests[request].k))
                }
            }
            try answer(
                open, selection, compared, isExact: requests[first].isExact, cores: cores,
                bytesOfScan: bytesOfScan, isWanted: { requests[$0].isWanted() }, into: &answers)
        }
        return answers
    }

    /// Items that a filter lets through.
    package func count(_ filter: VectorFilter) throws -> Int { try select(filter).compared }

    private func select(_ filter: VectorFilter) throws -> (selection: [Selection], compared: Int) {
        guard filter != .everything else {
            var firstRow = 0
            let selection = parts.map { part in
                defer { firstRow += part.rows.count }
                let isWhole = part.live.ones == part.rows.count
                return Selection(part: part, firstRow: firstRow, bits: isWhole ? nil : part.live)
            }
            return (selection, count)
        }
        var selection: [Selection] = []
        var (firstRow, compared) = (0, 0)
        for part in parts {
            let bits = try part.rows.bits(matching: filter)
            bits.formIntersection(part.live)
            let ones = bits.ones
            if ones > 0 { selection.append(Selection(part: part, firstRow: firstRow, bits: bits)) }
            firstRow += part.rows.count
            compared += ones
        }
        return (selection, compared)
    }

    /// Answers some queries at a time, so many that a scan takes a fraction of a second; those of requests that are
    /// not wanted any more are left out.
    private func answer(
        _ queries: [Open], _ selection: [Selection], _ compared: Int, isExact: Bool, cores: Int,
        bytesOfScan: Int, isWanted: (Int) -> Bool, into answers: inout [IndexAnswer]
    ) throws {
        let bytes = max(scanBytes * (isExact ? MemoryLayout<Float>.size : 1), 1)
        let step = max(1, bytesOfScan / bytes)
        var unwanted: Set<Int> = []
        for start in stride(from: 0, to: queries.count, by: step) {
            let some = queries[start..<min(start + step, queries.count)].filter { query in
                guard !unwanted.contains(query.request) else { return false }
                if isWanted(query.request) { return true }
                unwanted.insert(query.request)
                return false
            }
            try answer(
                Array(some), selection, compared, isExact: isExact, cores: cores, isWanted: isWanted,
                unwanted: &unwanted, into: &answers)
        }
        for request in Set(queries.map(\.request)) { answers[request].isComplete = !unwanted.contains(request) }
    }

    /// Scans for more and more rows until each query has its owners, or every row has been looked at.
    private func answer(
        _ queries: [Open], _ selection: [Selection], _ compared: Int, isExact: Bool, cores: Int,
        isWanted: (Int) -> Bool, unwanted: inout Set<Int>, into answers: inout [IndexAnswer]
    ) throws {
        guard compared > 0, !queries.isEmpty else { return }
        var open = queries
        // Items of one owner are alike: several of them come before the next owner.
        let isByOwner = selection.contains { !$0.part.rows.ownersAreItems }
        var wanted = min((open.map(\.k).max() ?? 0) * (isByOwner ? 4 : 1), compared)
        while !open.isEmpty {
            let found = try scan(selection, open.map(\.query), k: wanted, compared, isExact: isExact, cores: cores)
            var unanswered: [Open] = []
            for (query, rows) in zip(open, found) {
                let matches = try closest(rows, query.k, isByOwner: isByOwner, in: selection)
                if wanted >= compared || matches.count >= query.k {
                    answers[query.request].matches[query.place] = matches
                } else {
                    unanswered.append(query)
                }
            }
            for request in Set(unanswered.map(\.request)) where !isWanted(request) { unwanted.insert(request) }
            open = unanswered.filter { !unwanted.contains($0.request) }
            wanted = min(wanted * 8, compared)
        }
    }

    /// Rows up to which their floats are scored without a look at their codes: about as many would be scored anyway.
    private static func fewRows(for k: Int) -> Int { max(4 * k, k + 64) }

    /// The `k` closest rows to each query, and all others that are as close as the last.
    private func scan(
        _ selection: [Selection], _ queries: [ScanQuery], k: Int, _ compared: Int, isExact: Bool, cores: Int
    ) throws -> [[ScanCandidate]] {
        let isExact = isExact || compared <= Self.fewRows(for: k)
        if !isExact { for one in selection { try one.part.rows.verifyCodes() } }
        let segments = selection.map { one in
            ScanSegment(
                one.part.rows.view(firstRow: one.firstRow), bitmap: one.bits.map { UnsafePointer($0.words) },
                verify: one.part.rows.verifyVectors)
        }
        var split = ScanSplit()
        split.cores = cores
        return try split.search(segments, queries: queries, k: min(k, compared), isExact: isExact)
    }

    /// The best item of each owner, up to `k` owners; equal scores by item.
    private func closest(
        _ rows: [ScanCandidate], _ k: Int, isByOwner: Bool, in selection: [Selection]
    ) throws -> [VectorMatch] {
        var matches: [VectorMatch] = []
        var places: [ByteKey: Int] = [:]
        for candidate in rows {
            // Rows of equal scores come by their numbers, and are put in order below.
            if matches.count >= k, candidate.key != matches.last?.score { break }
            let one = part(of: candidate.row, in: selection)
            let row = candidate.row - one.firstRow
            let owner = try one.part.rows.owner(row)
            let match = VectorMatch(item: try one.part.rows.item(row), owner: owner, score: candidate.key)
            if let place = isByOwner ? places[ByteKey(owner)] : nil {
                if VectorMatch.isCloser(match, matches[place]) { matches[place] = match }
            } else {
                if isByOwner { places[ByteKey(owner)] = matches.count }
                matches.append(match)
            }
        }
        matches.sort(by: VectorMatch.isCloser)
        return Array(matches.prefix(k))
    }

    private func part(of row: Int, in selection: [Selection]) -> Selection {
        var (low, high) = (0, selection.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if selection[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return selection[low]
    }
}

/// What a search wants of an index.
package struct IndexRequest: Sendable {
    /// What to look for; one pass serves all.
    package let queries: [ScanQuery]
    /// Most matches of each query.
    package let k: Int
    /// Which rows may match.
    package let filter: VectorFilter
    /// Compares float32 only; the answer is the same without.
    package let isExact: Bool
    /// Asked between two parts of a long search, on its thread: whether someone still waits for the answer.
    package let isWanted: @Sendable () -> Bool

    /// A search that is wanted until it has ended, unless it is said how to ask.
    package init(
        queries: [ScanQuery], k: Int, filter: VectorFilter, isExact: Bool,
        isWanted: @escaping @Sendable () -> Bool = { true }
    ) {
        self.isWanted = isWanted
        self.queries = queries
        self.k = k
        self.filter = filter
        self.isExact = isExact
    }
}

/// What a search got.
package struct IndexAnswer: Sendable {
    /// For each query the owners whose best item is closest, best first.
    package var matches: [[VectorMatch]]
    /// Vectors that the filter let through.
    package var compared: Int
    /// Whether every query was answered; otherwise the request was not wanted any more.
    package var isComplete = true
}
