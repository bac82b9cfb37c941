import Foundation
import HearthTesting
import HearthText

@testable import HearthVectors

/// An index with a file, and a plain list of the same vectors that it must agree with.
///
/// What is "committed" goes to the list at once and, as a database would have it, to a log that the index catches up
/// from; the index may be closed and opened at any time.
struct IndexWorld {
    /// One item's change.
    struct Change {
        let version: Int64
        let item: String
        /// Nil for a removal.
        let row: (owner: String, vector: [Float], attributes: [String: AttributeValue])?
    }

    /// Where index and list say different things.
    struct Difference: Error { let note: String }

    let dims: Int
    let metric: VectorMetric
    let folder: TemporaryFolder
    var random: RepeatableRandom
    var oracle: ExactIndex
    var index: ResidentIndex
    var log: [Change] = []
    let isByOwner: Bool

    var path: String { folder.file("c.scan") }

    init(seed: UInt64, metric: VectorMetric, dims: Int, isByOwner: Bool) throws {
        self.dims = dims
        self.metric = metric
        self.isByOwner = isByOwner
        folder = try TemporaryFolder(.memory)
        random = RepeatableRandom(seed: seed)
        oracle = ExactIndex(dims: dims, metric: metric)
        index = ResidentIndex(name: "c", dims: dims, metric: metric)
    }

    mutating func vector() -> [Float] {
        let scale = metric == .cosine ? 1 : Float.random(in: 0.1...3, using: &random)
        return metric.prepared(random.unitVector(dims: dims).map { $0 * scale })
    }

    /// One to three changes of items.
    mutating func change() {
        let version = (log.last?.version ?? 0) + 1
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            // Two spellings of one letter are two ids.
            let item =
                random.chance(4)
                ? (random.chance(50) ? "e\u{301}" : "\u{e9}") : "i\(Int.random(in: 0..<60, using: &random))"
            if random.chance(35) {
                log.append(Change(version: version, item: item, row: nil))
                continue
            }
            var attributes: [String: AttributeValue] = [:]
            if random.chance(70) { attributes["n"] = .number(Self.number(using: &random)) }
            if random.chance(50) {
                attributes["t"] = .text(["a", "b", "", "e\u{301}"].randomElement(using: &random) ?? "")
            }
            if random.chance(30) { attributes["t"] = .flag(random.chance(50)) }
            if random.chance(20) { attributes["t"] = .number(1) }
            let owner = isByOwner ? "g\(Int.random(in: 0..<7, using: &random))" : item
            log.append(Change(version: version, item: item, row: (owner, vector(), attributes)))
        }
        rebuildOracle()
    }

    /// Small numbers, and neighbours that round to one double.
    private static func number(using random: inout RepeatableRandom) -> ExactNumber {
        let small = Int64.random(in: 0..<5, using: &random)
        if random.chance(60) { return ExactNumber(small) }
        return random.chance(70) ? ExactNumber(1_234_567_890_123_456_000 + small) : ExactNumber(Double(small) + 0.5)
    }

    /// The list would take two spellings of one id for the same: it knows ids by their bytes.
    static func key(_ item: String) -> String { item.utf8.map { String($0, radix: 16) }.joined(separator: ".") }

    private mutating func rebuildOracle() {
        var last: [String: Change] = [:]
        for change in log { last[Self.key(change.item)] = change }
        oracle = ExactIndex(dims: dims, metric: metric)
        for (key, change) in last {
            guard let row = change.row else { continue }
            oracle.upsert(
                item: key, owner: isByOwner ? row.owner : key, vector: row.vector, attributes: row.attributes)
        }
    }

    /// Brings the index up, as from a database: only the newest state of each item that has changed.
    func catchUp(_ index: ResidentIndex) throws {
        var last: [String: Change] = [:]
        for change in log where change.version > index.version { last[Self.key(change.item)] = change }
        for change in last.values.sorted(by: { Self.key($0.item) < Self.key($1.item) }) {
            if let row = change.row {
                try index.upsert(
                    item: change.item, owner: row.owner, vector: row.vector, attributes: row.attributes)
            } else {
                try index.remove(item: change.item)
            }
        }
        index.version = log.last?.version ?? 0
    }

    func write(isWhole: Bool) throws {
        let plan = try SegmentPlan(index, isWhole: isWhole)
        plan.finish(Result { try plan.write(to: path, aside: path + ".part") }, in: index)
    }

    mutating func reopen() throws {
        index =
            try ResidentIndex.open(path, name: "c", dims: dims, metric: metric)
            ?? ResidentIndex(name: "c", dims: dims, metric: metric)
        try catchUp(index)
    }

    mutating func filter(depth: Int = 0) -> VectorFilter {
        func value(_ random: inout RepeatableRandom) -> AttributeValue {
            let values: [AttributeValue] = [
                .text("a"), .text("e\u{301}"), .text("\u{e9}"), .text("none"), .number(1), .number(-0.0), .flag(true),
                .number(Self.number(using: &random)),
            ]
            return values.randomElement(using: &random) ?? .flag(false)
        }
        func bound(_ random: inout RepeatableRandom) -> VectorFilter.Bound? {
            random.chance(30)
                ? nil
                : .init(value: Self.number(using: &random), isInclusive: random.chance(50))
        }
        let key = ["n", "t", "none"].randomElement(using: &random) ?? "n"
        switch Int.random(in: 0..<(depth > 2 ? 6 : 9), using: &random) {
        case 0: return .everything
        case 1: return .equals(key, value(&random))
        case 2: return .isIn(key, [value(&random), value(&random)])
        case 3: return .range(key, lower: bound(&random), upper: bound(&random))
        case 4: return .exists(key)
        case 5: return .items((0..<9).map { _ in "i\(Int.random(in: 0..<60, using: &random))" })
        case 6: return .all((0..<Int.random(in: 0...2, using: &random)).map { _ in filter(depth: depth + 1) })
        case 7: return .any((0..<Int.random(in: 0...2, using: &random)).map { _ in filter(depth: depth + 1) })
        default: return .not(filter(depth: depth + 1))
        }
    }

    /// A filter in the words of the list.
    private static func translated(_ filter: VectorFilter) -> VectorFilter {
        switch filter {
        case .items(let items): .items(items.map { key($0.text) })
        case .all(let filters): .all(filters.map(translated))
        case .any(let filters): .any(filters.map(translated))
        case .not(let filter): .not(translated(filter))
        default: filter
        }
    }

    /// Compares searches of the index with the list.
    /// - Throws: ``Difference``.
    mutating func check(_ index: ResidentIndex) throws {
        var requests: [IndexRequest] = []
        var vectors: [[Float]] = []
        for _ in 0..<3 {
            let filter = random.chance(40) ? .everything : filter()
            vectors.append(vector())
            requests.append(
                IndexRequest(
                    queries: [ScanQuery(vectors[vectors.count - 1], metric: metric)],
                    k: Int.random(in: 0..<9, using: &random), filter: filter, isExact: random.chance(30)))
        }
        let answers = try index.search(requests, cores: 1)
        for (number, request) in requests.enumerated() {
            let filter = Self.translated(request.filter)
            let expected = oracle.search(vectors[number], k: request.k, filter: filter)
            let found = answers[number].matches[0]
            guard answers[number].compared == oracle.count(filter), found.count == expected.count,
                Set(found.map { Self.key($0.item) }).count == found.count,
                Set(found.map { Self.key($0.owner) }).count == found.count,
                zip(found, expected).allSatisfy({ abs($0.score - $1.score) <= 1e-4 * max(1, abs($1.score)) })
            else {
                throw Difference(note: "\(request.filter) k \(request.k): \(found) for \(expected)")
            }
            guard try index.count(request.filter) == oracle.count(filter) else { throw Difference(note: "count") }
        }
        let item = "i\(Int.random(in: 0..<60, using: &random))"
        guard try index.vector(of: item) == oracle.vector(of: Self.key(item)), index.count == oracle.count else {
            throw Difference(note: "vector of \(item)")
        }
    }
}
