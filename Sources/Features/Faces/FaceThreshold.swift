import Foundation
import HearthCore
import HearthInference

/// A threshold, and what is known of it.
struct FaceThreshold: Sendable, Equatable {
    var cosine: Double
    /// The fraction of strangers that reach it, at most, for one comparison; nil where it was not measured.
    var fmr: Double?
    /// Pairs that `fmr` was measured on.
    var pairs: Int?

    /// The threshold of one comparison.
    /// - Throws: ``HearthError`` `unprocessable_content` for a rate that was not measured: no other takes its place.
    init(_ strictness: FaceStrictness, _ known: FaceThresholds) throws(HearthError) {
        switch strictness {
        case .model: self.init(cosine: known.cosine, known)
        case .cosine(let cosine): self.init(cosine: cosine, known)
        case .rate(let wanted):
            let fitting = known.rates.filter { $0.fmr <= wanted * 1.000_001 }.max { $0.fmr < $1.fmr }
            guard let rate = fitting else { throw Self.unknown(wanted, known) }
            self.init(cosine: rate.threshold, known)
        }
    }

    /// The threshold of a search among so many templates: the best of many strangers is more similar than one, so it
    /// rises with their number, at the same rate for the whole search. A cosine that the caller names does not rise.
    /// - Throws: as ``init(_:_:)``.
    init(_ strictness: FaceStrictness, _ known: FaceThresholds, among count: Int) throws(HearthError) {
        let single = try FaceThreshold(strictness, known)
        if case .cosine = strictness {
            self = single
            return
        }
        let decades = log10(Double(max(count, 1)))
        self.init(cosine: Self.raised(single.cosine, by: decades, known), known)
    }

    private init(cosine: Double, _ known: FaceThresholds) {
        self.cosine = cosine
        // The strictest of those that this threshold is at least as strict as.
        let rate = known.rates.filter { $0.threshold <= cosine + 1e-9 }.min { $0.fmr < $1.fmr }
        fmr = rate?.fmr
        pairs = rate?.pairs
    }

    /// The cosine at which so many decades fewer strangers pass, along the measured curve, and beyond its end as steep
    /// as it is there.
    private static func raised(_ cosine: Double, by decades: Double, _ known: FaceThresholds) -> Double {
        guard decades > 0 else { return cosine }
        // From the loose to the strict; a curve that falls somewhere is not one.
        let curve = known.rates.filter { $0.fmr > 0 }.sorted { $0.fmr > $1.fmr }.map {
            (decade: -log10($0.fmr), cosine: $0.threshold)
        }
        var (left, at) = (decades, cosine)
        for (lower, upper) in zip(curve, curve.dropFirst())
        where left > 0 && upper.cosine > at && upper.decade > lower.decade && upper.cosine > lower.cosine {
            let slope = (upper.cosine - lower.cosine) / (upper.decade - lower.decade)
            let step = min(left, (upper.cosine - max(at, lower.cosine)) / slope)
            at = max(at, lower.cosine) + step * slope
            left -= step
        }
        let last = curve.suffix(2)
        var slope = Limits.thresholdPerDecade
        if let first = last.first, let end = last.last, end.decade > first.decade {
            slope = max(slope, (end.cosine - first.cosine) / (end.decade - first.decade))
        }
        return min(max(at + left * slope, cosine), max(Limits.highestFaceThreshold, cosine))
    }

    private static func unknown(_ wanted: Double, _ known: FaceThresholds) -> HearthError {
        let measured = known.rates.map { String(format: "%g", $0.fmr) }.joined(separator: ", ")
        return HearthError(
            .unprocessable, "The model was not measured on enough pairs for a rate of \(String(format: "%g", wanted)).",
            hint: measured.isEmpty
                ? "No rate of it was measured. Send `threshold`, or neither for the model's own."
                : "Measured: \(measured). `hearth faces calibrate` measures others.")
    }
}
