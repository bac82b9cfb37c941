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
    /// - Throws: ``ScanFileError`` `damaged` when the file turns out not to hold what was written.
    package func search(_ requests: [IndexRequest], cores: Int) throws -> [IndexAnswer] {
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
                for (place, query) in requests[request].queries.enumerated() where requests[request].k > 0 {
                    open.append(Open(request: request, place: place, query: query, k: requests[request].k))
                }
            }
            try answer(open, selection, compared, isExact: requests[first].isExact, cores: cores, into: &answers)
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

    /// Scans for more and more rows until each query has its owners, or every row has been looked at.
    private func answer(
        _ queries: [Open], _ selection: [Selection], _ compared: Int, isExact: Bool, cores: Int,
        into answers: inout [IndexAnswer]
    ) throws {
        guard compared > 0, !queries.isEmpty else { return }
        var open = queries
        // Items of one owner are alike: several of them come before the next owner.
        let isByOwner = selection.contains { !$0.part.rows.ownersAreItems }
        // One more than asked for shows whether the last one is as close as others, which come by their items.
        var wanted = min(((open.map(\.k).max() ?? 0) + 1) * (isByOwner ? 4 : 1), compared)
        while !open.isEmpty {
            let found = try scan(selection, open.map(\.query), k: wanted, compared, isExact: isExact, cores: cores)
            var unanswered: [Open] = []
            for (query, rows) in zip(open, found) {
                let matches = try closest(rows, query.k, isByOwner: isByOwner, in: selection)
                let isTied = rows.last.map { $0.key == matches.last?.score } ?? false
                if wanted >= compared || (matches.count >= query.k && !isTied) {
                    answers[query.request].matches[query.place] = matches
                } else {
                    unanswered.append(query)
                }
            }
            open = unanswered
            wanted = min(wanted * 8, compared)
        }
    }

    /// The `k` closest rows to each query.
    private func scan(
        _ selection: [Selection], _ queries: [ScanQuery], k: Int, _ compared: Int, isExact: Bool, cores: Int
    ) throws -> [[ScanCandidate]] {
        let candidates = ScanKernel.candidates(for: k)
        // When each row would be a candidate anyway, their floats say it all.
        let isExact = isExact || compared <= candidates
        for one in selection {
            if !isExact {
                try one.part.rows.verifyCodes()
            } else if let bits = one.bits {
                for row in bits.rows { try one.part.rows.verifyVectors(row..<row + 1) }
            } else {
                try one.part.rows.verifyVectors(0..<one.part.rows.count)
            }
        }
        let views = selection.map { $0.part.rows.view(firstRow: $0.firstRow) }
        let segments = zip(views, selection).map { ScanSegment($0, bitmap: $1.bits.map { UnsafePointer($0.words) }) }
        var split = ScanSplit()
        split.cores = cores
        let heaps = split.scan(segments, queries, capacity: min(isExact ? k : candidates, compared), isExact: isExact)
        if isExact { return heaps.map(\.sorted) }
        return try zip(queries, heaps).map { query, heap in
            for candidate in heap.candidates {
                let one = part(of: candidate.row, in: selection)
                let row = candidate.row - one.firstRow
                try one.part.rows.verifyVectors(row..<row + 1)
            }
            return ScanKernel.rescore(heap, query: query, views: views, k: k)
        }
    }

    /// The best item of each owner, up to `k` owners; equal scores by item.
    private func closest(
        _ rows: [ScanCandidate], _ k: Int, isByOwner: Bool, in selection: [Selection]
    ) throws -> [VectorMatch] {
        var matches: [VectorMatch] = []
        var places: [ExactText: Int] = [:]
        for candidate in rows {
            // Rows of equal scores come by their numbers, and are put in order below.
            if matches.count >= k, candidate.key != matches.last?.score { break }
            let one = part(of: candidate.row, in: selection)
            let row = candidate.row - one.firstRow
            let owner = try one.part.rows.owner(row)
            let match = VectorMatch(item: try one.part.rows.item(row), owner: owner, score: candidate.key)
            if let place = isByOwner ? places[ExactText(owner)] : nil {
                if VectorMatch.isCloser(match, matches[place]) { matches[place] = match }
            } else {
                if isByOwner { places[ExactText(owner)] = matches.count }
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
