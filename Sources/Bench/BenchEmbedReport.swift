import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// What `hearth bench embed` shows.
struct BenchEmbedReport {
    let model: ModelIdentity
    /// Loop, callers, protocol and inputs in words.
    let load: String
    let samples: BenchSamples
    let outcome: BenchEmbedLoad.Outcome
    /// Share of a core that each process kept busy, and its memory afterwards; empty for servers elsewhere.
    let uses: [Use]

    /// What a process took.
    struct Use {
        let name: String
        let cores: Double
        /// Bytes; `anonymous`: those that no file backs.
        let memory: (resident: Int, anonymous: Int)?
    }

    private func stage(_ value: (BenchEmbedAnswer) -> Double) -> BenchSamples {
        BenchSamples(outcome.answers.filter { !$0.isCached }.map(value))
    }

    private var stages: [(name: String, samples: BenchSamples)] {
        [("decode", stage(\.decode)), ("queue", stage(\.queue)), ("compute", stage(\.compute))]
    }

    private var cached: Int { outcome.answers.count(where: \.isCached) }

    /// How many inputs were answered by passes of each size.
    private var batches: [(size: Int, inputs: Int)] {
        Dictionary(grouping: outcome.answers.filter { !$0.isCached }, by: \.batch).mapValues(\.count)
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Inputs of a pass, on average over the passes; NaN when none is known.
    var meanBatch: Double {
        let inputs = batches.reduce(0) { $0 + $1.inputs }
        return Double(inputs) / batches.reduce(0.0) { $0 + Double($1.inputs) / Double(max(1, $1.size)) }
    }

    var lines: [String] {
        func row(_ name: String, _ text: String) -> String { name.padded(to: 11) + text }
        func quantiles(_ samples: BenchSamples) -> String {
            [("p50", samples.p50), ("p95", samples.p95), ("p99", samples.p99)]
                .map { "\($0.0) \(BenchFigure.number($0.1).padded(to: 6))" }.joined(separator: "  ") + "  ms"
        }
        var lines = [
            row("machine", BenchMachine.text),
            row(
                "model",
                "\(model.id), \(model.precision), \(model.dims) dimensions, digest \(model.digest.prefix(16))"),
            row("load", load),
            row(
                "rate",
                "\(BenchFigure.number(samples.rate))/s (\(samples.count) answers, \(samples.failures) failed, "
                    + "\(cached) from the cache)"),
            row("latency", quantiles(samples) + ", slowest \(BenchFigure.number(samples.quantile(1)))"),
        ]
        if outcome.answers.count > cached {
            lines += stages.map { row("  " + $0.name, quantiles($0.samples)) }
            let total = Double(batches.reduce(0) { $0 + $1.inputs })
            let shares = batches.map { "\($0.size): \(Int((Double($0.inputs) / total * 100).rounded())) %" }
            lines.append(
                row(
                    "batches",
                    "mean \(BenchFigure.number(meanBatch)); inputs by size of their pass "
                        + shares.joined(separator: ", ")))
        }
        if !uses.isEmpty {
            lines.append(
                row(
                    "processor",
                    uses.map { "\($0.name) \(BenchFigure.number($0.cores))" }.joined(separator: ", ")
                        + " cores"))
            let memory = uses.compactMap { use in
                use.memory.map {
                    "\(use.name) \($0.resident / 1_000_000) MB (\($0.anonymous / 1_000_000) MB of it its own)"
                }
            }
            lines.append(row("memory", memory.joined(separator: ", ")))
        }
        if let failure = outcome.firstFailure { lines.append(row("failure", failure)) }
        return lines
    }

    var json: JSONValue {
        func quantiles(_ samples: BenchSamples) -> JSONValue {
            guard samples.count > 0 else { return .null }
            return ["p50": .double(samples.p50), "p95": .double(samples.p95), "p99": .double(samples.p99)]
        }
        var split = JSONObject()
        for stage in stages { split[stage.name] = quantiles(stage.samples) }
        var sizes = JSONObject()
        for batch in batches { sizes[String(batch.size)] = .int(Int64(batch.inputs)) }
        let processes = uses.map { use -> JSONValue in
            [
                "name": .string(use.name), "cores": .double(use.cores),
                "resident_bytes": use.memory.map { .int(Int64($0.resident)) } ?? .null,
                "anonymous_bytes": use.memory.map { .int(Int64($0.anonymous)) } ?? .null,
            ]
        }
        return [
            "machine": .string(BenchMachine.text),
            "model": [
                "id": .string(model.id), "digest": .string(model.digest), "precision": .string(model.precision),
                "dims": .int(Int64(model.dims)),
            ],
            "load": .string(load), "rate": .double(samples.rate), "answers": .int(Int64(samples.count)),
            "failed": .int(Int64(samples.failures)), "cached": .int(Int64(cached)),
            "latency_ms": quantiles(samples), "stages_ms": .object(split), "batches": .object(sizes),
            "processes": .array(processes), "failure": outcome.firstFailure.map(JSONValue.string) ?? .null,
        ]
    }
}
