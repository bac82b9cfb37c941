import HearthCore

/// Where the time of scans and of the catalogue's jobs goes.
struct ProductMetrics: Sendable {
    /// Stages with a histogram of their own.
    enum Stage: String, CaseIterable {
        case scanEmbed = "scan_embed"
        case scanSearch = "scan_search"
        case scanRecord = "scan_record"
        case productRows = "product_rows"
        case productEmbed = "product_embed"
    }

    private let histograms: [Stage: LatencyHistogram]

    init(_ registry: MetricsRegistry) {
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
    func time<T>(_ stage: Stage, _ body: () async throws -> T) async rethrows -> T {
        let start = ContinuousClock.now
        let value = try await body()
        histograms[stage]?.record(ContinuousClock.now - start)
        return value
    }
}
