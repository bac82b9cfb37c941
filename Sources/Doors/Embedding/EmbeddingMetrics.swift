import HearthCore
import HearthInference

/// What the embedding doors count: inputs by model and outcome, and where their time went.
final class EmbeddingMetrics: Sendable {
    /// The instruments of one model.
    private struct Instruments: Sendable {
        let decode: LatencyHistogram
        let queue: LatencyHistogram
        let compute: LatencyHistogram
        let computed: MetricCounter
        let cached: MetricCounter
    }

    private let registry: MetricsRegistry
    private let byModel = Locked<[String: Instruments]>([:])

    init(_ registry: MetricsRegistry) { self.registry = registry }

    /// Counts one input.
    func record(_ result: Result<EmbeddingResult, HearthError>) {
        switch result {
        case .success(let result):
            // The id is the engine's, never what a client wrote: the number of series stays that of the models.
            let instruments = instruments(of: result.model.id)
            guard !result.isCached else { return instruments.cached.increment() }
            instruments.computed.increment()
            instruments.decode.record(result.timings.decode)
            instruments.queue.record(result.timings.queue)
            instruments.compute.record(result.timings.compute)
        case .failure(let error):
            registry.counter(
                "hearth_embedding_failures_total", help: "Inputs that got no vector, by error.",
                labels: ["code": error.code.rawValue]
            ).increment()
        }
    }

    private func instruments(of model: String) -> Instruments {
        byModel.withLock { byModel in
            if let known = byModel[model] { return known }
            let made = make(model)
            byModel[model] = made
            return made
        }
    }

    private func make(_ model: String) -> Instruments {
        let registry = registry
        func stage(_ name: String) -> LatencyHistogram {
            registry.histogram(
                "hearth_embedding_seconds", help: "Time of an input in each stage of its inference.",
                labels: ["model": model, "stage": name])
        }
        func outcome(_ name: String) -> MetricCounter {
            registry.counter(
                "hearth_embedding_inputs_total", help: "Inputs that got a vector.",
                labels: ["model": model, "outcome": name])
        }
        return Instruments(
            decode: stage("decode"), queue: stage("queue"), compute: stage("compute"), computed: outcome("computed"),
            cached: outcome("cached"))
    }
}
