package import HearthCore
package import HearthInference
package import HearthModelLibrary
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
        library: ModelLibrary, runtime: any ModelRuntime, codec: any ImageCodec,
        configuration: ModelHostConfiguration, logger: Logger
    ) {
        self.runtime = runtime
        self.codec = codec
        self.configuration = configuration
        self.logger = logger
        var slots = library.entries.map { entry in
            let folder: ModelFolder? = if case .usable(let folder) = entry { folder } else { nil }
            return ModelSlot(
                entry, rules: configuration.rules(for: folder),
                keepAlive: folder.map(configuration.policy.keepAlive) ?? .pinned,
                group: folder.flatMap(configuration.policy.group))
        }
        // A process for one group knows its own models only.
        if let group = configuration.group { slots.removeAll { $0.group != group } }
        let anchor = Self.defaultEmbedder(configuration, among: &slots)
        if let place = slots.firstIndex(where: { $0.id == anchor }) { slots[place].serveAnchors() }
        defaultEmbedderID = anchor
        decodeSignal = ThreadSignal(capacity: max(1, configuration.decodeThreads))
        state = Locked(
            HostState(
                group: configuration.group, order: slots.map(\.id),
                slots: Dictionary(slots.map { ($0.id, $0) }) { first, _ in first },
                plan: LoadPlan(limit: configuration.parallelLoads)))
        for note in library.notes { logger.warning("\(note)") }
    }

    /// The id of the model that answers for pictures when none is named.
    private static func defaultEmbedder(
        _ configuration: ModelHostConfiguration, among slots: inout [ModelSlot]
    ) -> String? {
        // Anchors are looked at by the process that is always there.
        guard configuration.group == nil else { return nil }
        let wanted = configuration.defaultEmbedder ?? ModelHostConfiguration.builtInEmbedder
        if slots.contains(where: { $0.id == wanted }) { return wanted }
        guard configuration.defaultEmbedder != nil else {
            let usable = slots.first { $0.folder != nil && $0.kind.modalities.contains(.image) }
            return (usable ?? slots.first)?.id
        }
        // A configured embedder is never replaced silently: its absence is listed like a failed load.
        let reason = "No model folder is named \(wanted)."
        slots.append(
            ModelSlot(
                .refused(.init(id: wanted, kind: .imageEmbedding, reason: reason)), rules: configuration.rules(for: nil)
            ))
        return wanted
    }

    /// Loads, warms and serves until its task is cancelled or ``drain()`` has finished.
    ///
    /// Cancelled, it answers the passes under way, refuses what waits, and frees the models. Runs once.
    package func run() async {
        guard let starts = begin() else { return }
        await withDiscardingTaskGroup { group in
            for number in 0..<max(1, configuration.decodeThreads) {
                group.addTask { await onOwnThread(named: "hearth-decode-\(number)") { self.prepareInputs() } }
            }
            group.addTask { await self.keep() }
            for await start in starts {
                switch start {
                case .model(let id):
                    group.addTask { await onOwnThread(named: "hearth-\(id)") { self.live(id) } }
                case .secondLane(let id, let load):
                    group.addTask { await onOwnThread(named: "hearth-\(id)-2") { self.liveBeside(id, load: load) } }
                }
            }
            stop()
            group.cancelAll()
        }
        end()
    }

    /// Takes no new call, answers those it has, frees the models, then lets ``run()`` return; returns after that.
    package func drain() async {
        await withCheckedContinuation { continuation in
            let (isOver, refused) = state.withLock { state -> (Bool, [(String, InferenceQueue.Entry)]) in
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

    /// The state of each model, in the order of the library.
    package func models() -> [ModelStatus] { state.withLock { $0.statuses } }

    /// The state of the model that answers when a request names none; nil when there is no model at all.
    package func defaultEmbedder() -> ModelStatus? {
        defaultEmbedderID.flatMap { id in state.withLock { $0.status(of: id) } }
    }

    /// Whether the model answers without waiting; nil means the default embedder.
    package func isReady(_ model: String? = nil) -> Bool {
        guard let id = model ?? defaultEmbedderID else { return false }
        return state.withLock { $0.slots[id]?.lifecycle.state == .ready }
    }

    /// Whether a call to the model is answered: here without waiting, or by the process that it lives in, which is
    /// started for the call; nil means the default embedder.
    package func isWithinReach(_ model: String? = nil) -> Bool {
        guard let id = model ?? defaultEmbedderID else { return false }
        return state.withLock { state in
            guard let slot = state.slots[id] else { return false }
            return slot.group == state.group ? slot.lifecycle.state == .ready : slot.folder != nil
        }
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
