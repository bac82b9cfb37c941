import HearthCore
import HearthJSON

/// Reads the "merges" of a byte pair model: `"a b"` in older files, `["a", "b"]` in newer ones.
enum BytePairMergesReader {
    /// - Parameter prefixLength: bytes that a second token has in front and that its pair's token has not.
    static func merges(
        _ field: TokenizerField, _ vocabulary: ByteTrie, prefixLength: Int
    ) throws(HearthError) -> MergeTable {
        guard field.kind == .array else { throw field.refusal("is not an array") }
        let document = field.document
        let values = Int(document.nodes[field.node].next) - field.node - 1
        let isPaired = values > 0 && document.nodes[field.node + 1].kind == .array
        var table = MergeTable(capacity: isPaired ? values / 3 + 1 : values)
        var rank: UInt32 = 0
        var index = 0
        var left: [UInt8] = []
        var right: [UInt8] = []
        try field.forEachElement { (node: Int) throws(HearthError) in
            defer { index += 1 }
            guard (document.nodes[node].kind == .array) == isPaired, read(document, node, &left, &right) else {
                throw field.refusal("has at \(index) what is not two tokens")
            }
            // The line that names the version of the format.
            if right.isEmpty, left.starts(with: "#version".utf8) { return }
            guard right.count >= prefixLength, let start = vocabulary.node(after: left),
                vocabulary.id(at: start) >= 0, let second = vocabulary.id(of: right),
                let joined = vocabulary.node(after: right[prefixLength...], from: start),
                vocabulary.id(at: joined) >= 0
            else { throw field.refusal("joins at \(index) tokens that are not in the vocabulary") }
            let merge = MergeTable.Merge(rank: rank, id: vocabulary.id(at: joined))
            table.insert(vocabulary.id(at: start), second, merge)
            rank += 1
        }
        return table
    }

    /// False when there are not two tokens. The version's line comes out as a first token alone.
    private static func read(
        _ document: TokenizerDocument, _ node: Int, _ left: inout [UInt8], _ right: inout [UInt8]
    ) -> Bool {
        if document.nodes[node].kind == .array {
            guard document.nodes[node].next == node + 3, document.nodes[node + 1].isString,
                document.nodes[node + 2].isString
            else { return false }
            document.read(node + 1, into: &left)
            document.read(node + 2, into: &right)
            return true
        }
        guard document.nodes[node].isString else { return false }
        document.read(node, into: &left)
        right.removeAll(keepingCapacity: true)
        if left.starts(with: "#version".utf8) { return true }
        guard let space = left.firstIndex(of: 0x20), !left[(space + 1)...].contains(0x20) else { return false }
        right.append(contentsOf: left[(space + 1)...])
        left.removeLast(left.count - space)
        return true
    }
}
