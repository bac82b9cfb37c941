import HearthCore
import HearthJSON

/// How sure a caller wants to be: an error rate, or a cosine.
enum FaceStrictness: Sendable, Equatable {
    /// The threshold of the model's folder.
    case model
    /// One stranger in so many is taken for the person, or fewer.
    case rate(Double)
    case cosine(Double)

    /// - Parameters:
    ///   - word: `fmr_1e3` or `fmr_1e4`.
    ///   - threshold: a cosine.
    /// - Throws: ``HearthError`` `invalid_request` when both are given.
    init(_ word: FaceRate?, threshold: Double?) throws(HearthError) {
        switch (word, threshold) {
        case (nil, nil): self = .model
        case (let word?, nil): self = .rate(word.fmr)
        case (nil, let threshold?): self = .cosine(threshold)
        case (_?, _?):
            throw HearthError(.invalidRequest, "`rate` and `threshold` are given both.", hint: "Send one of them.")
        }
    }
}

/// Error rates that callers ask for.
enum FaceRate: String, Sendable, Codable, CaseIterable {
    case fmr1e3 = "fmr_1e3"
    case fmr1e4 = "fmr_1e4"

    var fmr: Double { self == .fmr1e3 ? 1e-3 : 1e-4 }

    static let field = FieldNote(
        "How many strangers may be taken for the person: `fmr_1e3` is one in 1,000, `fmr_1e4` one in 10,000. Refused "
            + "when the model was not measured on enough pairs. The model's own threshold when absent.")
}

/// Who of a gallery is meant by a face, by scores alone.
struct IdentifyDecision: Sendable, Equatable {
    /// Why no person is meant.
    enum Reason: String, Sendable, Codable, CaseIterable {
        /// No person is similar enough.
        case belowThreshold = "below_threshold"
        /// Two are nearly as similar as each other.
        case ambiguous
        /// There is no template to compare with.
        case emptyGallery = "empty_gallery"
    }

    /// The place of the person among the candidates; nil: unknown.
    let winner: Int?
    let reason: Reason?

    /// - Parameter scores: one a person, best first.
    init(scores: [Double], threshold: Double, margin: Double = Limits.identifyMargin) {
        guard let best = scores.first else {
            (winner, reason) = (nil, .emptyGallery)
            return
        }
        guard best >= threshold else {
            (winner, reason) = (nil, .belowThreshold)
            return
        }
        if scores.count > 1, best - scores[1] < margin {
            (winner, reason) = (nil, .ambiguous)
        } else {
            (winner, reason) = (0, nil)
        }
    }
}
