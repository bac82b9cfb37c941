import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthSQLite

/// Kills a worker in the middle of its work, and asks the doors meanwhile.
struct BenchCrash {
    let server: BenchServer
    let request: BenchRequest

    /// Milliseconds from the kill to the next attempt of a job that the worker held.
    func measure(_ show: (BenchFigure) -> Void) async throws -> Double {
        let anchor = try await rememberedAnchor()
        _ = try await BenchLoad.register(request, to: server.port, connections: 16, seconds: 1)
        let store = try SQLiteStore(path: server.folder.database)
        let held = try await heldJobs(store)
        guard let worker = server.worker(), !held.isEmpty else {
            throw HearthError(.internalError, "The worker had nothing to do.")
        }
        let isOver = Locked(false)
        let answers = Locked<(times: [Double], failures: Int)>(([], 0))
        let port = server.port
        let killedAt = SystemClock().now()
        kill(pid_t(worker.pid), SIGKILL)
        async let asking: Void = BenchLoad.threads(1) { _ in
            while !isOver.withLock({ $0 }) {
                let begin = ContinuousClock.now
                let isFine = Self.doorsAnswer(port: port, anchor: anchor)
                answers.withLock {
                    $0.times.append((ContinuousClock.now - begin).fractionalMilliseconds)
                    if !isFine { $0.failures += 1 }
                }
            }
        }
        let again = try? await nextAttempt(of: held, after: killedAt, store)
        isOver.withLock { $0 = true }
        await asking
        let (times, failures) = answers.withLock { $0 }
        show(
            BenchFigure(
                name: "  /health + recall by stored vector meanwhile",
                value: BenchSamples(times, failures: failures).text,
                bar: "0 failed", isMet: failures == 0))
        guard let again else { throw HearthError(.internalError, "No job ran again.") }
        return Double(again - killedAt)
    }

    /// Registers a picture and waits until it has its vector.
    private func rememberedAnchor() async throws -> String {
        let connection = try BenchConnection(.port(server.port))
        var request = request
        request.setNumber(BenchLoad.nextNumber())
        let answer = try JSONParser.read(connection.send(request.bytes).body)
        guard let anchor = answer["anchor_id"]?.stringValue else {
            throw HearthError(.internalError, "The registration failed.")
        }
        for _ in 0..<500 {
            if Self.doorsAnswer(port: server.port, anchor: anchor) { return anchor }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw HearthError(.internalError, "The picture got no vector.")
    }

    private static func doorsAnswer(port: Int, anchor: String) -> Bool {
        let body = "{\"anchor_id\":\"\(anchor)\"}"
        let head = "POST /api/recall HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        let recall = Array("\(head)content-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        guard let connection = try? BenchConnection(.port(port)), let health = try? connection.get("/health"),
            let recalled = try? connection.send(recall)
        else { return false }
        return health.status == 200 && recalled.status == 200
    }

    /// Jobs that are being worked on, with the number of their newest event.
    private func heldJobs(_ store: SQLiteStore) async throws -> [String] {
        for _ in 0..<1_000 {
            let jobs = try await store.read { db in
                try db.values("SELECT id FROM jobs WHERE state = 'in_progress'", as: String.self)
            }
            if !jobs.isEmpty { return jobs }
        }
        return []
    }

    private func nextAttempt(of jobs: [String], after time: Int64, _ store: SQLiteStore) async throws -> Int64 {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let first = try await store.read { db in
                try db.value(
                    """
                    SELECT MIN(started_at) FROM jobs
                    WHERE crashes > 0 AND started_at > \(time) AND id IN \(list: jobs)
                    """, as: Int64?.self)
            }
            if case let first?? = first { return first }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw HearthError(.deadlineExceeded, "No job ran again.")
    }
}
