import Foundation
import HearthModelRuntime
import HearthTesting
import Testing

/// The same ids as Hugging Face's library, for every kind of tokeniser.
@Suite struct TokenizerGoldenTests {
    @Test(arguments: TokenizerFixtures.names)
    func textsGiveTheIDsOfTheReference(_ name: String) throws {
        let tokenizer = try TokenizerFixtures.tokenizer(name)
        let goldens = try TokenizerFixtures.goldens(name)
        try #require(goldens.count > 150)
        for golden in goldens {
            let encoding = tokenizer.encode(bytes: golden.bytes, maximumTokens: golden.limit ?? .max)
            TokenizerFixtures.expect(encoding, equals: golden, name)
        }
    }

    @Test(
        .enabled(
            if: SharedData.has(TokenizerFixtures.miniLM),
            Comment(rawValue: SharedData.reason(TokenizerFixtures.miniLM))))
    func sentencesGiveTheIDsOfAllMiniLM() throws {
        let tokenizer = try Tokenizer(json: Data(contentsOf: SharedData.url(TokenizerFixtures.miniLM)))
        #expect(tokenizer.vocabularySize == 30_522)
        #expect(tokenizer.paddingID == 0)
        #expect(tokenizer.id(of: "[MASK]") == 103)
        let goldens = try TokenizerFixtures.goldens(
            at: SharedData.url("data/text/tokenizer-goldens.jsonl"))
        try #require(!goldens.isEmpty)
        for golden in goldens {
            let encoding = tokenizer.encode(golden.text ?? "", maximumTokens: .max)
            TokenizerFixtures.expect(encoding, equals: golden, "all-minilm-l6-v2")
        }
    }

    @Test(.enabled(if: TokenizerFixtures.fuzz != nil, TokenizerFixtures.noFuzz))
    func randomTextsGiveTheIDsOfTheReference() throws {
        var tokenizers: [String: Tokenizer] = [:]
        for golden in try TokenizerFixtures.goldens(at: URL(fileURLWithPath: TokenizerFixtures.fuzz ?? "")) {
            let name = try #require(golden.tokenizer)
            let tokenizer =
                try tokenizers[name]
                ?? (name.contains("/")
                    ? Tokenizer(json: Data(contentsOf: URL(fileURLWithPath: name)))
                    : TokenizerFixtures.tokenizer(name))
            tokenizers[name] = tokenizer
            let encoding = tokenizer.encode(bytes: golden.bytes, maximumTokens: golden.limit ?? .max)
            TokenizerFixtures.expect(encoding, equals: golden, name)
        }
    }
}
