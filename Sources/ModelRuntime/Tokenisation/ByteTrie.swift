/// Token ids by the bytes of their tokens.
///
/// Edges live in one hash table (open addressing, linear probing) keyed by node and byte, which is quick to build from
/// a quarter of a million tokens and needs no sorting; the root's edges stand in an array of their own.
struct ByteTrie: Sendable {
    /// Where a walk through the bytes of a token has come to; 0 is the root.
    typealias Node = UInt32

    private var roots = [Node](repeating: 0, count: 256)
    /// Node and byte of each edge in the upper half, as `node << 8 | byte`, and the node behind it in the lower; 0 is a
    /// free place, since the root's edges are not here.
    private var edges: [UInt64]
    private var mask: Int
    private var edgeCount = 0
    /// The id of the token that ends in each node; -1 when none does.
    private var ids: [Int32] = [-1]

    init(expectedNodes: Int) {
        var capacity = 64
        while capacity < expectedNodes * 2 { capacity *= 2 }
        edges = [UInt64](repeating: 0, count: capacity)
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
            if UInt32(truncatingIfNeeded: found >> 32) == edge { return Node(truncatingIfNeeded: found) }
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
                addEdge(UInt64(node << 8 | UInt32(byte)) << 32 | UInt64(target))
            }
            node = target
        }
        ids[Int(node)] = id
    }

    private mutating func addEdge(_ edge: UInt64) {
        edgeCount += 1
        if edgeCount * 10 > edges.count * 6 { grow() }
        place(edge)
    }

    private mutating func place(_ edge: UInt64) {
        var place = Self.place(UInt32(truncatingIfNeeded: edge >> 32)) & mask
        while edges[place] != 0 { place = (place + 1) & mask }
        edges[place] = edge
    }

    private mutating func grow() {
        let smaller = edges
        edges = [UInt64](repeating: 0, count: smaller.count * 2)
        mask = edges.count - 1
        for edge in smaller where edge != 0 { place(edge) }
    }

    /// Fibonacci hashing: neighbouring nodes and bytes spread over the table.
    @inline(__always)
    private static func place(_ edge: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(edge) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
