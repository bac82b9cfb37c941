import Foundation
package import HearthCore
package import Logging
import ServiceLifecycle

/// Makes the rows of scans after their answers: what is accepted survives a crash of the process, because it is in
/// a log before the answer goes out.
package final class ScanWriter: Service {
    private struct Waiting: Sendable {
        let record: ScanRecord
        let ticket: RecordTicket
    }

    private let store: any Store
    private let log: any RecordLog
    private let logger: Logger
    private let limit: Int
    private let unread: MetricCounter
    private let table = ProductTable()
    private let waiting = Locked<[Waiting]>([])
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
    package var backlog: Int { waiting.withLock { $0.count } }

    /// Takes a scan; when this returns true, its row will be made, by this process or the next.
    /// - Parameter encoded: The record as the log holds it.
    /// - Returns: false when too many wait, or the disk refuses: the scan is not kept.
    func accept(_ record: ScanRecord, _ encoded: Data) -> Bool {
        guard backlog < limit else { return false }
        do {
            let ticket = try log.append(encoded)
            waiting.withLock { $0.append(Waiting(record: record, ticket: ticket)) }
            ring.yield()
            return true
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
            try await store.write { db in
                for record in batch { try table.insertScan(record, in: db) }
            }
        }
        if let failure = failures.first {
            let place = try log.setAside(failures.map(\.record))
            unread.increment(by: failures.count)
            logger.error(
                "Scans of an earlier run cannot be read; their records were set aside",
                metadata: ["count": "\(failures.count)", "file": "\(place)", "error": "\(failure.error)"])
        }
        log.forgetLeftovers()
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

    /// - Returns: whether there may be more to do at once.
    func writeSome() async -> Bool {
        let batch = waiting.withLock { Array($0.prefix(Limits.scanBatch)) }
        guard !batch.isEmpty else { return false }
        let table = table
        do {
            try await store.write { db in
                for waiting in batch { try table.insertScan(waiting.record, in: db) }
            }
            waiting.withLock { $0.removeFirst(batch.count) }
            failures.withLock { $0 = 0 }
            log.settle(batch.map(\.ticket))
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
