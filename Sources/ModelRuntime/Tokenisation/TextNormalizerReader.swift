import Foundation
import HearthCore

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
