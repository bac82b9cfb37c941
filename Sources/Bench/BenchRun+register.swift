import Foundation
import HearthCore

/// Registrations, alone and beside the old stack.
extension BenchRun {
    /// One connection, then sixteen; the old stack takes JSON only.
    private struct Pace {
        let one: BenchSamples
        let many: BenchSamples
    }

    func register() async throws {
        let picture = try BenchRequest.picture()
        let old = try await oldStack(picture)
        let json = BenchRequest(json: picture, path: "/api/anchors")
        let raw = BenchRequest(raw: picture, path: "/api/anchors")
        for hasWorker in [false, true] {
            let suffix = hasWorker ? ", worker embedding meanwhile" : ""
            try await with(BenchServer(hasWorker: hasWorker)) { server in
                if hasWorker { _ = try await server.waitUntilReady() }
                let pace = try await measure(json, port: server.port)
                show(BenchFigure(name: "register 100 kB JSON, 1 connection\(suffix)", value: pace.one.text))
                show(.atMost(5, pace.one.p99 / pace.one.p50, "×", "  p99 ÷ p50"))
                if !hasWorker, let old {
                    show(.atMost(1.0 / 3, pace.one.p50 / old.one.p50, "×", "  p50 ÷ the old stack's"))
                }
                show(BenchFigure(name: "register 100 kB JSON, 16 connections\(suffix)", value: pace.many.text))
                if !hasWorker, let old { compare(pace.many, with: old.many, rate: 4) }
                let bytes = try await BenchLoad.register(raw, to: server.port, connections: 16, seconds: seconds)
                show(BenchFigure(name: "register 100 kB raw, 16 connections\(suffix)", value: bytes.text))
                if !hasWorker, let old { compare(bytes, with: old.many, rate: 8) }
                if hasWorker { return }
                let memory = "\(BenchFigure.number(server.residentMegabytes)) MB"
                show(BenchFigure(name: "  front's memory after it", value: memory))
            }
        }
        for callers in [1, 16] {
            let limit = try await BenchLimit.synchronisedFiles(callers: callers, seconds: seconds / 2)
            show(BenchFigure(name: "limit: 100 kB file + fdatasync + rename, \(callers) threads", value: limit.text))
        }
    }

    private func measure(_ request: BenchRequest, port: Int) async throws -> Pace {
        _ = try await BenchLoad.register(request, to: port, connections: 1, seconds: 0.5)
        return Pace(
            one: try await BenchLoad.register(request, to: port, connections: 1, seconds: seconds),
            many: try await BenchLoad.register(request, to: port, connections: 16, seconds: seconds))
    }

    private func compare(_ mine: BenchSamples, with old: BenchSamples, rate: Double) {
        show(.atLeast(rate, mine.rate / old.rate, "×", "  rate ÷ the old stack's as JSON"))
        show(.atMost(0.2, mine.p99 / old.p99, "×", "  p99 ÷ the old stack's"))
    }

    private func oldStack(_ picture: [UInt8]) async throws -> Pace? {
        guard let peers else {
            show(BenchFigure(name: "the old stack", value: "not compared: no --peers"))
            return nil
        }
        do {
            let stack = try BenchPeer(
                script: "old_stack.sh", arguments: [URL(fileURLWithPath: peers).standardizedFileURL.path, "--install"],
                hint: "Install it, or leave out --peers.")
            defer { stack.stop() }
            let pace = try await measure(BenchRequest(json: picture, path: "/register"), port: stack.port)
            show(BenchFigure(name: "the old stack: 100 kB JSON, 1 connection", value: pace.one.text))
            show(BenchFigure(name: "the old stack: 100 kB JSON, 16 connections", value: pace.many.text))
            return pace
        } catch let error as HearthError {
            show(BenchFigure(name: "the old stack", value: "not compared: \(error.message)"))
            return nil
        }
    }
}
