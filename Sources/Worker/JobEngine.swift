import HearthCore
import HearthInference
import HearthModelRuntime
import HearthWorkerLink

/// The models as jobs use them: those of this process as the requests' priorities say, all others through the front,
/// which starts the processes that they live in.
struct JobEngine: InferenceEngine {
    /// The models of this process; nil in a role without any.
    let host: ModelHost?
    /// Talks to the front's own socket only.
    let front: WorkerClient
    /// Where the front answers workers.
    let frontSocket: String

    init(host: ModelHost?, frontSocket: String) {
        self.host = host
        self.frontSocket = frontSocket
        front = WorkerClient()
        front.use(socket: frontSocket)
    }

    /// Closes the connections to the front; call it once, last.
    func shutDown() async throws { try await front.shutDown() }

    func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        guard let host else { return try await front.answer(requests) }
        let elsewhere = requests.map { host.modelElsewhere(for: $0) }
        guard elsewhere.contains(where: { $0 != nil }) else { return try await host.answer(requests) }
        let groups = Dictionary(grouping: requests.indices) { elsewhere[$0] != nil }
        let answers = try await concurrentMap(Array(groups)) { isElsewhere, places in
            let asked = places.map { place in
                var request = requests[place]
                request.model = elsewhere[place] ?? request.model
                return request
            }
            return Array(zip(places, isElsewhere ? try await front.answer(asked) : try await host.answer(asked)))
        }
        return answers.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// What the front says of all models. Asked each time, because this process is not told of changes.
    func status() async throws -> EngineStatus { try await front.status(of: frontSocket) }

    func models() async throws -> [ModelStatus] {
        guard let host else { return try await status().models }
        return host.models()
    }

    func defaultEmbedder() async throws -> ModelStatus? {
        guard let host else { return try await status().embedder }
        return host.defaultEmbedder()
    }

    func productEmbedder() async throws -> ModelStatus? {
        guard let host else { return try await status().embedderOfProducts }
        return host.productEmbedder()
    }

    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        guard let host, !host.livesElsewhere(model) else {
            return try await front.load(model, keepAlive: keepAlive, deadline: deadline)
        }
        try await host.load(model, keepAlive: keepAlive, deadline: deadline)
    }

    func unload(_ model: String) async throws {
        guard let host, !host.livesElsewhere(model) else { return try await front.unload(model) }
        try await host.unload(model)
    }
}
