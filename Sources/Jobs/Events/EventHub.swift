package import HearthCore
package import Logging
import ServiceLifecycle

/// Tells listeners when a job has new events; the events themselves are read from the log, so none can be lost.
package final class EventHub: Service {
    private struct Listener {
        let jobID: String
        let tenant: Tenant
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var listeners: [Int: Listener] = [:]
        var counts: [Tenant: Int] = [:]
        var nextID = 0
        var isClosed = false

        mutating func add(_ listener: Listener, as id: Int) {
            listeners[id] = listener
            counts[listener.tenant, default: 0] += 1
        }

        mutating func remove(_ id: Int) {
            guard let tenant = listeners.removeValue(forKey: id)?.tenant, let count = counts[tenant] else { return }
            counts[tenant] = count > 1 ? count - 1 : nil
        }
    }

    private let store: any Store
    private let table: JobTable
    private let signal: any JobSignal
    private let logger: Logger
    private let state = Locked(State())

    package init(store: any Store, table: JobTable, signal: any JobSignal, logger: Logger) {
        self.store = store
        self.table = table
        self.signal = signal
        self.logger = logger
    }

    /// How many listen now.
    package var listenerCount: Int { state.withLock { $0.listeners.count } }

    /// Follows the log until graceful shutdown; then every listener's stream ends.
    package func run() async throws {
        defer { close() }
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                group.addTask { [self] in
                    for await _ in signal.rings(while: { self.listenerCount > 0 }) { wake.yield() }
                }
                // A worker on another machine rings no bell here: the log is looked at twice a second in any case.
                group.addTask { while (try? await Task.sleep(for: .milliseconds(500))) != nil { wake.yield() } }
                await follow(wakes)
                group.cancelAll()
            }
        }
    }

    private func follow(_ wakes: AsyncStream<Void>) async {
        var position: Int64?
        for await _ in wakes {
            do {
                position = try await announceChanges(after: position)
            } catch {
                logger.warning("The event log could not be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// - Returns: up to where the log is known; nil when that is not known, because there was no listener.
    private func announceChanges(after position: Int64?) async throws -> Int64? {
        // Every commit with a job comes by here: nothing is read while there is no listener. A client that begins to
        // listen reads the log once by itself.
        guard listenerCount > 0 else { return nil }
        let table = table
        guard var position else {
            // A client that began to listen meanwhile looks for what was skipped.
            let newest = try await store.read { db in try table.newestPosition(in: db) }
            announce { _ in true }
            return newest
        }
        while true {
            let from = position
            let changes = try await store.read { db in try table.changes(after: from, in: db) }
            announce { changes.jobs.contains($0) }
            if changes.position == position { return position }
            position = changes.position
        }
    }

    private func announce(_ hasChanged: (String) -> Bool) {
        for listener in state.withLock({ Array($0.listeners.values) }) where hasChanged(listener.jobID) {
            listener.continuation.yield()
        }
    }

    private func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { (state.listeners, state.counts) = ([:], [:]) }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.continuation.finish() }
    }

    /// The events of a job after a number: first those in the log, then live, until the job has ended.
    ///
    /// Each page is read when the consumer asks for it, so a slow one holds no memory and loses nothing.
    /// - Parameter tenant: the job's; each has a share of the listeners.
    /// - Throws: ``HearthError`` `overloaded` when too many listen.
    package func events(of jobID: String, since number: Int, tenant: Tenant) throws -> JobEventSequence {
        JobEventSequence(
            jobID: jobID, since: number, wakes: try listen(to: jobID, tenant), store: store, table: table)
    }

    private func listen(to jobID: String, _ tenant: Tenant) throws -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id: Int? = state.withLock { state in
            guard state.listeners.count < Limits.eventListeners,
                state.counts[tenant, default: 0] < Limits.tenantEventListeners
            else { return nil }
            state.nextID += 1
            if !state.isClosed {
                state.add(Listener(jobID: jobID, tenant: tenant, continuation: continuation), as: state.nextID)
            }
            return state.nextID
        }
        guard let id else {
            throw HearthError(
                .overloaded, "Too many clients follow jobs now.", hint: "Poll the events instead, or try again later.",
                retryAfter: 5)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.remove(id) }
        }
        if state.withLock({ $0.isClosed }) { continuation.finish() } else { continuation.yield() }
        return stream
    }
}
