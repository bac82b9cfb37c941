import Foundation

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
