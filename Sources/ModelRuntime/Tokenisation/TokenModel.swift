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
