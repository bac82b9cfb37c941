extension MetricsRegistry {
    /// The histograms by name, the values of their labels in brackets, sorted.
    package func snapshots() -> [(name: String, snapshot: LatencySnapshot)] {
        families().sorted { $0.key < $1.key }.flatMap { name, family in
            family.series.compactMap { labels, instrument -> (name: String, snapshot: LatencySnapshot)? in
                guard case .histogram(let histogram) = instrument else { return nil }
                let values = labels.sorted { $0.key < $1.key }.map(\.value).joined(separator: ",")
                return (values.isEmpty ? name : "\(name)[\(values)]", histogram.snapshot())
            }.sorted { $0.name < $1.name }
        }
    }
}
