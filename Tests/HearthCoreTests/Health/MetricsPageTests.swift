import HearthCore
import Testing

@Suite struct MetricsPageTests {
    private func page(_ build: (MetricsRegistry) -> Void) -> String {
        let registry = MetricsRegistry()
        build(registry)
        return registry.prometheusText()
    }

    /// The samples of a name, in their order.
    private func samples(_ name: String, in text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("\(name){") || $0.hasPrefix("\(name) ") }.map(String.init)
    }

    @Test func seriesOfOtherProcessesAreLabelledAndStandWithTheirOwnKind() {
        let own = page { $0.counter("calls_total", help: "Calls.", labels: ["way": "in"]).increment(by: 2) }
        let other = page { registry in
            registry.counter("calls_total", help: "Calls.", labels: ["way": "in"]).increment(by: 5)
            registry.counter("calls_total", help: "Calls.", labels: ["way": "out"]).increment()
            registry.gauge("bytes", help: "Bytes.") { 7 }
        }
        let text = MetricsPage.merged(own, [("w-1", other)])
        #expect(
            samples("calls_total", in: text) == [
                "calls_total{way=\"in\"} 2", "calls_total{process=\"w-1\",way=\"in\"} 5",
                "calls_total{process=\"w-1\",way=\"out\"} 1",
            ])
        #expect(samples("bytes", in: text) == ["bytes{process=\"w-1\"} 7"])
        for name in ["calls_total", "bytes"] {
            #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE \(name) ") }.count == 1)
            #expect(text.split(separator: "\n").filter { $0.hasPrefix("# HELP \(name) ") }.count == 1)
        }
    }

    @Test func aHistogramOfAnotherProcessIsWhole() {
        let other = page { $0.histogram("pass_seconds", help: "A pass.").record(.milliseconds(3)) }
        let text = MetricsPage.merged(page { _ in }, [("w-1", other)])
        #expect(samples("pass_seconds_count", in: text) == ["pass_seconds_count{process=\"w-1\"} 1"])
        #expect(samples("pass_seconds_bucket", in: text).last == "pass_seconds_bucket{process=\"w-1\",le=\"+Inf\"} 1")
        #expect(samples("pass_seconds_bucket", in: text).count == samples("pass_seconds_bucket", in: other).count)
    }

    @Test func whatDoesNotFitIsLeftOut() {
        let own = page { $0.counter("a", help: "A.").increment() }
        let odd = page { $0.gauge("a", help: "A.") { 3 } }
        #expect(samples("a", in: MetricsPage.merged(own, [("w-1", odd)])) == ["a 1"], "another kind")
        let long = "# HELP b B.\n# TYPE b gauge\nb 1\n" + String(repeating: "#", count: Limits.metricsPageBytes)
        #expect(samples("b", in: MetricsPage.merged(own, [("w-1", long)])).isEmpty, "too long")
        #expect(MetricsPage.merged(own, []) == own)
        #expect(samples("a", in: MetricsPage.merged(own, [("w-1", "no page at all {\n\n}")])) == ["a 1"])
    }
}
