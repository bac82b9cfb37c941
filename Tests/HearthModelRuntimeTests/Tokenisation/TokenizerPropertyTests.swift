import Foundation
import HearthModelRuntime
import HearthTesting
import Testing

/// What holds for every text and every tokeniser.
@Suite struct TokenizerPropertyTests {
    private static func randomBytes(_ generator: inout RepeatableRandom) -> [UInt8] {
        let length = Int.random(in: 0...60, using: &generator)
        let isText = Bool.random(using: &generator)
        return (0..<length).map { _ in UInt8.random(in: isText ? 0x20...0x7E : 0...0xFF, using: &generator) }
    }

    @Test(arguments: TokenizerFixtures.names)
    func anyBytesGiveIDsOfTheVocabulary(_ name: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        var generator = RepeatableRandom(seed: 11)
        for _ in 0..<300 {
            let encoding = tokenizer.encode(bytes: Self.randomBytes(&generator), maximumTokens: .max)
            #expect(encoding.ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
            #expect(encoding.typeIDs.count == encoding.ids.count)
            #expect(encoding.fullCount == encoding.ids.count)
            #expect(!encoding.isTruncated)
        }
    }

    @Test(arguments: TokenizerFixtures.names)
    func theStartOfTheTextStaysWhenItIsCut(_ name: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        let specials = tokenizer.encode("", maximumTokens: .max).ids.count
        var generator = RepeatableRandom(seed: 12)
        for _ in 0..<60 {
            let bytes = Self.randomBytes(&generator)
            let whole = tokenizer.encode(bytes: bytes, maximumTokens: .max)
            for limit in specials...whole.ids.count + 1 {
                let cut = tokenizer.encode(bytes: bytes, maximumTokens: limit)
                let hasty = tokenizer.encode(bytes: bytes, maximumTokens: limit, countsAll: false)
                #expect(cut.ids.count == min(limit, whole.ids.count))
                #expect(cut.isTruncated == (limit < whole.ids.count))
                #expect(cut.fullCount == whole.ids.count)
                #expect(hasty.ids == cut.ids)
                #expect(hasty.isTruncated == cut.isTruncated)
                #expect(hasty.fullCount <= cut.fullCount)
                // All but the special tokens behind the text is a prefix.
                let text = cut.ids.dropLast(specials)
                #expect(whole.ids.contains(text) || text.isEmpty)
            }
        }
    }

    @Test(arguments: TokenizerFixtures.names)
    func aLimitBelowTheSpecialTokensIsKept(_ name: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        for limit in [-1, 0, 1, 2] {
            let encoding = tokenizer.encode("lantern", maximumTokens: limit)
            #expect(encoding.ids.count <= max(0, limit))
            #expect(encoding.typeIDs.count == encoding.ids.count)
        }
    }

    @Test(arguments: [("wordpiece", "[MASK]"), ("unigram", "<s>"), ("bpe", "<|im_end|>"), ("roberta", "</s>")])
    func addedTokensInARowAreOneIDEach(_ name: String, _ token: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        let id = try #require(tokenizer.id(of: token))
        let empty = tokenizer.encode("", maximumTokens: .max).ids
        for count in [1, 2, 50] {
            let ids = tokenizer.encode(String(repeating: token, count: count), maximumTokens: .max).ids
            #expect(ids.count == empty.count + count)
            #expect(ids.count { $0 == id } == count + empty.count { $0 == id })
        }
    }

    @Test(arguments: [
        ("bpe", "a"), ("bpe", "\n \t"), ("bpe", "<|im_end|>"), ("roberta", " "), ("clip", "!?"), ("llama", "a"),
        ("llama", "東"), ("unigram", "lantern"), ("unigram", "\u{301}\u{323}"), ("mapped", "👩‍👩‍👧"),
        ("wordpiece", "a"), ("wordpiece", "lantern "), ("wordpiece", "é東"),
    ])
    func aMegabyteOfAnythingIsEncoded(_ name: String, _ part: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        let text = "a" + String(repeating: part, count: (1 << 20) / part.utf8.count)
        let encoding = tokenizer.encode(text, maximumTokens: 512)
        #expect(encoding.ids.count <= 512)
        #expect(encoding.fullCount >= encoding.ids.count)
    }

    @Test func manyThreadsEncodeAtOnce() async throws {
        let tokenizer = try TokenizerFixtures.tokenizer("unigram")
        let texts = ["a small lantern", "Straße", "東京タワー", "e\u{301}"]
        let expected = texts.map { tokenizer.encode($0, maximumTokens: 16) }
        await withTaskGroup(of: [Encoding].self) { group in
            for _ in 0..<8 {
                group.addTask { texts.map { tokenizer.encode($0, maximumTokens: 16) } }
            }
            for await encodings in group { #expect(encodings == expected) }
        }
    }
}
