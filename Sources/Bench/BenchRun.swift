import Foundation
import HearthCore
import HearthInference

/// The measurements; each starts servers of its own on empty data folders.
struct BenchRun {
    /// Seconds of each closed loop.
    let seconds: Double
    /// A folder with model folders in it; nil: the built-in model alone.
    let models: String?
    /// A folder with old_stack.py, for ratios to it; nil: no such ratios.
    let peers: String?
    /// A JPEG for the figures of pictures; nil: the largest sample.
    let picture: String?
    /// Called with each figure as it comes.
    let show: (BenchFigure) -> Void

    func run(_ measurement: BenchMeasurement) async throws {
        // Not sooner: some file systems pass over what was deleted a moment ago, at the cost of who writes next.
        defer { BenchServer.removeFolders() }
        switch measurement {
        case .start: try await start()
        case .register: try await register()
        case .loading: try await loading()
        case .queue: try await queue()
        case .crash: try await crash()
        case .worker: try await worker()
        case .warm: try await warm()
        case .vectors: try vectors()
        case .collections: try await collections()
        case .products: try await quickScan()
        case .studio: try await studio()
        case .mcp: try await mcp()
        case .byHand: try await byHand()
        }
    }

    func with<Result>(
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
        let first = try await bench.startUntilReady()
        let second = try await bench.startUntilReady()
        show(.atMost(500, second, "ms", "worker start → ready, scatter + mobilenet-v1, second start"))
        show(BenchFigure(name: "  the first start", value: "\(BenchFigure.number(first)) ms"))
        let bare = try bench.bareCall(seconds: seconds / 2)
        let lone = try await bench.loneEmbeddings(seconds: seconds / 2)
        show(.atMost(1.15, lone.p50 / bare.both, "×", "lone embedding over the socket ÷ decoding + bare call, p50"))
        show(BenchFigure(name: "  ÷ bare call alone", value: "\(BenchFigure.number(lone.p50 / bare.call)) ×"))
        let parts = "decode \(BenchFigure.number(bare.decode)) ms, call \(BenchFigure.number(bare.call)) ms"
        show(BenchFigure(name: "  over the socket; bare", value: "\(lone.text); \(parts)"))
    }
}
