import Foundation
import HearthCore

/// What is done to a text before it is cut into words.
indirect enum TextNormalizer: Sendable {
    case bert(BERTNormalizer)
    case lowercase
    case form(UnicodeForms.Form)
    case stripAccents
    case strip(left: Bool, right: Bool)
    case replace(TextPattern, with: [UInt8])
    case prepend([UInt8])
    /// The white space and control rules of SentencePiece's NMT.
    case translation
    case characterMap(CharacterMap)
    case byteLevel
    case sequence([TextNormalizer])

    func apply(to text: inout NormalizedText) {
        switch self {
        case .bert(let normalizer): normalizer.apply(to: &text)
        case .lowercase: text.lowercase()
        case .form(let form): text.bytes = UnicodeForms.shared.normalized(text.bytes, to: form)
        case .stripAccents: text.filter { !ScalarClass.isMark($0) }
        case .strip(let left, let right): text.strip(left: left, right: right)
        case .replace(let pattern, let content): text.replace(pattern, with: content)
        case .prepend(let prefix): if !text.bytes.isEmpty { text.bytes.insert(contentsOf: prefix, at: 0) }
        case .translation: Self.translate(&text)
        case .characterMap(let map): text.bytes = map.applied(to: text.bytes)
        case .byteLevel: text.bytes = ByteAlphabet.encoded(text.bytes)
        case .sequence(let steps): for step in steps { step.apply(to: &text) }
        }
    }

    /// Makes what is made once a process, so that it need not be made for the first text.
    func prepare() {
        switch self {
        case .form: _ = UnicodeForms.shared
        case .bert(let normalizer): if normalizer.stripsAccents { _ = UnicodeForms.shared }
        case .sequence(let steps): for step in steps { step.prepare() }
        default: break
        }
    }

    private static func translate(_ text: inout NormalizedText) {
        text.filter { value in
            switch value {
            case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: false
            default: true
            }
        }
        text.map { value in
            switch value {
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: 0x20
            default: value
            }
        }
    }
}

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

/// Reads the "normalizer" of a `tokenizer.json`.
enum TextNormalizerReader {
    static func normalizer(_ field: TokenizerField) throws(HearthError) -> TextNormalizer {
        let type = try field.required("type").string()
        switch type {
        case "BertNormalizer", "Bert": return .bert(try bert(field))
        case "Lowercase": return .lowercase
        case "NFC": return .form(.composed)
        case "NFD": return .form(.decomposed)
        case "NFKC": return .form(.compatiblyComposed)
        case "NFKD": return .form(.compatiblyDecomposed)
        case "StripAccents": return .stripAccents
        case "Strip":
            return .strip(
                left: try field.required("strip_left").bool(), right: try field.required("strip_right").bool())
        case "Replace":
            let pattern = try TextPatternReader.pattern(field.required("pattern"))
            // What the reference does with a text put in front of the first character depends on later steps.
            guard !pattern.canBeEmpty else { throw field.refusal("replaces what may be nothing") }
            return .replace(pattern, with: try field.required("content").bytes())
        case "Prepend": return .prepend(try field.required("prepend").bytes())
        case "Nmt": return .translation
        case "Precompiled": return .characterMap(try characterMap(field.required("precompiled_charsmap")))
        case "ByteLevel": return .byteLevel
        case "Sequence":
            var steps: [TextNormalizer] = []
            for step in try field.required("normalizers").elements() { steps.append(try normalizer(step)) }
            return .sequence(steps)
        default: throw field.refusal("is of the type \"\(type.prefix(40))\", which is not supported")
        }
    }

    private static func bert(_ field: TokenizerField) throws(HearthError) -> BERTNormalizer {
        let lowercases = try field.required("lowercase").bool()
        return BERTNormalizer(
            cleansText: try field.required("clean_text").bool(),
            separatesIdeographs: try field.required("handle_chinese_chars").bool(),
            stripsAccents: try field.optional("strip_accents")?.bool() ?? lowercases, lowercases: lowercases)
    }

    private static func characterMap(_ field: TokenizerField) throws(HearthError) -> CharacterMap {
        guard let blob = Data(base64Encoded: Data(try field.bytes())), let map = CharacterMap([UInt8](blob)) else {
            throw field.refusal("is not a compiled map of characters")
        }
        return map
    }
}
