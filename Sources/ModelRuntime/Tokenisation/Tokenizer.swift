package import Foundation
package import HearthCore

/// The part of a tokeniser that turns a word into tokens.
enum TokenModel: Sendable {
    case wordPiece(WordPieceModel)
    case bytePairs(BytePairModel)
    case unigram(UnigramModel)

    var vocabulary: ByteTrie {
        switch self {
        case .wordPiece(let model): model.vocabulary
        case .bytePairs(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        }
    }

    /// Appends the ids of each piece, until there are `limit` of them.
    func append(_ pieces: WordPieces, to ids: inout [Int32], limit: Int) {
        switch self {
        case .wordPiece(let model):
            for range in pieces.ranges where ids.count < limit { model.append(pieces.bytes, range, to: &ids) }
        case .bytePairs(let model):
            var work = BytePairMerger()
            for range in pieces.ranges where ids.count < limit {
                model.append(pieces.bytes, range, to: &ids, &work)
            }
        case .unigram(let model):
            var work = UnigramModel.Work()
            for range in pieces.ranges where ids.count < limit {
                model.append(pieces.bytes, range, to: &ids, &work)
            }
        }
    }
}

/// A text as a model takes it.
package struct Encoding: Sendable, Equatable {
    /// Token ids, special ones included.
    package let ids: [Int32]
    /// The segment of each token; as many as `ids`.
    package let typeIDs: [Int32]
    /// Tokens before the cut, special ones included; a lower bound where the caller let the rest go uncounted.
    package let fullCount: Int

    /// Whether tokens of the text were cut off.
    package var isTruncated: Bool { fullCount > ids.count }
}

/// Turns text into the token ids of one model: the native reading of a Hugging Face `tokenizer.json`.
///
/// Gives the ids that the `tokenizers` library gives. What a file asks for and is not known here is refused when it
/// is read, never left out. A value without state: any number of threads may encode at once.
package struct Tokenizer: Sendable {
    /// Found in the text as it comes.
    private let rawTokens: AddedTokens
    /// Found in the text in its normal form.
    private let normalTokens: AddedTokens
    let normalizer: TextNormalizer?
    private let preTokenizer: PreTokenizer?
    let model: TokenModel
    let specialTokens: SpecialTokens
    /// Ids of added tokens that the model's vocabulary lacks, by their text's bytes.
    private let addedIDs: [[UInt8]: Int32]

    /// One more than the highest id.
    package let vocabularySize: Int
    /// What fills a batch's shorter texts; 0 when the file names nothing of the kind.
    package let paddingID: Int32

    /// - Throws: ``HearthError`` `invalid_configuration` that says what in the file is wrong or not supported.
    package init(json: Data) throws(HearthError) {
        self = try TokenizerReader.tokenizer(TokenizerDocument(json).root)
        normalizer?.prepare()
    }

    init(
        added: TokenizerReader.Added, normalizer: TextNormalizer?, preTokenizer: PreTokenizer?, model: TokenModel,
        specialTokens: SpecialTokens, vocabularySize: Int, paddingID: Int32
    ) {
        rawTokens = AddedTokens(added.raw)
        normalTokens = AddedTokens(added.normal)
        addedIDs = added.ids
        self.normalizer = normalizer
        self.preTokenizer = preTokenizer
        self.model = model
        self.specialTokens = specialTokens
        self.vocabularySize = vocabularySize
        self.paddingID = paddingID
    }

    /// The id of a token by its text; nil when there is no such token.
    package func id(of token: String) -> Int32? {
        addedIDs[Array(token.utf8)] ?? model.vocabulary.id(of: token.utf8)
    }

    /// The text's token ids with the model's special tokens around them.
    ///
    /// The truncation and padding that a `tokenizer.json` may ask for are not done: the limit is the model folder's.
    /// - Parameters:
    ///   - maximumTokens: longest result, special tokens included; the text's last tokens are cut off.
    ///   - countsAll: whether to go on behind the limit, so that `fullCount` is exact.
    package func encode(_ text: String, maximumTokens: Int, countsAll: Bool = true) -> Encoding {
        encode(utf8: Array(text.utf8), maximumTokens, countsAll)
    }

    /// The same for bytes of any kind: malformed UTF-8 counts as U+FFFD, one for each longest piece that could have
    /// begun a character, as Python's `bytes.decode(errors="replace")` has it.
    package func encode(
        bytes: some Collection<UInt8>, maximumTokens: Int, countsAll: Bool = true
    ) -> Encoding {
        encode(utf8: Array(String(decoding: bytes, as: UTF8.self).utf8), maximumTokens, countsAll)
    }

    private func encode(utf8 bytes: [UInt8], _ maximumTokens: Int, _ countsAll: Bool) -> Encoding {
        let capacity = max(0, maximumTokens - specialTokens.count)
        // One token more than fit tells that the text was too long.
        var ids = self.ids(of: bytes, limit: countsAll ? .max : min(capacity, .max - 1) + 1)
        let fullCount = ids.count + specialTokens.count
        if ids.count > capacity { ids.removeLast(ids.count - capacity) }
        var result: [Int32] = []
        result.reserveCapacity(ids.count + specialTokens.count)
        result += specialTokens.before.map(\.id)
        result += ids
        result += specialTokens.after.map(\.id)
        var types = specialTokens.before.map(\.typeID)
        types += repeatElement(specialTokens.typeID, count: ids.count)
        types += specialTokens.after.map(\.typeID)
        let excess = max(0, result.count - max(0, maximumTokens))
        return Encoding(ids: result.dropLast(excess), typeIDs: types.dropLast(excess), fullCount: fullCount)
    }

    private func ids(of bytes: [UInt8], limit: Int) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(min(limit, bytes.count / 3 + 8))
        for section in rawTokens.sections(of: bytes) where ids.count < limit {
            if let id = section.id {
                ids.append(id)
                continue
            }
            var text = NormalizedText(
                bytes: section.range.count == bytes.count ? bytes : Array(bytes[section.range]),
                isAtStart: section.range.lowerBound == 0)
            normalizer?.apply(to: &text)
            append(text, to: &ids, limit: limit)
        }
        return ids
    }

    private func append(_ text: NormalizedText, to ids: inout [Int32], limit: Int) {
        for section in normalTokens.sections(of: text.bytes) where ids.count < limit {
            if let id = section.id {
                ids.append(id)
                continue
            }
            var pieces = WordPieces(text, section.range)
            preTokenizer?.apply(to: &pieces)
            model.append(pieces, to: &ids, limit: limit)
        }
    }
}
