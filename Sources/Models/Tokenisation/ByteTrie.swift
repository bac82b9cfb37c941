/// Token ids by the bytes of their tokens.
///
/// Edges live in one hash table (open addressing, linear probing) keyed by node and byte, which is quick to build from
/// a quarter of a million tokens and needs no sorting; the root's edges stand in an array of their own.
struct ByteTrie: Sendable {
    /// Where a walk through the bytes of a token has come to; 0 is the root.
    typealias Node = UInt32

    private var roots = [Node](repeating: 0, count: 256)
    /// Node and byte of each edge, as `node << 8 | byte`; 0 is a free place, since the root's edges are not here.
    private var edges: [UInt32]
    private var targets: [Node]
    private var mask: Int
    private var edgeCount = 0
    /// The id of the token that ends in each node; -1 when none does.
    private var ids: [Int32] = [-1]

    init(expectedBytes: Int) {
        var capacity = 64
        while capacity < expectedBytes * 2, capacity < 1 << 21 { capacity *= 2 }
        edges = [UInt32](repeating: 0, count: capacity)
        targets = [Node](repeating: 0, count: capacity)
        mask = capacity - 1
    }

    /// Nodes that a trie may have: an edge's node has to fit beside its byte.
    static let maximumNodes = 1 << 24

    var isFull: Bool { ids.count >= Self.maximumNodes }

    /// The node behind an edge; nil when there is no such edge.
    @inline(__always)
    func next(_ node: Node, _ byte: UInt8) -> Node? {
        if node == 0 {
            let target = roots[Int(byte)]
            return target == 0 ? nil : target
        }
        let edge = node << 8 | UInt32(byte)
        var place = Self.place(edge) & mask
        while true {
            let found = edges[place]
            if found == edge { return targets[place] }
            if found == 0 { return nil }
            place = (place + 1) & mask
        }
    }

    /// The id of the token that ends in `node`; negative when none does.
    @inline(__always)
    func id(at node: Node) -> Int32 { ids[Int(node)] }

    /// The node behind all `bytes`; nil when no token begins with them.
    func node(after bytes: some Sequence<UInt8>, from start: Node = 0) -> Node? {
        var node = start
        for byte in bytes {
            guard let target = next(node, byte) else { return nil }
            node = target
        }
        return node
    }

    /// The id of a token; nil when there is none of these bytes.
    func id(of bytes: some Sequence<UInt8>) -> Int32? {
        guard let node = node(after: bytes) else { return nil }
        let id = id(at: node)
        return id < 0 ? nil : id
    }

    /// Adds a token, or gives a known one another id. Nothing happens when the trie is full.
    mutating func insert(_ bytes: some Sequence<UInt8>, id: Int32) {
        var node: Node = 0
        for byte in bytes {
            if let target = next(node, byte) {
                node = target
                continue
            }
            guard !isFull else { return }
            let target = Node(ids.count)
            ids.append(-1)
            if node == 0 {
                roots[Int(byte)] = target
            } else {
                addEdge(node << 8 | UInt32(byte), target)
            }
            node = target
        }
        ids[Int(node)] = id
    }

    private mutating func addEdge(_ edge: UInt32, _ target: Node) {
        edgeCount += 1
        if edgeCount * 10 > edges.count * 6 { grow() }
        place(edge, target)
    }

    private mutating func place(_ edge: UInt32, _ target: Node) {
        var place = Self.place(edge) & mask
        while edges[place] != 0 { place = (place + 1) & mask }
        edges[place] = edge
        targets[place] = target
    }

    private mutating func grow() {
        let (oldEdges, oldTargets) = (edges, targets)
        edges = [UInt32](repeating: 0, count: oldEdges.count * 2)
        targets = [Node](repeating: 0, count: oldEdges.count * 2)
        mask = edges.count - 1
        for (edge, target) in zip(oldEdges, oldTargets) where edge != 0 { place(edge, target) }
    }

    /// Fibonacci hashing: neighbouring nodes and bytes spread over the table.
    @inline(__always)
    private static func place(_ edge: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(edge) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
