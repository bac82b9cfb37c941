/// Joins the symbols of one word; kept from word to word for its memory.
struct BytePairMerger {
    /// The tokens of the word.
    private(set) var symbols: [Int32] = []

    /// Up to this many symbols a search for the lowest rank beats a heap.
    private static let shortWord = 48

    private var ranks: [UInt32] = []
    private var previous: [Int32] = []
    private var next: [Int32] = []
    private var heap: [Candidate] = []

    /// A pair that could be joined, by its rank and then from the left.
    private struct Candidate {
        /// Rank in the upper half, position of the left symbol in the lower.
        var order: UInt64
        var id: Int32
    }

    mutating func removeAll() { symbols.removeAll(keepingCapacity: true) }

    mutating func append(_ symbol: Int32) { symbols.append(symbol) }

    mutating func merge(by merges: MergeTable) {
        guard symbols.count > 1 else { return }
        if symbols.count <= Self.shortWord { mergeShort(by: merges) } else { mergeLong(by: merges) }
    }

    private mutating func mergeShort(by merges: MergeTable) {
        ranks.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count {
            ranks.append(merges[symbols[index - 1], symbols[index]]?.rank ?? .max)
        }
        while true {
            var best = 0
            for index in ranks.indices where ranks[index] < ranks[best] { best = index }
            guard best < ranks.count, ranks[best] < .max, let merge = merges[symbols[best], symbols[best + 1]] else {
                return
            }
            symbols[best] = merge.id
            symbols.remove(at: best + 1)
            ranks.remove(at: best)
            if best > 0 { ranks[best - 1] = merges[symbols[best - 1], symbols[best]]?.rank ?? .max }
            if best < ranks.count { ranks[best] = merges[symbols[best], symbols[best + 1]]?.rank ?? .max }
        }
    }

    /// A linked list of symbols and a heap of the pairs in it; those that are no longer there are passed over.
    private mutating func mergeLong(by merges: MergeTable) {
        let count = symbols.count
        previous = (0..<count).map { Int32($0 - 1) }
        next = (0..<count).map { $0 + 1 < count ? Int32($0 + 1) : -1 }
        heap.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 { push(index, merges) }
        while let candidate = pop() {
            let left = Int(candidate.order & 0xFFFF_FFFF)
            let right = Int(next[left])
            guard symbols[left] >= 0, right >= 0, let merge = merges[symbols[left], symbols[right]],
                merge.id == candidate.id
            else { continue }
            symbols[left] = merge.id
            symbols[right] = -1
            next[left] = next[right]
            if next[left] >= 0 { previous[Int(next[left])] = Int32(left) }
            if previous[left] >= 0 { push(Int(previous[left]), merges) }
            push(left, merges)
        }
        symbols.removeAll { $0 < 0 }
    }

    private mutating func push(_ left: Int, _ merges: MergeTable) {
        guard next[left] >= 0, let merge = merges[symbols[left], symbols[Int(next[left])]] else { return }
        heap.append(Candidate(order: UInt64(merge.rank) << 32 | UInt64(left), id: merge.id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].order < heap[parent].order else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Candidate? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].order < heap[child].order { child += 1 }
            guard heap[child].order < heap[parent].order else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }
}
