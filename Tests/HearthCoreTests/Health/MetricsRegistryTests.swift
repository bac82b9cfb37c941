import HearthCore
import Testing

@Suite struct MetricsRegistryTests {
    @Test func rendersCountersAndGaugesInOrder() {
        let metrics = MetricsRegistry()
        metrics.gauge("hearth_memory_bytes", help: "Resident memory.") { 1_048_576 }
        metrics.counter("hearth_calls_total", help: "Calls.", labels: ["operation": "b", "door": "rest"]).increment(
            by: 3)
        metrics.counter("hearth_calls_total", help: "Calls.", labels: ["operation": "a", "door": "rest"]).increment()
        metrics.gauges("hearth_jobs", help: "Jobs by lane.") {
            [MetricSample(labels: ["lane": "render"], value: 0.5), MetricSample(labels: ["lane": "embed"], value: 2)]
        }
        #expect(
            metrics.prometheusText() == """
                # HELP hearth_calls_total Calls.
                # TYPE hearth_calls_total counter
                hearth_calls_total{door="rest",operation="a"} 1
                hearth_calls_total{door="rest",operation="b"} 3
                # HELP hearth_jobs Jobs by lane.
                # TYPE hearth_jobs gauge
                hearth_jobs{lane="embed"} 2
                hearth_jobs{lane="render"} 0.5
                # HELP hearth_memory_bytes Resident memory.
                # TYPE hearth_memory_bytes gauge
                hearth_memory_bytes 1048576
                # HELP hearth_metrics_dropped_total Series that were not kept.
                # TYPE hearth_metrics_dropped_total counter
                hearth_metrics_dropped_total 0

                """)
    }

    @Test func rendersHistogramsInSecondsWithCumulativeBuckets() throws {
        let metrics = MetricsRegistry()
        let histogram = metrics.histogram("hearth_call_seconds", help: "Time.", labels: ["door": "rest"])
        // 2^20 ns belongs to the bucket that it bounds.
        for nanoseconds in [10, 1 << 20, 1 << 20 + 1, 2_000_000_000] as [Int64] {
            histogram.record(.nanoseconds(nanoseconds))
        }
        histogram.record(.seconds(90))
        let lines = metrics.prometheusText().split(separator: "\n").filter { $0.hasPrefix("hearth_call_seconds") }
        #expect(lines.first == #"hearth_call_seconds_bucket{door="rest",le="1.6384e-05"} 1"#)
        #expect(lines.contains(#"hearth_call_seconds_bucket{door="rest",le="0.001048576"} 2"#))
        #expect(lines.contains(#"hearth_call_seconds_bucket{door="rest",le="0.002097152"} 3"#))
        #expect(lines.contains(#"hearth_call_seconds_bucket{door="rest",le="68.719476736"} 4"#))
        #expect(lines.contains(#"hearth_call_seconds_bucket{door="rest",le="+Inf"} 5"#))
        #expect(lines.contains(#"hearth_call_seconds_count{door="rest"} 5"#))
        let sum = try #require(lines.first { $0.hasPrefix("hearth_call_seconds_sum") }?.split(separator: " ").last)
        #expect(abs((Double(sum) ?? 0) - 92.002097163) < 1e-6)
        let counts = lines.filter { $0.contains("_bucket") }.compactMap {
            $0.split(separator: " ").last.flatMap { Int($0) }
        }
        #expect(counts.count == 24 && counts == counts.sorted())
    }

    @Test func escapesLabelsAndHelp() {
        let metrics = MetricsRegistry()
        metrics.counter("odd-name", help: "Two\nlines \\ one", labels: ["a b": "say \"hi\"\\\n"]).increment()
        let text = metrics.prometheusText()
        #expect(text.contains("# HELP odd_name Two\\nlines \\\\ one\n"))
        #expect(text.contains(#"odd_name{a_b="say \"hi\"\\\n"} 1"#))
    }

    @Test func writesSpecialNumbersAsPrometheusReadsThem() {
        let metrics = MetricsRegistry()
        metrics.gauges("g", help: "g") {
            [.nan, .infinity, -.infinity, 1e30, -2].enumerated().map { MetricSample(labels: ["i": "\($0)"], value: $1) }
        }
        let lines = metrics.prometheusText().split(separator: "\n").filter { $0.hasPrefix("g{") }
        #expect(lines.map { $0.split(separator: " ").last } == ["NaN", "+Inf", "-Inf", "1e+30", "-2"])
    }

    @Test func givesTheSameInstrumentForTheSameNameAndLabels() {
        let metrics = MetricsRegistry()
        let first = metrics.counter("c", help: "c", labels: ["x": "1", "y": "2"])
        #expect(metrics.counter("c", help: "other", labels: ["y": "2", "x": "1"]) === first)
        #expect(metrics.counter("c", help: "c", labels: ["x": "1"]) !== first)
        #expect(metrics.histogram("h", help: "h") === metrics.histogram("h", help: "h"))
        metrics.gauge("g", help: "g") { 1 }
        metrics.gauge("g", help: "g") { 2 }
        #expect(metrics.prometheusText().contains("\ng 2\n"))
    }

    @Test func keepsNoMoreSeriesThanItsLimitButServesAll() {
        let metrics = MetricsRegistry(maximumSeries: 10)
        for index in 0..<30 { metrics.counter("c", help: "c", labels: ["i": "\(index)"]).increment() }
        let text = metrics.prometheusText()
        #expect(text.split(separator: "\n").count { $0.hasPrefix("c{") } == 9)
        #expect(text.contains("hearth_metrics_dropped_total 21"))
        metrics.gauges("more", help: "m") { (0..<15).map { MetricSample(labels: ["i": "\($0)"], value: 0) } }
        #expect(!metrics.prometheusText().contains("more"))
    }

    @Test func showsNoMoreSamplesOfAGaugeThanItsLimit() {
        let metrics = MetricsRegistry(maximumSeries: 10)
        metrics.gauges("g", help: "g") { (0..<15).map { MetricSample(labels: ["i": "\($0)"], value: 0) } }
        #expect(metrics.prometheusText().split(separator: "\n").count { $0.hasPrefix("g{") } == 10)
    }

    @Test func keepsAnInstrumentOfAnotherKindApart() {
        let metrics = MetricsRegistry()
        metrics.counter("x", help: "x").increment()
        metrics.histogram("x", help: "x").record(.seconds(1))
        let text = metrics.prometheusText()
        #expect(text.contains("\nx 1\n") && !text.contains("x_bucket"))
        #expect(text.contains("hearth_metrics_dropped_total 1"))
    }

    @Test func gaugesMayUseTheRegistry() {
        let metrics = MetricsRegistry()
        metrics.gauge("g", help: "g") { Double(metrics.counter("c", help: "c").value) }
        #expect(metrics.prometheusText().contains("\ng 0\n"))
    }

    @Test func countsEveryIncrementOfManyTasks() async {
        let metrics = MetricsRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { metrics.counter("c", help: "c").increment() } }
            }
        }
        #expect(metrics.counter("c", help: "c").value == 8_000)
    }
}
