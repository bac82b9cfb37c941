import HearthCore

/// How long an output will still take, measured while it is made: by how fast the whole rises within the stage that is
/// under way.
///
/// Each stage is measured by itself, because what is loaded, sampled and encoded rises at paces of its own. So there is
/// no estimate at the beginning of a stage, nor for one that is soon over.
struct RemainingTime: Sendable {
    /// A stage is measured for this long before anything is said …
    private static let least: Duration = .seconds(1)
    /// … and until the whole has risen by so much.
    private static let leastGain = 0.02

    private var stage: String?
    private var begun: (at: ContinuousClock.Instant, overall: Double)?

    /// Takes in how far the output is.
    /// - Parameters:
    ///   - stage: of which attempt, try and kind it is.
    ///   - overall: 0…1 of the whole.
    /// - Returns: seconds that are left; nil while that is not known.
    mutating func left(stage: String, overall: Double, now: ContinuousClock.Instant) -> Double? {
        guard stage == self.stage, let begun, overall >= begun.overall else {
            (self.stage, begun) = (stage, (now, overall))
            return nil
        }
        let (time, gain) = (now - begun.at, overall - begun.overall)
        guard time >= Self.least, gain >= Self.leastGain else { return nil }
        let seconds = time / .seconds(1) * (1 - overall) / gain
        return (max(seconds, 0) * 10).rounded() / 10
    }
}
