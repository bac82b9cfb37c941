/// The scalars that one place of a pattern accepts.
struct ScalarSet: Sendable {
    indirect enum Member: Sendable {
        case range(UInt32, UInt32)
        case categories(CategoryMask)
        case whitespace
        case word
        /// The same in brackets, where Oniguruma looks it up in another table.
        case bracketedWord
        case set(ScalarSet)
    }

    /// Unicode's general categories as bits.
    struct CategoryMask: OptionSet, Sendable {
        let rawValue: UInt32

        init(rawValue: UInt32) { self.rawValue = rawValue }
        init(_ categories: [Unicode.GeneralCategory]) {
            rawValue = categories.reduce(0) { $0 | 1 << Self.index($1) }
        }

        func contains(_ category: Unicode.GeneralCategory) -> Bool { rawValue >> Self.index(category) & 1 == 1 }

        private static func index(_ category: Unicode.GeneralCategory) -> UInt32 {
            UInt32(all.firstIndex { $0.category == category } ?? 0)
        }

        /// Every category with its short name; a class is the categories that begin with its letter.
        static let all: [(name: String, category: Unicode.GeneralCategory)] = [
            ("Cn", .unassigned), ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter),
            ("Lm", .modifierLetter), ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark),
            ("Me", .enclosingMark), ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber),
            ("Pc", .connectorPunctuation), ("Pd", .dashPunctuation), ("Ps", .openPunctuation),
            ("Pe", .closePunctuation), ("Pi", .initialPunctuation), ("Pf", .finalPunctuation),
            ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol), ("Sk", .modifierSymbol),
            ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator), ("Zp", .paragraphSeparator),
            ("Cc", .control), ("Cf", .format), ("Cs", .surrogate), ("Co", .privateUse),
        ]

        /// The categories of a name such as "L" or "Lu"; nil when there is none.
        init?(named name: String) {
            let named = Self.all.filter { $0.name == name || (name.count == 1 && $0.name.hasPrefix(name)) }
            guard !named.isEmpty else { return nil }
            self.init(named.map(\.category))
        }
    }

    private let members: [Member]
    private let isNegated: Bool
    /// The answers for ASCII, as bits.
    private var ascii: (UInt64, UInt64) = (0, 0)

    init(_ members: [Member], isNegated: Bool = false) {
        self.members = members
        self.isNegated = isNegated
        for value in UInt32(0)..<64 where holds(value) { ascii.0 |= 1 << UInt64(value) }
        for value in UInt32(64)..<128 where holds(value) { ascii.1 |= 1 << UInt64(value - 64) }
    }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return ascii.0 >> UInt64(value) & 1 == 1 }
        if value < 128 { return ascii.1 >> UInt64(value - 64) & 1 == 1 }
        return holds(value)
    }

    private func holds(_ value: UInt32) -> Bool {
        for member in members {
            let isMember =
                switch member {
                case .range(let low, let high): low <= value && value <= high
                case .categories(let mask): mask.contains(ScalarClass.patternCategory(value))
                case .whitespace: ScalarClass.isWhitespace(value)
                case .word: ScalarClass.isPatternWord(value)
                case .bracketedWord: ScalarClass.isBracketedWord(value)
                case .set(let set): set.contains(value)
                }
            if isMember { return !isNegated }
        }
        return isNegated
    }
}
