package import HearthVectors

/// Exact search over float32 vectors, the plain way: what every faster one must agree with.
///
/// A value: readers keep a snapshot while a writer goes on. Vectors come in as their metric prepares them.
package struct ExactIndex: Sendable {
    /// Length of each vector.
    package let dims: Int
    package let metric: VectorMetric
    private var items: [String] = []
    /// Row's owner as an index into `owners`.
    private var ownerOf: [Int] = []
    private var owners: [String] = []
    private var ownerIndex: [String: Int] = [:]
    private var attributesOf: [[String: AttributeValue]] = []
    private var rowOf: [String: Int] = [:]
    /// Shape `[count, dims]`, row-major.
    private var matrix: [Float] = []

    package init(dims: Int, metric: VectorMetric = .cosine) {
        precondition(dims > 0, "a vector has at least one component")
        self.dims = dims
        self.metric = metric
    }

    package var count: Int { items.count }

    /// Bytes of the matrix.
    package var bytes: Int { matrix.count * MemoryLayout<Float>.size }

    /// Adds a vector or replaces the one of the same item.
    /// - Parameter vector: shape `[dims]`, as ``VectorMetric/prepared(_:)`` makes it.
    package mutating func upsert(
        item: String, owner: String, vector: [Float], attributes: [String: AttributeValue] = [:]
    ) {
        precondition(vector.count == dims, "vectors of one index have one length")
        let owner = index(ofOwner: owner)
        if let row = rowOf[item] {
            matrix.replaceSubrange(row * dims..<(row + 1) * dims, with: vector)
            ownerOf[row] = owner
            attributesOf[row] = attributes
        } else {
            rowOf[item] = items.count
            items.append(item)
            ownerOf.append(owner)
            attributesOf.append(attributes)
            matrix.append(contentsOf: vector)
        }
    }

    /// Removes an item for good: the last row takes its place.
    /// - Returns: whether it was there.
    @discardableResult
    package mutating func remove(item: String) -> Bool {
        guard let row = rowOf.removeValue(forKey: item) else { return false }
        let last = items.count - 1
        if row != last {
            items[row] = items[last]
            ownerOf[row] = ownerOf[last]
            attributesOf[row] = attributesOf[last]
            rowOf[items[row]] = row
            for component in 0..<dims { matrix[row * dims + component] = matrix[last * dims + component] }
        }
        items.removeLast()
        ownerOf.removeLast()
        attributesOf.removeLast()
        matrix.removeLast(dims)
        return true
    }

    /// The `k` owners whose best item is closest, best first; equal scores are ordered by item.
    /// - Parameter query: shape `[dims]`, as ``VectorMetric/prepared(_:)`` makes it.
    package func search(_ query: [Float], k: Int, filter: VectorFilter = .everything) -> [VectorMatch] {
        precondition(query.count == dims, "the query has the index's length")
        var best = [(row: Int, score: Float)](repeating: (-1, -.infinity), count: owners.count)
        matrix.withUnsafeBufferPointer { matrix in
            query.withUnsafeBufferPointer { query in
                for row in 0..<items.count
                where filter == .everything || filter.matches(item: items[row], attributes: attributesOf[row]) {
                    let score = score(UnsafeBufferPointer(rebasing: matrix[row * dims..<(row + 1) * dims]), query)
                    let owner = ownerOf[row]
                    let isBetter =
                        score > best[owner].score
                        || (score == best[owner].score && best[owner].row >= 0 && items[row] < items[best[owner].row])
                    if isBetter { best[owner] = (row, score) }
                }
            }
        }
        var matches: [VectorMatch] = []
        for (row, score) in best where row >= 0 {
            matches.append(VectorMatch(item: items[row], owner: owners[ownerOf[row]], score: score))
        }
        matches.sort(by: VectorMatch.isCloser)
        return Array(matches.prefix(k))
    }

    /// Items that a filter lets through.
    package func count(_ filter: VectorFilter) -> Int {
        guard filter != .everything else { return count }
        return items.indices.count { filter.matches(item: items[$0], attributes: attributesOf[$0]) }
    }

    /// The vector of an item as it is compared; nil when there is none.
    package func vector(of item: String) -> [Float]? {
        rowOf[item].map { Array(matrix[$0 * dims..<($0 + 1) * dims]) }
    }

    private func score(_ row: UnsafeBufferPointer<Float>, _ query: UnsafeBufferPointer<Float>) -> Float {
        guard metric == .euclidean else { return Self.dot(row, query) }
        var distance: Float = 0
        for component in 0..<dims {
            let difference = row[component] - query[component]
            distance += difference * difference
        }
        return -distance
    }

    private mutating func index(ofOwner owner: String) -> Int {
        if let index = ownerIndex[owner] { return index }
        ownerIndex[owner] = owners.count
        owners.append(owner)
        return owners.count - 1
    }

    private static func dot(_ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>) -> Float {
        // Four independent sums of eight lanes keep the multipliers busy; the order of additions is fixed.
        var sums = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
        let count = left.count
        var index = 0
        let (a, b) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        func lanes(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> SIMD8<Float> {
            bytes.loadUnaligned(fromByteOffset: position * 4, as: SIMD8<Float>.self)
        }
        while index + 32 <= count {
            sums.0 += lanes(a, index) * lanes(b, index)
            sums.1 += lanes(a, index + 8) * lanes(b, index + 8)
            sums.2 += lanes(a, index + 16) * lanes(b, index + 16)
            sums.3 += lanes(a, index + 24) * lanes(b, index + 24)
            index += 32
        }
        var total = ((sums.0 + sums.1) + (sums.2 + sums.3)).sum()
        while index < count {
            total += left[index] * right[index]
            index += 1
        }
        return total
    }
}
