import Foundation
import HearthCore

/// The measurements; each starts servers of its own on empty data folders.
struct BenchRun {
    /// Seconds of each closed loop.
    let seconds: Double
    /// A folder with model folders in it; nil: the built-in model alone.
    let models: String?
    /// Called with each figure as it comes.
    let show: (BenchFigure) -> Void

    func run(_ measurement: BenchMeasurement) async throws {
        switch measurement {
        case .start: try await start()
        case .register: try await register()
        case .loading: try await loading()
        case .queue: try await queue()
        case .crash: try await crash()
        case .worker: try await worker()
        }
    }

    private func with<Result>(
        _ server: BenchServer, _ body: (BenchServer) async throws -> Result
    ) async throws -> Result {
        defer { server.stop() }
        try await server.start()
        return try await body(server)
    }

    // MARK: Start

    private func start() async throws {
        var times: [Double] = []
        var memory = 0.0
        for _ in 0..<10 {
            memory = try await with(BenchServer(hasWorker: true, models: models)) { server in
                times.append(server.startTime.fractionalMilliseconds)
                _ = try await server.waitUntilReady()
                return server.residentMegabytes
            }
        }
        let samples = BenchSamples(times)
        show(.atMost(100, samples.p50, "ms", "process start → /health, empty folder, p50 of \(times.count)"))
        show(BenchFigure(name: "  the slowest of them", value: "\(BenchFigure.number(samples.p99)) ms"))
        show(.atMost(60, memory, "MB", "resident memory of the front, models ready"))
    }

    // MARK: Register

    private func register() async throws {
        let picture = try BenchRequest.picture()
        let json = BenchRequest(json: picture, path: "/api/anchors")
        let raw = BenchRequest(raw: picture, path: "/api/anchors")
        for hasWorker in [false, true] {
            let suffix = hasWorker ? ", worker embedding meanwhile" : ""
            try await with(BenchServer(hasWorker: hasWorker)) { server in
                if hasWorker { _ = try await server.waitUntilReady() }
                _ = try await BenchLoad.register(json, to: server.port, connections: 1, seconds: 0.5)
                let one = try await BenchLoad.register(json, to: server.port, connections: 1, seconds: seconds)
                show(BenchFigure(name: "register 100 kB JSON, 1 connection\(suffix)", value: one.text))
                let ratio = one.p99 / one.p50
                show(.atMost(5, ratio, "×", "  p99 ÷ p50"))
                for (name, request) in [("JSON", json), ("raw", raw)] {
                    let many = try await BenchLoad.register(request, to: server.port, connections: 16, seconds: seconds)
                    show(BenchFigure(name: "register 100 kB \(name), 16 connections\(suffix)", value: many.text))
                }
                if hasWorker { return }
                show(
                    BenchFigure(
                        name: "  front's memory after it", value: "\(BenchFigure.number(server.residentMegabytes)) MB"))
            }
        }
        for callers in [1, 16] {
            let limit = try await BenchLimit.synchronisedFiles(callers: callers, seconds: seconds / 2)
            show(BenchFigure(name: "limit: 100 kB file + fdatasync + rename, \(callers) threads", value: limit.text))
        }
    }

    private func loading() async throws {
        let request = BenchRequest(json: try BenchRequest.picture(), path: "/api/anchors")
        let idle = try await with(BenchServer(hasWorker: false)) { server in
            _ = try await BenchLoad.register(request, to: server.port, connections: 1, seconds: 0.5)
            return try await BenchLoad.register(request, to: server.port, connections: 1, seconds: seconds / 2)
        }
        var times: [Double] = []
        for _ in 0..<5 {
            try await with(BenchServer(hasWorker: true, models: models)) { server in
                while server.worker()?.isSettled != true {
                    let part = try await BenchLoad.register(request, to: server.port, connections: 1, seconds: 0.05)
                    if server.worker()?.isSettled != true { times += part.sorted }
                }
            }
        }
        let busy = BenchSamples(times)
        show(
            .atMost(
                1.5, busy.p50 / idle.p50, "×", "register while models load (cold) ÷ idle, p50, \(busy.count) requests"))
        show(BenchFigure(name: "  idle", value: idle.text))
        show(BenchFigure(name: "  while loading", value: busy.text))
    }

    // MARK: Queue

    private func queue() async throws {
        let count = 20_000
        let data = BenchServer.freshFolder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        let queue = try await BenchQueue(DataFolder(data))
        // Due when the worker is warm, so that its start is not counted.
        let enqueued = try await queue.enqueue(count, callers: 16, delay: .seconds(6))
        show(.atLeast(15_000, enqueued.rate, "/s", "enqueue \(count) no-op jobs, 16 callers, durable"))
        show(BenchFigure(name: "  one enqueue among them", value: enqueued.text))
        try await with(BenchServer(data: data, hasWorker: true)) { server in
            _ = try await server.waitUntilReady()
            let rate = try await queue.completedRate(count)
            show(.atLeast(5_000, rate, "/s", "no-op jobs through one worker (\(count))"))
            try await Task.sleep(for: .seconds(1))
            let pickups = try await queue.pickups(300)
            show(.atMost(3, pickups.acknowledged.p50, "ms", "idle pickup from the acknowledgement, p50"))
            show(.atMost(15, pickups.acknowledged.p99, "ms", "idle pickup from the acknowledgement, p99"))
            show(BenchFigure(name: "  from the call of enqueue", value: pickups.called.text))
        }
    }

    // MARK: Worker

    private func crash() async throws {
        let request = BenchRequest(json: try BenchRequest.picture(), path: "/api/anchors")
        var times: [Double] = []
        for _ in 0..<3 {
            times.append(
                try await with(BenchServer(hasWorker: true, models: models)) { server in
                    _ = try await server.waitUntilReady()
                    return try await BenchCrash(server: server, request: request).measure(show)
                })
        }
        let samples = BenchSamples(times)
        show(
            .atMost(
                2_000, samples.quantile(1), "ms",
                "worker killed → one of its jobs runs again, slowest of \(times.count)"))
    }

    private func worker() async throws {
        guard let models else {
            return show(BenchFigure(name: "worker with mobilenet-v1", value: "skipped: no --models"))
        }
        let bench = try await BenchWorker(models: models)
        defer { bench.removeData() }
        let first = try await bench.startUntilReady()
        let second = try await bench.startUntilReady()
        show(.atMost(500, second, "ms", "worker start → ready, scatter + mobilenet-v1, second start"))
        show(BenchFigure(name: "  the first start", value: "\(BenchFigure.number(first)) ms"))
    }
}
