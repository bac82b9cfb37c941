import Foundation
package import HearthCore
package import Logging
import ServiceLifecycle

/// Makes the rows of scans after their answers: what is accepted survives a crash of the process, because it is in
/// a log before the answer goes out.
package final class ScanWriter: Service {
    private struct Waiting: Sendable {
        let record: ScanRecord
        /// Of its record in the log.
        let number: Int64
        let ticket: RecordTicket
    }

    private struct State: Sendable {
        var waiting: [Waiting] = []
        /// Records that this run has written to the log.
        var count: Int64 = 0
        /// Whether the scans of earlier runs have their rows.
        var hasReplayed = false
    }

    private let store: any Store
    private let log: any RecordLog
    private let logger: Logger
    private let limit: Int
    private let unread: MetricCounter
    private let table = ProductTable()
    /// Names this life of the server in its log.
    private let life = Identifier.make()
    private let state = Locked(State())
    /// Writes in a row that have failed.
    private let failures = Locked(0)
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// - Parameter limit: scans that may wait for their rows.
    package init(
        store: any Store, log: any RecordLog, limit: Int = Limits.scanBacklog, metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.store = store
        self.log = log
        self.limit = limit
        self.logger = logger
        unread = metrics.counter(
            "hearth_scans_unread_total", help: "Records of answered scans that could not be read and were set aside.")
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Scans that wait for their rows.
    package var backlog: Int { state.withLock { $0.waiting.count } }

    /// Takes a scan; when this returns true, its row will be made, by this process or the next.
    /// - Returns: false when too many wait, or the disk refuses: the scan is not kept.
    func accept(_ record: ScanRecord) -> Bool {
        do {
            // Under one lock, so that the numbers in the log are in the order in which rows are made.
            let isTaken = try state.withLock { state in
                guard state.waiting.count < limit else { return false }
                var record = record
                let number = state.count + 1
                record.place = ScanRecord.Place(run: life, number: number)
                let ticket = try log.append(record.encoded())
                state.count = number
                state.waiting.append(Waiting(record: record, number: number, ticket: ticket))
                return true
            }
            if isTaken { ring.yield() }
            return isTaken
        } catch {
            logger.warning("A scan could not be kept", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Makes rows until graceful shutdown, and then of what still waits.
    package func run() async throws {
        await replayUntilDone()
        await cancelWhenGracefulShutdown {
            for await _ in self.bell {
                while await self.writeSome() {}
            }
        }
        // What does not come to rows now is in the log.
        while await writeSome(), failures.withLock({ $0 }) == 0 {}
    }

    private func replayUntilDone() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    return try await self.replay()
                } catch {
                    self.logger.warning("Scans of an earlier run wait for the store", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Limits.breakerPause)
                }
            }
        }
    }

    /// Makes the rows of scans that an earlier process had answered; keeps what it cannot read where a person finds it.
    func replay() async throws {
        let table = table
        let (records, failures) = decoded(log.leftovers)
        for start in stride(from: 0, to: records.count, by: Limits.scanBatch) {
            let batch = Array(records[start..<min(start + Limits.scanBatch, records.count)])
            try await store.write { db in try table.storeScans(batch, in: db) }
        }
        if let failure = failures.first {
            let place = try log.setAside(failures.map(\.record))
            unread.increment(by: failures.count)
            logger.error(
                "Scans of an earlier run cannot be read; their records were set aside",
                metadata: ["count": "\(failures.count)", "file": "\(place)", "error": "\(failure.error)"])
        }
        log.forgetLeftovers()
        try await store.write { db in try table.forgetScanLogs(keeping: Limits.scanRuns, in: db) }
        state.withLock { $0.hasReplayed = true }
        if !records.isEmpty {
            logger.notice("Scans of an earlier run were stored", metadata: ["count": "\(records.count)"])
        }
    }

    private func decoded(_ leftovers: [Data]) -> ([ScanRecord], failures: [(record: Data, error: any Error)]) {
        var (records, failures): ([ScanRecord], [(record: Data, error: any Error)]) = ([], [])
        for leftover in leftovers {
            do {
                records.append(try ScanRecord(encoded: leftover))
            } catch {
                failures.append((leftover, error))
            }
        }
        return (records, failures)
    }

    /// Lets a scan have its row now, so that it can be deleted.
    /// - Throws: ``HearthError`` `storage_unavailable` while scans of an earlier run have no rows, and when the row
    ///   cannot be made before the deadline.
    func makeRow(of scan: String, until deadline: ContinuousClock.Instant) async throws {
        guard state.withLock({ $0.hasReplayed || log.leftovers.isEmpty }) else { throw Self.late }
        while isWaiting(scan) {
            guard ContinuousClock.now < deadline else { throw Self.late }
            guard await writeSome() || !isWaiting(scan) else { throw Self.late }
        }
    }

    private func isWaiting(_ scan: String) -> Bool {
        state.withLock { $0.waiting.contains { $0.record.scan.scanID == scan } }
    }

    private static var late: HearthError {
        HearthError(.storageUnavailable, "Scans wait for their rows.", hint: "Try again.", retryAfter: 1)
    }

    /// Makes rows of the oldest scans that wait; any number of callers may do so at once.
    /// - Returns: whether there may be more to do at once.
    func writeSome() async -> Bool {
        let batch = state.withLock { Array($0.waiting.prefix(Limits.scanBatch)) }
        guard let last = batch.last?.number else { return false }
        let table = table
        do {
            try await store.write { db in try table.storeScans(batch.map(\.record), in: db) }
            let stored = state.withLock { state in
                let stored = Array(state.waiting.prefix { $0.number <= last })
                state.waiting.removeFirst(stored.count)
                return stored
            }
            failures.withLock { $0 = 0 }
            log.settle(stored.map(\.ticket))
            return true
        } catch {
            let count = failures.withLock { failures in
                failures += 1
                return failures
            }
            logger.warning("Scans wait for the store", metadata: ["error": "\(error)", "failures": "\(count)"])
            return (try? await Task.sleep(for: Limits.storePause.pause(after: count))) != nil
        }
    }
}
