import Foundation
import HearthCore
import HearthModelRuntime
import HearthTesting
import Testing

/// Files that are broken, or ask for what is not known, are refused with the name of the part.
@Suite struct TokenizerFileTests {
    /// The message of the refusal; nil when the file was taken.
    private static func refusal(_ json: Data) -> String? {
        do throws(HearthError) {
            _ = try Tokenizer(json: json)
            return nil
        } catch {
            #expect(error.code == .invalidConfiguration)
            return error.message
        }
    }

    @Test func theSmallestFileIsTaken() throws {
        let tokenizer = try Tokenizer(json: TokenizerFixtures.json())
        #expect(tokenizer.encode("aba", maximumTokens: 10).ids == [3, 1])
        #expect(tokenizer.vocabularySize == 5)
        #expect(tokenizer.paddingID == 0)
        #expect(tokenizer.id(of: "ab") == 3)
        #expect(tokenizer.id(of: "abc") == nil)
    }

    @Test(arguments: TokenizerFixtures.names)
    func aFileThatEndsTooEarlyIsRefused(_ name: String) throws {
        let file = try TokenizerFixtures.file(name)
        let end = try #require(file.lastIndex(of: UInt8(ascii: "}")))
        for length in stride(from: 0, to: end, by: max(1, end / 10)) {
            #expect(Self.refusal(file.prefix(length)) != nil)
        }
    }

    @Test(arguments: ["bpe", "mapped", "wordpiece", "unigram", "llama"])
    func anyNumberOfAFileMayBeAnyOther(_ name: String) throws {
        let text = String(decoding: try TokenizerFixtures.file(name), as: UTF8.self)
        var count = 0
        text.withExtremeNumbers { copy, place in
            count += 1
            // A vocabulary has thousands of numbers that are read by the same code.
            guard count < 200 || count.isMultiple(of: 401) else { return }
            guard let tokenizer = try? Tokenizer(json: Data(copy.utf8)) else { return }
            let ids = tokenizer.encode("A small lantern\u{301} [MASK]東<mask>", maximumTokens: .max).ids
            #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize }, "\(place)")
        }
        #expect(count > 100)
    }

    /// Every member of every object, left out and put in place of by values of each kind.
    @Test(arguments: ["bpe", "mapped", "wordpiece"])
    func noDamageToAFieldEndsTheProcess(_ name: String) async throws {
        let file = try TokenizerFixtures.file(name)
        let root = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
        var count = 0
        for variant in Self.variants(of: root, depth: 0) {
            // This takes many seconds; tests beside it have deadlines.
            await Task.yield()
            let data = try JSONSerialization.data(withJSONObject: variant)
            if let tokenizer = try? Tokenizer(json: data) {
                let ids = tokenizer.encode("A small lantern\u{301} [MASK]東<mask>", maximumTokens: .max).ids
                #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
            } else {
                #expect(Self.refusal(data) != nil)
            }
            count += 1
        }
        #expect(count > 100)
    }

    private static var strangers: [Any] {
        [NSNull(), true, -1, 1e300, 99_999_999_999, "", "\u{0}", [Any](), [String: Any](), ["a", "b"], [[["a"]]]]
    }

    /// Copies of an object with one member damaged. Vocabularies and merges are damaged as a whole.
    private static func variants(of object: [String: Any], depth: Int) -> [[String: Any]] {
        var variants: [[String: Any]] = []
        for key in object.keys.sorted() {
            var copy = object
            copy[key] = nil
            variants.append(copy)
            for stranger in strangers {
                copy[key] = stranger
                variants.append(copy)
            }
            guard depth < 3, key != "vocab", key != "merges" else { continue }
            if let inner = object[key] as? [String: Any] {
                for variant in Self.variants(of: inner, depth: depth + 1) {
                    copy[key] = variant
                    variants.append(copy)
                }
            } else if let list = object[key] as? [[String: Any]], let first = list.first {
                for variant in Self.variants(of: first, depth: depth + 1) {
                    copy[key] = [variant] + list.dropFirst()
                    variants.append(copy)
                }
            }
        }
        return variants
    }

    @Test(arguments: [
        ("", "is empty"), ("[]", "is not an object"), ("{} {}", "something follows"),
        ("{\"a\": 01}", "no leading zeros"),
        ("{\"a\": \"\\ud800\"}", "a lone surrogate"), ("{\"a\": \"\n\"}", "control character"),
        ("nul", "the only words"),
        ("{}", "has no \"model\""), ("{\"version\": \"2.0\"}", "is \"2.0\""),
    ])
    func brokenJSONIsRefused(_ text: String, _ reason: String) throws {
        let message = try #require(Self.refusal(Data(text.utf8)))
        #expect(message.contains(reason), "\(message)")
    }

    @Test func deepNestingIsRefused() {
        let depth = 100_000
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(Self.refusal(Data(text.utf8)) != nil)
    }

    @Test(arguments: [
        (#"{"type": "Unheard"}"#, "normalizer", "Unheard"),
        (#"{"type": "Replace", "pattern": {"Regex": "(?<=a)b"}, "content": ""}"#, "normalizer", "group"),
        (#"{"type": "Replace", "pattern": {"Regex": "\\p{Han}"}, "content": ""}"#, "normalizer", "Han"),
        (#"{"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#, "normalizer", "compiled map"),
        (#"{"type": "Precompiled", "precompiled_charsmap": "/////w=="}"#, "normalizer", "compiled map"),
        (#"{"type": "Replace", "pattern": {"Regex": "a*"}, "content": ""}"#, "normalizer", "may be nothing"),
        (
            #"{"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, "#
                + #"{"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]}"#,
            "pre_tokenizer", "behind another step"
        ),
        (#"{"type": "UnicodeScripts"}"#, "pre_tokenizer", "UnicodeScripts"),
        (
            #"{"type": "Split", "pattern": {"Regex": "a**"}, "behavior": "Isolated", "invert": false}"#,
            "pre_tokenizer", "repet"
        ),
        (
            #"{"type": "Split", "pattern": {"String": "a"}, "behavior": "Odd", "invert": false}"#, "pre_tokenizer",
            "known"
        ),
        (#"{"type": "Metaspace", "replacement": "__"}"#, "pre_tokenizer", "one character"),
        (#"{"type": "BertProcessing", "sep": ["b", 2], "cls": ["c", 77]}"#, "post_processor", "not in the vocabulary"),
        (#"{"type": "TemplateProcessing", "single": [], "special_tokens": {}}"#, "post_processor", "no place"),
        (#"{"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}"#, "model", "WordLevel"),
        (#"{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}"#, "model", "not in the vocabulary"),
        (#"{"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a a"]}"#, "model", "two tokens"),
        (#"{"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}"#, "model", "two tokens"),
        (#"{"type": "BPE", "vocab": {"a": 4194304}, "merges": []}"#, "model", "whole number"),
        (#"{"type": "BPE", "vocab": {"a": -1}, "merges": []}"#, "model", "whole number"),
        (#"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}"#, "model", "chance"),
        (#"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "?"}"#, "model", "not in the vocabulary"),
        (#"{"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}"#, "model", "not in the vocabulary"),
        (#"{"type": "Unigram", "vocab": [["a", 0]], "unk_id": null}"#, "model", "unk_id"),
        (#"{"type": "Unigram", "vocab": [["a", 1e999]], "unk_id": 0}"#, "model", "score"),
        (#"{"type": "Unigram", "vocab": [], "unk_id": 0}"#, "model", "not in the vocabulary"),
    ])
    func aPartThatIsNotKnownIsNamed(_ json: String, _ part: String, _ reason: String) throws {
        let file =
            switch part {
            case "normalizer": TokenizerFixtures.json(normalizer: json)
            case "pre_tokenizer": TokenizerFixtures.json(preTokenizer: json)
            case "post_processor": TokenizerFixtures.json(postProcessor: json)
            default: TokenizerFixtures.json(model: json)
            }
        let message = try #require(Self.refusal(file))
        #expect(message.contains(reason), "\(message)")
    }

    /// Pairs that make each other longer without end: the words are finite, so the joining is.
    @Test(arguments: [3, 200, 5_000])
    func mergesThatFeedEachOtherEnd(length: Int) throws {
        let model = #"""
            {"type": "BPE", "vocab": {"a": 0, "aa": 1, "aaa": 2, "aaaa": 3},
            "merges": [["a", "a"], ["aa", "aa"], ["aa", "a"], ["a", "aa"], ["aaa", "a"]]}
            """#
        let tokenizer = try Tokenizer(json: TokenizerFixtures.json(model: model))
        let ids = tokenizer.encode(String(repeating: "a", count: length), maximumTokens: .max).ids
        let lengths = [0: 1, 1: 2, 2: 3, 3: 4] as [Int32: Int]
        #expect(ids.reduce(0) { $0 + (lengths[$1] ?? 0) } == length)
    }
}
