/// A column that grows with its rows.
final class AttributeColumnBuilder {
    private var kinds = RowStorage<UInt8>()
    private var values = RowStorage<UInt64>()
    private var codes: [ExactText: UInt64] = [:]
    private(set) var texts: [String] = []

    var bytes: Int { kinds.bytes + values.bytes + codes.count * 96 }

    /// Gives the row a value; rows before it that have none yet stay without.
    func set(_ value: AttributeValue, row: Int) {
        kinds.grow(to: row + 1)
        values.grow(to: row + 1)
        switch value {
        case .text(let text):
            kinds.pointer[row] = AttributeColumn.Kind.text.rawValue
            values.pointer[row] = code(of: text)
        case .number(let number):
            kinds.pointer[row] = AttributeColumn.Kind.number.rawValue
            values.pointer[row] = number.bitPattern
        case .flag(let flag):
            kinds.pointer[row] = AttributeColumn.Kind.flag.rawValue
            values.pointer[row] = flag ? 1 : 0
        }
    }

    /// The column as it is now; not to be used after the next change.
    var column: AttributeColumn {
        let (codes, texts) = (codes, texts)
        return AttributeColumn(
            count: kinds.count, kinds: UnsafePointer(kinds.pointer), values: UnsafePointer(values.pointer),
            code: { codes[ExactText($0)] },
            text: { $0 < UInt64(texts.count) ? texts[Int($0)] : nil })
    }

    private func code(of text: String) -> UInt64 {
        if let code = codes[ExactText(text)] { return code }
        let code = UInt64(texts.count)
        codes[ExactText(text)] = code
        texts.append(text)
        return code
    }
}
