import CoreMetrics
import HearthCore
import Testing

/// The registry as the backend of swift-metrics, and its text as Prometheus reads it.
@Suite struct MetricsFactoryTests {
    private let metrics = MetricsRegistry()

    private func samples(_ family: String) throws -> [PrometheusReader.Sample] {
        try PrometheusReader(metrics.prometheusText()).families[family]?.samples ?? []
    }

    @Test func aCounterGetsTheEndingThatCountersHave() throws {
        let counter = Counter(label: "hb.requests", dimensions: [("http.route", "/a/{id}")], factory: metrics)
        counter.increment()
        counter.increment(by: 4)
        let same = Counter(label: "hb.requests", dimensions: [("http.route", "/a/{id}")], factory: metrics)
        same.increment()
        Counter(label: "jobs_total", factory: metrics).increment()
        #expect(try samples("hb_requests_total").map(\.value) == [6])
        #expect(try samples("hb_requests_total").map(\.labels) == [["http_route": "/a/{id}"]])
        #expect(try samples("jobs_total").map(\.value) == [1])
        counter.reset()
        #expect(try samples("hb_requests_total").map(\.value) == [0])
    }

    @Test func aTimerIsAHistogramOfSeconds() throws {
        let timer = Timer(label: "http.server.request.duration", factory: metrics)
        timer.recordMilliseconds(1_500)
        timer.recordNanoseconds(20_000)
        let family = try #require(
            try PrometheusReader(metrics.prometheusText()).families["http_server_request_duration_seconds"])
        #expect(family.type == "histogram")
        #expect(abs((family.samples.first { $0.name.hasSuffix("_sum") }?.value ?? 0) - 1.50002) < 1e-9)
        #expect(family.samples.last?.value == 2)
    }

    @Test func aMeterGoesUpAndDown() throws {
        let meter = Meter(label: "http.server.active_requests", factory: metrics)
        meter.increment()
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(try samples("http_server_active_requests").map(\.value) == [2.5])
        meter.set(-7)
        #expect(try samples("http_server_active_requests").map(\.value) == [-7])
    }

    @Test func aRecorderSumsUpAndAGaugeKeepsItsLastValue() throws {
        let recorder = Recorder(label: "sizes", factory: metrics)
        recorder.record(10)
        recorder.record(2.5)
        #expect(try samples("sizes").map(\.name) == ["sizes_sum", "sizes_count"])
        #expect(try samples("sizes").map(\.value) == [12.5, 2])
        let gauge = Gauge(label: "level", factory: metrics)
        gauge.record(3)
        gauge.record(1)
        #expect(try samples("level").map(\.value) == [1])
    }

    @Test func countersOfFractionsAreCountedInWholes() throws {
        let counter = FloatingPointCounter(label: "cpu.seconds", factory: metrics)
        counter.increment(by: 0.75)
        counter.increment(by: 0.5)
        #expect(try samples("cpu_seconds_total").map(\.value) == [1])
    }

    @Test func addingFromManyTasksLosesNothing() async throws {
        let meter = Meter(label: "m", factory: metrics)
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { meter.increment() } } }
        }
        #expect(try samples("m").map(\.value) == [8_000])
    }

    @Test func whateverIsReportedReadsAsTheFormatSays() throws {
        metrics.counter("9 odd-näme", help: "Two\nlines \\ one \"", labels: ["a b": "say \"hi\"\\\n", "é": ""])
            .increment()
        metrics.histogram("h_seconds", help: "", labels: ["le": "mine", "__name__": "x"]).record(.seconds(1))
        metrics.histogram("h_seconds", help: "").record(.milliseconds(1))
        metrics.summary("s", help: "s", labels: ["quantile": "0.5"]).record(-1.0)
        metrics.gauges("g", help: "g") {
            [.nan, .infinity, -.infinity, 1e300, 1e-300, -2, 0.1, 1e17].enumerated().map {
                MetricSample(labels: ["i": "\($0)"], value: $1)
            } + [MetricSample(labels: ["i": "1"], value: 9)]
        }
        metrics.gauges("none", help: "Nothing now.") { [] }
        metrics.counter("", help: "No name.").increment()
        let families = try PrometheusReader(metrics.prometheusText()).families
        #expect(families["_9_odd_n_me"]?.samples.first?.labels == ["a_b": "say \"hi\"\\\n", "_": ""])
        #expect(families["h_seconds"]?.samples.contains { $0.labels["label_le"] == "mine" } == true)
        #expect(families["s"]?.samples.first?.labels == ["label_quantile": "0.5"])
        #expect(families["g"]?.samples.count == 8 && families["none"]?.samples.isEmpty == true)
    }

    @Test func namesThatPrometheusWouldWriteAlikeAreOneFamily() throws {
        metrics.counter("a.b", help: "x").increment()
        metrics.counter("a-b", help: "x").increment()
        #expect(try samples("a_b").map(\.value) == [2])
    }

    @Test(arguments: [("x_count", "x"), ("x", "x_sum")])
    func aFamilyWhoseLinesWouldBeTakenForAnothersIsNotShown(first: String, second: String) throws {
        if first == "x" {
            metrics.histogram(first, help: "h").record(.seconds(1))
            metrics.counter(second, help: "c").increment()
        } else {
            metrics.counter(first, help: "c").increment()
            metrics.histogram(second, help: "h").record(.seconds(1))
        }
        let families = try PrometheusReader(metrics.prometheusText()).families
        #expect(families[first] != nil && families[second] == nil)
        #expect(try samples("hearth_metrics_dropped_total").map(\.value) == [1])
    }

    @Test(arguments: [
        "a 1", "# HELP a x\n# TYPE a counter\na 1", "# HELP a x\n# TYPE a counter\na 1\na 2\n",
        "# HELP a x\n# TYPE a counter\nb 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"c\"d=\"e\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n", "# HELP a x\n# TYPE a gauge\na inf\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    ]) func theReaderOfTheseTestsRefusesWhatIsWrong(text: String) {
        #expect(throws: PrometheusReader.Problem.self) { try PrometheusReader(text) }
    }
}
