import Foundation
package import HearthCore
package import HearthInference

/// The workers' models as the front sees them: ``InferenceEngine`` over the socket of whichever worker has the model.
///
/// A call that meets a worker which is loading, dying or being replaced is tried again until its deadline.
package final class WorkerClient: InferenceEngine {
    /// Seconds: who is told to come back that late need not wait.
    private static let hopeless = 30

    private let wire = WorkerWire()
    private let directory = Locked(WorkerDirectory())

    package init() {}

    /// Closes the connections; call it once, last.
    package func shutDown() async throws { try await wire.shutDown() }

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

    package func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        guard let result = try await embed([request]).first else {
            throw HearthError(.internalError, "The worker answered with nothing.")
        }
        return try result.get()
    }

    package func embed(_ requests: [EmbeddingRequest]) async throws -> [Result<EmbeddingResult, HearthError>] {
        var results = [Result<EmbeddingResult, HearthError>?](repeating: nil, count: requests.count)
        var open = Array(requests.indices)
        var pause = Duration.milliseconds(20)
        while true {
            for (place, result) in try await attempt(open.map { requests[$0] }, at: open) { results[place] = result }
            open = open.filter { place in
                results[place].map { Self.isOpen($0, requests[place].deadline, pause) } ?? true
            }
            guard !open.isEmpty else { break }
            // The worker is being started or replaced: the callers wait, within their deadlines.
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(250))
        }
        return results.map { $0 ?? .failure(WorkerWire.notReady(nil)) }
    }

    package func infer(_ request: InferenceRequest) async throws -> [NamedTensor] {
        let frames = try EngineWire.frames(request, now: .now)
        let answer = try await retrying(until: request.deadline) {
            let socket = try await self.socket(of: request.model, until: request.deadline)
            return try await self.wire.post(
                EngineWire.inferPath, to: socket, frames: frames, timeout: request.deadline - .now)
        }
        return try answer.map { try EngineWire.tensor($0) }
    }

    package func models() async throws -> [ModelStatus] {
        if let known = directory.withLock({ $0.models }) { return known }
        return try await status().models
    }

    package func defaultEmbedder() async throws -> ModelStatus? {
        if let known = directory.withLock({ $0.embedder }) { return known }
        return try await status().embedder
    }

    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try await retrying(until: deadline) {
            let socket = try await self.socket(of: model, until: deadline)
            var query = ["model": model, "timeout_ms": String(max(1, (deadline - .now).nanoseconds / 1_000_000))]
            query["keep_alive"] = keepAlive?.text
            let status = try await self.wire.change(
                EngineWire.loadPath, query: query, at: socket, timeout: deadline - .now)
            self.note(status, group: self.directory.withLock { $0.group(of: model) })
        }
    }

    package func unload(_ model: String) async throws {
        let (group, known) = directory.withLock { ($0.group(of: model), $0.socket(of: model)) }
        // A group without a worker has nothing in memory.
        if group != nil, known == nil { return }
        guard let socket = known else { throw WorkerWire.notReady(nil) }
        let status = try await wire.change(
            EngineWire.unloadPath, query: ["model": model], at: socket, timeout: Limits.drain + .seconds(1))
        note(status, group: group)
    }

    /// The description that the worker which is always there gives of itself.
    package func status() async throws -> EngineStatus {
        guard let socket = directory.withLock({ $0.socket(group: nil) }) else { throw WorkerWire.notReady(nil) }
        let status = try await status(of: socket)
        note(status)
        return status
    }

    /// A worker's description of itself.
    /// - Throws: ``HearthError`` `model_not_ready` when it does not answer.
    package func status(of socket: String, timeout: Duration = .seconds(2)) async throws -> EngineStatus {
        try await wire.status(of: socket, timeout: timeout)
    }

    /// The metrics of workers, by name; those that do not answer in time are left out.
    package func metrics(
        of workers: [String], in folder: DataFolder
    ) async -> [(process: String, text: String)] {
        await withTaskGroup(of: (process: String, text: String)?.self) { group in
            for worker in workers {
                group.addTask {
                    let socket = folder.socket(of: worker)
                    let text = try? await self.wire.metrics(of: socket, timeout: Limits.metricsTime)
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
        _ requests: [EmbeddingRequest], at places: [Int]
    ) async throws -> [(Int, Result<EmbeddingResult, HearthError>)] {
        let groups = directory.withLock { directory in
            Dictionary(grouping: zip(places, requests)) { directory.group(of: $1.model) }
        }
        if groups.count == 1, let only = groups.first {
            return try await attempt(only.value.map(\.1), at: only.value.map(\.0), group: only.key)
        }
        return try await concurrentMap(Array(groups)) { group, calls in
            try await self.attempt(calls.map(\.1), at: calls.map(\.0), group: group)
        }.flatMap { $0 }
    }

    private func attempt(
        _ requests: [EmbeddingRequest], at places: [Int], group: String?
    ) async throws -> [(Int, Result<EmbeddingResult, HearthError>)] {
        let now = ContinuousClock.now
        let deadline = requests.map(\.deadline).max() ?? now
        do {
            guard deadline > now else { throw HearthError(.deadlineExceeded, "The model did not answer in time.") }
            let socket = try await socket(group: group, until: deadline)
            let frames = try await wire.post(
                EngineWire.embedPath, to: socket, frames: requests.map { try EngineWire.frame($0, now: now) },
                timeout: deadline - now)
            guard frames.count == requests.count else {
                throw HearthError(.internalError, "The worker answered with \(frames.count) results.")
            }
            return try zip(places, frames).map { ($0, try EngineWire.result($1)) }
        } catch let error as HearthError {
            return places.map { ($0, .failure(error)) }
        }
    }

    /// Whether a failure passes: a model that could not be loaded will not be there in a moment.
    private static func mayPass(_ error: HearthError) -> Bool {
        error.code == .modelNotReady && (error.retryAfter ?? 0) < hopeless
    }

    private static func isOpen(
        _ result: Result<EmbeddingResult, HearthError>, _ deadline: ContinuousClock.Instant, _ pause: Duration
    ) -> Bool {
        guard case .failure(let error) = result else { return false }
        return mayPass(error) && ContinuousClock.now + pause < deadline
    }

    private func retrying<Success: Sendable>(
        until deadline: ContinuousClock.Instant, _ body: () async throws -> Success
    ) async throws -> Success {
        var pause = Duration.milliseconds(20)
        while true {
            do {
                return try await body()
            } catch let error as HearthError where Self.mayPass(error) {
                guard ContinuousClock.now + pause < deadline else { throw error }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(250))
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
        guard let group, let start else { throw WorkerWire.notReady(nil) }
        return try await start(group, deadline)
    }
}
