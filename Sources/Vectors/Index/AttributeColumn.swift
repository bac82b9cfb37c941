/// The values of one key, row by row: a byte that says of which type the value is, and eight that are the value.
///
/// Texts are numbers into a list of the different texts. Rows behind `count` have no value.
struct AttributeColumn {
    /// What a row has under the key.
    enum Kind: UInt8 {
        case none = 0
        case text = 1
        case number = 2
        case flag = 3
    }

    let count: Int
    let kinds: UnsafePointer<UInt8>
    /// A text's number, the bits of a double, or 0 and 1.
    let values: UnsafePointer<UInt64>
    /// The number of a text; nil when no row has it.
    let code: (String) -> UInt64?
    /// The text of a number; nil for a number that no text has.
    let text: (UInt64) -> String?

    func value(_ row: Int) -> AttributeValue? {
        guard row < count else { return nil }
        return switch Kind(rawValue: kinds[row]) {
        case .text: text(values[row]).map(AttributeValue.text)
        case .number: .number(Double(bitPattern: values[row]))
        case .flag: .flag(values[row] != 0)
        case .some(.none), nil: nil
        }
    }

    /// Sets the bits of rows that have one of the values.
    func match(_ wanted: [AttributeValue], into bits: RowBits) {
        var codes: Set<UInt64> = []
        var numbers: Set<Double> = []
        var flags: Set<UInt64> = []
        for value in wanted {
            switch value {
            case .text(let text): if let code = code(text) { codes.insert(code) }
            case .number(let number): numbers.insert(number)
            case .flag(let flag): flags.insert(flag ? 1 : 0)
            }
        }
        match(.text, codes, into: bits) { $0 }
        match(.number, numbers, into: bits) { Double(bitPattern: $0) }
        match(.flag, flags, into: bits) { $0 }
    }

    /// Sets the bits of rows that have a number between two ends.
    func match(lower: VectorFilter.Bound?, upper: VectorFilter.Bound?, into bits: RowBits) {
        let number = Kind.number.rawValue
        bits.set { row in
            row < count && kinds[row] == number
                && VectorFilter.isInside(Double(bitPattern: values[row]), lower: lower, upper: upper)
        }
    }

    /// Sets the bits of rows that have any value.
    func matchAny(into bits: RowBits) {
        bits.set { row in row < count && kinds[row] != 0 }
    }

    private func match<Value: Hashable>(
        _ kind: Kind, _ wanted: Set<Value>, into bits: RowBits, _ read: (UInt64) -> Value
    ) {
        let kind = kind.rawValue
        if wanted.count == 1, let only = wanted.first {
            bits.set { row in row < count && kinds[row] == kind && read(values[row]) == only }
        } else if !wanted.isEmpty {
            bits.set { row in row < count && kinds[row] == kind && wanted.contains(read(values[row])) }
        }
    }
}

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
