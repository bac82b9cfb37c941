import Foundation
import HearthCore
import HearthModelRuntime
import HearthTesting
import Testing

/// Tokenisers and what the reference library made with them; `Tools/make_tokenizer_goldens.py` writes both.
enum TokenizerFixtures {
    private static let folder = TestFolders.goldens.appendingPathComponent("tokenizers")

    /// The folder of one of the tokenisers.
    static func folder(_ name: String) -> URL { folder.appendingPathComponent(name) }

    static let names = ["bpe", "roberta", "clip", "llama", "unigram", "mapped", "wordpiece"]

    /// The tokeniser of a model that is not part of the package.
    static let miniLM = "models/all-minilm-l6-v2/tokenizer.json"

    /// The file that `make_tokenizer_goldens.py --fuzz` wrote.
    static let fuzz = ProcessInfo.processInfo.environment["HEARTH_TOKENIZER_FUZZ"]

    static let noFuzz: Comment = "HEARTH_TOKENIZER_FUZZ names no file of Tools/make_tokenizer_goldens.py --fuzz."

    /// One text and its ids.
    struct Golden: Decodable {
        /// The name of the tokeniser or the path of its file; nil where the file is of one tokeniser.
        var tokenizer: String?
        /// The text's bytes, if `text` is nil.
        var hex: String?
        var text: String?
        var ids: [Int32]
        /// All 0 when nil.
        var types: [Int32]?
        var limit: Int?

        var bytes: [UInt8] {
            guard let hex else { return Array((text ?? "").utf8) }
            let digits = hex.compactMap(\.hexDigitValue)
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
    }

    static func file(_ name: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent("\(name)/tokenizer.json"))
    }

    static func tokenizer(_ name: String) throws -> Tokenizer { try Tokenizer(json: file(name)) }

    static func goldens(_ name: String) throws -> [Golden] {
        try goldens(at: folder.appendingPathComponent("\(name)/goldens.jsonl"))
    }

    static func goldens(at url: URL) throws -> [Golden] {
        let lines = try Data(contentsOf: url).split(separator: UInt8(ascii: "\n"))
        return try lines.map { try JSONDecoder().decode(Golden.self, from: Data($0)) }
    }

    /// A tokeniser of a WordPiece model with the given parts, as JSON.
    static func json(
        normalizer: String = "null", preTokenizer: String = "null", postProcessor: String = "null",
        added: String = "[]",
        model: String = """
        {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "", "max_input_chars_per_word": 100,
        "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}}
        """
    ) -> Data {
        Data(
            """
            {"version": "1.0", "added_tokens": \(added), "normalizer": \(normalizer),
            "pre_tokenizer": \(preTokenizer), "post_processor": \(postProcessor), "model": \(model)}
            """.utf8)
    }

    /// Records a difference with the scalars of the text, since many are invisible.
    static func expect(_ encoding: Encoding, equals golden: Golden, _ tokenizer: String) {
        guard encoding.ids != golden.ids || encoding.typeIDs != golden.types ?? golden.ids.map({ _ in 0 }) else {
            return
        }
        let scalars = String(decoding: golden.bytes, as: UTF8.self).unicodeScalars
            .map { String($0.value, radix: 16) }.joined(separator: " ")
        Issue.record("\(tokenizer): \(scalars): \(encoding.ids) is not \(golden.ids)")
    }
}
