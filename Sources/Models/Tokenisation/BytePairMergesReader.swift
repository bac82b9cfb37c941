import HearthCore

/// Reads the "merges" of a byte pair model: `"a b"` in older files, `["a", "b"]` in newer ones.
enum BytePairMergesReader {
    /// - Parameter prefixLength: bytes that a second token has in front and that its pair's token has not.
    static func merges(
        _ field: TokenizerField, _ vocabulary: ByteTrie, prefixLength: Int
    ) throws(HearthError) -> MergeTable {
        guard field.kind == .array else { throw field.refusal("is not an array") }
        let document = field.document
        var table = MergeTable(capacity: (Int(document.nodes[field.node].next) - field.node))
        var rank: UInt32 = 0
        var index = 0
        var left: [UInt8] = []
        var right: [UInt8] = []
        try field.forEachElement { (node: Int) throws(HearthError) in
            let item = TokenizerField(document: document, node: node, path: "\(field.path)[\(index)]")
            index += 1
            guard try read(item, &left, &right) else { return }
            guard let first = vocabulary.id(of: left), let second = vocabulary.id(of: right),
                right.count >= prefixLength,
                let start = vocabulary.node(after: left),
                let node = vocabulary.node(after: right[prefixLength...], from: start),
                vocabulary.id(at: node) >= 0
            else { throw item.refusal("joins tokens that are not in the vocabulary") }
            table.insert(first, second, MergeTable.Merge(rank: rank, id: vocabulary.id(at: node)))
            rank += 1
        }
        return table
    }

    /// False for the line that names the version of the format.
    private static func read(
        _ item: TokenizerField, _ left: inout [UInt8], _ right: inout [UInt8]
    ) throws(HearthError) -> Bool {
        let document = item.document
        switch item.kind {
        case .string, .escapedString:
            document.read(item.node, into: &left)
            if left.starts(with: "#version".utf8) { return false }
            guard let space = left.firstIndex(of: 0x20), !left[(space + 1)...].contains(0x20) else {
                throw item.refusal("is not two tokens with a space between them")
            }
            right = Array(left[(space + 1)...])
            left.removeLast(left.count - space)
        case .array:
            let parts = [item.node + 1, item.node + 2]
            guard document.nodes[item.node].next == item.node + 3,
                parts.allSatisfy({ [.string, .escapedString].contains(document.nodes[$0].kind) })
            else { throw item.refusal("is not two tokens") }
            document.read(parts[0], into: &left)
            document.read(parts[1], into: &right)
        default: throw item.refusal("is not two tokens")
        }
        return true
    }
}
