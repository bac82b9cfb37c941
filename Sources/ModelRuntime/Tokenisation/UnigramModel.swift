/// A unigram language model (Kudo 2018): the segmentation with the highest sum of log probabilities, found by Viterbi.
struct UnigramModel: Sendable {
    let vocabulary: ByteTrie
    /// Log probability by id.
    let scores: [Double]
    let unknown: Int32
    /// The tokens "<0x00>" to "<0xFF>", which spell what is unknown; empty when they are not used or not all there.
    let byteTokens: [Int32]
    /// What an unknown character costs: ten below the least probable token, as in SentencePiece.
    private let unknownScore: Double

    private static let unknownPenalty = 10.0

    init(vocabulary: ByteTrie, scores: [Double], unknown: Int32, byteTokens: [Int32]) {
        self.vocabulary = vocabulary
        self.scores = scores
        self.unknown = unknown
        self.byteTokens = byteTokens
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    }

    /// The best way to each byte of a word.
    struct Work {
        fileprivate struct Step {
            var score = 0.0
            /// Where the last token of the way begins; -1 when there is no way yet.
            var start: Int32 = -1
            var id: Int32 = 0
        }

        fileprivate var steps: [Step] = []
        fileprivate var path: [Int] = []
    }

    func append(_ bytes: [UInt8], _ word: Range<Int>, to ids: inout [Int32], _ work: inout Work) {
        findWays(bytes, word, &work.steps)
        work.path.removeAll(keepingCapacity: true)
        var end = word.count
        while end > 0 {
            work.path.append(end)
            end = Int(work.steps[end].start)
        }
        // Neighbouring unknown characters are one token.
        var unknownStart: Int?
        for end in work.path.reversed() {
            let step = work.steps[end]
            if step.id == unknown {
                if unknownStart == nil { unknownStart = Int(step.start) }
                continue
            }
            if let start = unknownStart {
                appendUnknown(bytes[word.lowerBound + start..<word.lowerBound + Int(step.start)], to: &ids)
                unknownStart = nil
            }
            ids.append(step.id)
        }
        if let start = unknownStart { appendUnknown(bytes[word.lowerBound + start..<word.upperBound], to: &ids) }
    }

    private func findWays(_ bytes: [UInt8], _ word: Range<Int>, _ steps: inout [Work.Step]) {
        steps.removeAll(keepingCapacity: true)
        steps.append(contentsOf: repeatElement(Work.Step(), count: word.count + 1))
        var start = 0
        while start < word.count {
            let length = UTF8Text.length(bytes[word.lowerBound + start])
            let scoreHere = steps[start].score
            var hasSingle = false
            var node: ByteTrie.Node = 0
            var end = start
            while end < word.count, let next = vocabulary.next(node, bytes[word.lowerBound + end]) {
                node = next
                end += 1
                let id = vocabulary.id(at: node)
                guard id >= 0 else { continue }
                Self.improve(&steps[end], scores[Int(id)] + scoreHere, start, id)
                if end - start == length { hasSingle = true }
            }
            if !hasSingle { Self.improve(&steps[start + length], unknownScore + scoreHere, start, unknown) }
            start += length
        }
    }

    /// Of equal ways the first one found stays.
    @inline(__always)
    private static func improve(_ step: inout Work.Step, _ score: Double, _ start: Int, _ id: Int32) {
        guard step.start < 0 || score > step.score else { return }
        step = Work.Step(score: score, start: Int32(truncatingIfNeeded: start), id: id)
    }

    /// Joined unknown characters may be a token after all; if not, bytes spell them where the model has these.
    private func appendUnknown(_ bytes: ArraySlice<UInt8>, to ids: inout [Int32]) {
        if let id = vocabulary.id(of: bytes) {
            ids.append(id)
            return
        }
        guard !byteTokens.isEmpty else {
            ids.append(unknown)
            return
        }
        let spelled = bytes.map { byteTokens[Int($0)] }
        if spelled.contains(where: { $0 < 0 }) {
            ids.append(unknown)
        } else {
            ids += spelled
        }
    }
}
