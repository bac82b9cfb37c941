package import HearthCatalogue
package import HearthCore
package import Logging

/// Keeps models warm and answers calls to them in batches: the heart of the worker.
///
/// Each model has one thread that loads it, warms it and runs its passes; a few threads decode pictures for all of
/// them. The threads are children of ``run()`` and have ended when it returns.
package final class ModelHost: InferenceEngine {
    let runtime: any ModelRuntime
    let codec: any ImageCodec
    let configuration: ModelHostConfiguration
    let logger: Logger
    let state: Locked<HostState>
    /// Wakes the decoding threads.
    let decodeSignal: ThreadSignal
    /// The model that answers when a request names none; nil when there is no model at all.
    package let defaultEmbedderID: String?

    /// Knows the models; loads nothing before ``run()``.
    package init(
        catalogue: ModelCatalogue, runtime: any ModelRuntime, codec: any ImageCodec,
        configuration: ModelHostConfiguration, logger: Logger
    ) {
        self.runtime = runtime
        self.codec = codec
        self.configuration = configuration
        self.logger = logger
        let rules = EmbeddingQueue.Rules(
            limit: configuration.queueLimit, passSizes: configuration.passSizes,
            decodedAhead: 2 * configuration.batchLimit, patience: 8)
        var slots = catalogue.entries.map { HostState.Slot($0, rules: rules) }
        let wanted = configuration.defaultEmbedder ?? ModelHostConfiguration.builtInEmbedder
        let first = slots.first { $0.folder != nil }?.id ?? slots.first?.id
        let isKnown = slots.contains { $0.id == wanted }
        // A configured embedder is never replaced silently: its absence is listed like a failed load.
        defaultEmbedderID = isKnown || configuration.defaultEmbedder != nil ? wanted : first
        if !isKnown, configuration.defaultEmbedder != nil {
            let reason = "No model folder is named \(wanted)."
            slots.append(
                HostState.Slot(
                    .refused(.init(id: wanted, kind: .imageEmbedding, reason: reason)), rules: rules))
        }
        decodeSignal = ThreadSignal(capacity: max(1, configuration.decodeThreads))
        state = Locked(
            HostState(
                order: slots.map(\.id), slots: Dictionary(slots.map { ($0.id, $0) }) { first, _ in first },
                plan: LoadPlan(limit: configuration.parallelLoads)))
        for note in catalogue.notes { logger.warning("\(note)") }
    }

    /// Loads, warms and serves until its task is cancelled or ``drain()`` has finished.
    ///
    /// Cancelled, it answers the passes under way, refuses what waits, and frees the models. Runs once.
    package func run() async {
        guard let starts = begin() else { return }
        await withDiscardingTaskGroup { group in
            for number in 0..<max(1, configuration.decodeThreads) {
                group.addTask { await onOwnThread(named: "hearth-decode-\(number)") { self.decodePictures() } }
            }
            for await id in starts {
                group.addTask { await onOwnThread(named: "hearth-\(id)") { self.live(id) } }
            }
            stop()
        }
        end()
    }

    /// Takes no new call, answers those it has, frees the models, then lets ``run()`` return; returns after that.
    package func drain() async {
        await withCheckedContinuation { continuation in
            let (isOver, refused) = state.withLock { state -> (Bool, [(String, EmbeddingQueue.Entry)]) in
                guard state.phase == .running || state.phase == .draining || state.phase == .stopping else {
                    state.phase = .ended
                    return (true, state.refuseAll())
                }
                state.drainers.append(continuation)
                return (false, state.phase == .running ? state.beginDrain() : [])
            }
            for (id, entry) in refused { refuse(entry, of: id) }
            if isOver { continuation.resume() } else { decodeSignal.signalAll() }
        }
    }

    /// Loads a model that is absent or has failed; shares a load that is under way. Returns at once.
    /// - Throws: ``HearthError`` `not_found`.
    package func load(_ model: String) throws(HearthError) {
        let isKnown = state.withLock { state in
            state.requestLoad(model)
            return state.slots[model] != nil
        }
        guard isKnown else { throw Self.unknown(model) }
    }

    package func infer(_ request: InferenceRequest) async throws -> [NamedTensor] { throw Self.unknown(request.model) }

    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try load(model)
    }

    package func unload(_ model: String) async throws { throw Self.unknown(model) }

    /// The state of each model, in the order of the catalogue.
    package func models() -> [ModelStatus] { state.withLock { $0.statuses } }

    /// The state of the model that answers when a request names none; nil when there is no model at all.
    package func defaultEmbedder() -> ModelStatus? {
        defaultEmbedderID.flatMap { id in state.withLock { $0.slots[id]?.status } }
    }

    /// Whether the model answers without waiting; nil means the default embedder.
    package func isReady(_ model: String? = nil) -> Bool {
        guard let id = model ?? defaultEmbedderID else { return false }
        return state.withLock { $0.slots[id]?.lifecycle.state == .ready }
    }

    /// The ids of the models that answer without waiting.
    package func readyModels() -> Set<String> {
        state.withLock { state in Set(state.order.filter { state.slots[$0]?.lifecycle.state == .ready }) }
    }

    /// Each change of a model's state, after the present state of each model; ends when ``run()`` has.
    ///
    /// A listener that does not keep up misses old changes, never the newest ones.
    package func changes() -> AsyncStream<ModelStatus> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ModelStatus.self, bufferingPolicy: .bufferingNewest(256))
        let id: Int? = state.withLock { state in
            for status in state.statuses { continuation.yield(status) }
            guard state.phase != .ended else { return nil }
            let id = state.nextID()
            state.listeners[id] = continuation
            return id
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    static func unknown(_ model: String) -> HearthError {
        HearthError(.notFound, "There is no model named \"\(model.prefix(100))\".")
    }
}

extension HostState.Slot {
    init(_ entry: ModelCatalogue.Entry, rules: EmbeddingQueue.Rules) {
        queue = EmbeddingQueue(rules: rules)
        switch entry {
        case .usable(let folder):
            id = folder.id
            kind = folder.manifest.kind
            licence = folder.manifest.licence
            self.folder = folder
            lifecycle = ModelLifecycle()
        case .refused(let refusal):
            id = refusal.id
            kind = refusal.kind
            licence = refusal.licence
            folder = nil
            lifecycle = ModelLifecycle(failed: refusal.reason)
        case .skipped(let refusal):
            id = refusal.id
            kind = refusal.kind
            licence = refusal.licence
            folder = nil
            lifecycle = ModelLifecycle(skipped: refusal.reason)
        }
    }
}
