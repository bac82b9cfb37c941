/// Where the time of a feature's operations goes: a histogram for each of its stages.
package struct StageMetrics<Stage: CaseIterable & Hashable & RawRepresentable & Sendable>: Sendable
where Stage.RawValue == String {
    private let histograms: [Stage: LatencyHistogram]

    package init(_ registry: MetricsRegistry) {
        histograms = Dictionary(
            uniqueKeysWithValues: Stage.allCases.map {
                (
                    $0,
                    registry.histogram(
                        "hearth_stage_seconds", help: "Time of one stage of an operation.",
                        labels: ["stage": $0.rawValue])
                )
            })
    }

    /// Runs a stage and records how long it took.
    package func time<T>(_ stage: Stage, _ body: () async throws -> T) async rethrows -> T {
        let start = ContinuousClock.now
        let value = try await body()
        histograms[stage]?.record(ContinuousClock.now - start)
        return value
    }
}
