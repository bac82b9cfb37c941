import Foundation
package import HearthCore
package import HearthInference

/// The workers' models as the front sees them: ``InferenceEngine`` over the socket of whichever worker has the model.
///
/// A call that meets a worker which is loading, dying or being replaced is tried again until its deadline.
package final class WorkerClient: InferenceEngine {
    /// Seconds: a caller that is told to come back later than this gets the error at once.
    private static let longestWait = 30

    private let calls = WorkerCalls()
    private let directory = Locked(WorkerDirectory())

    package init() {}

    /// Closes the connections; call it once, last.
    package func shutDown() async throws { try await calls.shutDown() }

    /// Sends new calls to the worker behind this socket; nil: there is none.
    /// - Parameter group: The models it serves; nil: those that are always in memory.
    package func use(socket: String?, group: String? = nil) {
        directory.withLock { $0.use(socket: socket, group: group) }
    }

    /// Learns what a worker said of its models.
    package func note(_ status: EngineStatus, group: String? = nil) {
        directory.withLock { $0.note(status, group: group) }
    }

    /// Sets who starts the worker of a group that has none.
    package func startGroups(by start: @escaping WorkerDirectory.Start) { directory.withLock { $0.start = start } }

    /// The answers of the workers that have the models, in the order of the requests.
    /// - Throws: `CancellationError`.
    package func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        var results = [Result<InferenceAnswer, HearthError>?](repeating: nil, count: requests.count)
        var open = Array(requests.indices)
        var tries = 0
        while true {
            tries += 1
            let pause = Limits.workerBackoff.pause(after: tries)
            for (place, result) in try await attempt(open.map { requests[$0] }, at: open) { results[place] = result }
            open = open.filter { place in
                results[place].map { Self.isOpen($0, requests[place].deadline, pause) } ?? true
            }
            guard !open.isEmpty else { break }
            // The worker is being started or replaced: the callers wait, within their deadlines.
            try await Task.sleep(for: pause)
        }
        return results.map { $0 ?? .failure(WorkerCalls.notReady(nil)) }
    }

    /// The models as the worker that is always there lists them.
    /// - Throws: ``HearthError`` `model_not_ready` while there is no worker.
    package func models() async throws -> [ModelStatus] {
        if let known = directory.withLock({ $0.models }) { return known }
        return try await status().models
    }

    /// The model that serves anchors; nil when the worker has none.
    /// - Throws: ``HearthError`` `model_not_ready` while there is no worker.
    package func defaultEmbedder() async throws -> ModelStatus? {
        if let known = directory.withLock({ $0.embedder }) { return known }
        return try await status().embedder
    }

    /// The model that looks at products; nil when the worker has none.
    /// - Throws: ``HearthError`` `model_not_ready` while there is no worker.
    package func productEmbedder() async throws -> ModelStatus? {
        if let known = directory.withLock({ $0.embedderOfProducts }) { return known }
        return try await status().embedderOfProducts
    }

    /// Loads a model in the worker that has it and returns when it is ready.
    /// - Throws: ``HearthError`` `not_found`, `model_not_ready`.
    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try await retrying(until: deadline) {
            let socket = try await self.socket(of: model, until: deadline)
            var query = ["model": model, "timeout_ms": String(max(1, (deadline - .now).nanoseconds / 1_000_000))]
            query["keep_alive"] = keepAlive?.text
            let status = try await self.calls.change(
                InferenceWire.loadPath, query: query, at: socket, timeout: deadline - .now)
            self.note(status, group: self.directory.withLock { $0.group(of: model) })
        }
    }

    /// Lets a model leave the memory of its worker; returns when it is gone.
    /// - Throws: ``HearthError`` `not_found`, `conflict`, `model_not_ready`.
    package func unload(_ model: String) async throws {
        let (group, known) = directory.withLock { ($0.group(of: model), $0.socket(of: model)) }
        // A group without a worker has nothing in memory.
        if group != nil, known == nil { return }
        guard let socket = known else { throw WorkerCalls.notReady(nil) }
        let status = try await calls.change(
            InferenceWire.unloadPath, query: ["model": model], at: socket, timeout: Limits.drain + .seconds(1))
        note(status, group: group)
    }

    /// The description that the worker which is always there gives of itself.
    package func status() async throws -> EngineStatus {
        guard let socket = directory.withLock({ $0.socket(group: nil) }) else { throw WorkerCalls.notReady(nil) }
        let status = try await status(of: socket)
        note(status)
        return status
    }

    /// A worker's description of itself.
    /// - Throws: ``HearthError`` `model_not_ready` when it does not answer.
    package func status(of socket: String, timeout: Duration = .seconds(2)) async throws -> EngineStatus {
        try await calls.status(of: socket, timeout: timeout)
    }

    /// The metrics of workers, by name; those that do not answer in time are left out.
    package func metrics(
        of workers: [String], in folder: DataFolder
    ) async -> [(process: String, text: String)] {
        await withTaskGroup(of: (process: String, text: String)?.self) { group in
            for worker in workers {
                group.addTask {
                    let socket = folder.socket(of: worker)
                    let text = try? await self.calls.metrics(of: socket, timeout: Limits.metricsTime)
                    return text.map { (worker, $0) }
                }
            }
            var pages: [(process: String, text: String)] = []
            for await page in group { if let page { pages.append(page) } }
            return pages.sorted { $0.process < $1.process }
        }
    }

    /// One try for each worker that has some of the models.
    /// - Parameter places: Where each request stands in the whole.
    private func attempt(
        _ requests: [InferenceRequest], at places: [Int]
    ) async throws -> [(Int, Result<InferenceAnswer, HearthError>)] {
        let groups = directory.withLock { directory in
            Dictionary(grouping: zip(places, requests)) { directory.group(of: $1.model) }
        }
        if groups.count == 1, let only = groups.first {
            return try await attempt(only.value.map(\.1), at: only.value.map(\.0), group: only.key)
        }
        return try await concurrentMap(Array(groups)) { group, members in
            try await self.attempt(members.map(\.1), at: members.map(\.0), group: group)
        }.flatMap { $0 }
    }

    private func attempt(
        _ requests: [InferenceRequest], at places: [Int], group: String?
    ) async throws -> [(Int, Result<InferenceAnswer, HearthError>)] {
        let now = ContinuousClock.now
        let deadline = requests.map(\.deadline).max() ?? now
        do {
            guard deadline > now else { throw HearthError(.deadlineExceeded, "The model did not answer in time.") }
            let socket = try await socket(group: group, until: deadline)
            return Array(zip(places, try await calls.answer(requests, at: socket, timeout: deadline - now)))
        } catch let error as HearthError {
            return places.map { ($0, .failure(error)) }
        }
    }

    /// Whether a failure passes: a model that could not be loaded will not be there in a moment.
    private static func mayPass(_ error: HearthError) -> Bool {
        error.code == .modelNotReady && (error.retryAfter ?? 0) < longestWait
    }

    private static func isOpen(
        _ result: Result<InferenceAnswer, HearthError>, _ deadline: ContinuousClock.Instant, _ pause: Duration
    ) -> Bool {
        guard case .failure(let error) = result else { return false }
        return mayPass(error) && ContinuousClock.now + pause < deadline
    }

    private func retrying<Success: Sendable>(
        until deadline: ContinuousClock.Instant, _ body: () async throws -> Success
    ) async throws -> Success {
        var tries = 0
        while true {
            tries += 1
            do {
                return try await body()
            } catch let error as HearthError where Self.mayPass(error) {
                let pause = Limits.workerBackoff.pause(after: tries)
                guard ContinuousClock.now + pause < deadline else { throw error }
                try await Task.sleep(for: pause)
            }
        }
    }

    private func socket(of model: String, until deadline: ContinuousClock.Instant) async throws -> String {
        try await socket(group: directory.withLock { $0.group(of: model) }, until: deadline)
    }

    /// The socket of a group's worker, which is started when there is none.
    private func socket(group: String?, until deadline: ContinuousClock.Instant) async throws -> String {
        let (socket, start) = directory.withLock { ($0.socket(group: group), $0.start) }
        if let socket { return socket }
        guard let group, let start else { throw WorkerCalls.notReady(nil) }
        return try await start(group, deadline)
    }
}
