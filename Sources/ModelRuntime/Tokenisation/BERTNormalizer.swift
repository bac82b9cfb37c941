/// The clean-up of BERT's first tokeniser: control characters, white space, ideographs, accents, case.
struct BERTNormalizer: Sendable {
    let cleansText: Bool
    let separatesIdeographs: Bool
    let stripsAccents: Bool
    let lowercases: Bool

    func apply(to text: inout NormalizedText) {
        if cleansText {
            text.filter { !($0 == 0 || $0 == 0xFFFD || ScalarClass.isControl($0)) }
            text.map { ScalarClass.isWhitespace($0) ? 0x20 : $0 }
        }
        let isASCII = !text.bytes.contains { $0 >= 0x80 }
        if separatesIdeographs, !isASCII { text.surround(ScalarClass.isIdeograph) }
        if stripsAccents, !isASCII {
            text.bytes = UnicodeForms.shared.normalized(text.bytes, to: .decomposed)
            text.filter { !ScalarClass.isNonspacingMark($0) }
        }
        if lowercases { text.lowercase() }
    }
}
