import HearthText

/// The values of one key, row by row: a byte that says of which type the value is, and eight that are the value.
///
/// Texts are numbers into a list of the different texts. Rows behind `count` have no value.
struct AttributeColumn {
    /// What a row has under the key.
    enum Kind: UInt8 {
        case none = 0
        case text = 1
        /// A double.
        case number = 2
        case flag = 3
        /// A whole number that no double is equal to.
        case whole = 4
    }

    let count: Int
    let kinds: UnsafePointer<UInt8>
    /// A text's number, the bits of a double or of a whole number, or 0 and 1.
    let values: UnsafePointer<UInt64>
    /// The number of a text; nil when no row has it.
    let code: (String) -> UInt64?
    /// The text of a number; nil for a number that no text has.
    let text: (UInt64) -> String?

    func value(_ row: Int) -> AttributeValue? {
        guard row < count else { return nil }
        return switch Kind(rawValue: kinds[row]) {
        case .text: text(values[row]).map(AttributeValue.text)
        case .number: .number(ExactNumber(Double(bitPattern: values[row])))
        case .whole: .number(ExactNumber(Int64(bitPattern: values[row])))
        case .flag: .flag(values[row] != 0)
        case .some(.none), nil: nil
        }
    }

    /// Sets the bits of rows that have one of the values.
    func match(_ wanted: [AttributeValue], into bits: RowBits) {
        var codes: Set<UInt64> = []
        var numbers: Set<Double> = []
        var wholes: Set<UInt64> = []
        var flags: Set<UInt64> = []
        for value in wanted {
            switch value {
            case .text(let text): if let code = code(text) { codes.insert(code) }
            case .number(let number):
                switch number.form {
                case .double(let double): numbers.insert(double)
                case .whole(let whole): wholes.insert(UInt64(bitPattern: whole))
                }
            case .flag(let flag): flags.insert(flag ? 1 : 0)
            }
        }
        match(.text, codes, into: bits) { $0 }
        match(.number, numbers, into: bits) { Double(bitPattern: $0) }
        match(.whole, wholes, into: bits) { $0 }
        match(.flag, flags, into: bits) { $0 }
    }

    /// Sets the bits of rows that have a number between two ends.
    func match(lower: VectorFilter.Bound?, upper: VectorFilter.Bound?, into bits: RowBits) {
        let (number, whole) = (Kind.number.rawValue, Kind.whole.rawValue)
        let doubles = DoubleRange(lower: lower, upper: upper)
        bits.set { row in
            guard row < count else { return false }
            if kinds[row] == number { return doubles.contains(Double(bitPattern: values[row])) }
            return kinds[row] == whole
                && VectorFilter.isInside(
                    ExactNumber(Int64(bitPattern: values[row])), lower: lower, upper: upper)
        }
    }

    /// The doubles between two ends. An end that is no double is replaced by the double next to it, inside.
    private struct DoubleRange {
        private let low: Double
        private let high: Double

        init(lower: VectorFilter.Bound?, upper: VectorFilter.Bound?) {
            low = lower.map { Self.next(to: $0, .up) } ?? -.infinity
            high = upper.map { Self.next(to: $0, .down) } ?? .infinity
        }

        func contains(_ value: Double) -> Bool { low <= value && value <= high }

        private enum Direction { case up, down }

        private static func next(to bound: VectorFilter.Bound, _ direction: Direction) -> Double {
            let nearest = bound.value.rounded
            let isInside =
                switch direction {
                case .up: ExactNumber(nearest) > bound.value
                case .down: ExactNumber(nearest) < bound.value
                }
            if isInside || bound.isInclusive && ExactNumber(nearest) == bound.value { return nearest }
            return direction == .up ? nearest.nextUp : nearest.nextDown
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
    private var codes: [ByteKey: UInt64] = [:]
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
            switch number.form {
            case .double(let double):
                kinds.pointer[row] = AttributeColumn.Kind.number.rawValue
                values.pointer[row] = double.bitPattern
            case .whole(let whole):
                kinds.pointer[row] = AttributeColumn.Kind.whole.rawValue
                values.pointer[row] = UInt64(bitPattern: whole)
            }
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
            code: { codes[ByteKey($0)] },
            text: { $0 < UInt64(texts.count) ? texts[Int($0)] : nil })
    }

    private func code(of text: String) -> UInt64 {
        if let code = codes[ByteKey(text)] { return code }
        let code = UInt64(texts.count)
        codes[ByteKey(text)] = code
        texts.append(text)
        return code
    }
}
