import Foundation
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
    /// Wakes the thread that decodes large pictures.
    let largePictureSignal = ThreadSignal(capacity: Limits.largePictures)
    /// The model that answers when a request names none; nil when there is no model at all.
    package let defaultEmbedderID: String?
    /// The model that looks at products.
    package let productEmbedderID: String?

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
        Self.putFirst(configuration, among: &slots)
        let anchor = Self.defaultEmbedder(configuration, among: &slots)
        if let place = slots.firstIndex(where: { $0.id == anchor }) { slots[place].serveAnchors() }
        defaultEmbedderID = anchor
        productEmbedderID = Self.productEmbedder(configuration, among: &slots) ?? anchor
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
        slots.append(missing(wanted, .imageEmbedding, configuration))
        return wanted
    }

    /// The id of the model that is configured to look at products; nil when none is.
    private static func productEmbedder(
        _ configuration: ModelHostConfiguration, among slots: inout [ModelSlot]
    ) -> String? {
        guard configuration.group == nil, let wanted = configuration.productEmbedder else { return nil }
        if !slots.contains(where: { $0.id == wanted }) {
            slots.append(missing(wanted, .imageEmbedding, configuration))
        }
        return wanted
    }

    /// Puts the model for texts that is configured before all others: callers take the first one that reads texts.
    private static func putFirst(_ configuration: ModelHostConfiguration, among slots: inout [ModelSlot]) {
        guard configuration.group == nil, let wanted = configuration.textEmbedder else { return }
        var slot = missing(wanted, .textEmbedding, configuration)
        if let place = slots.firstIndex(where: { $0.id == wanted }) { slot = slots.remove(at: place) }
        slots.insert(slot, at: 0)
    }

    /// A configured embedder is never replaced silently: its absence is listed like a failed load.
    private static func missing(
        _ id: String, _ kind: ModelKind, _ configuration: ModelHostConfiguration
    ) -> ModelSlot {
        ModelSlot(
            .refused(.init(id: id, kind: kind, reason: "No model folder is named \(id).")),
            rules: configuration.rules(for: nil))
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
            group.addTask { await onOwnThread(named: "hearth-decode-large") { self.prepareLargePictures() } }
            group.addTask { await self.keep() }
            for await start in starts {
                switch start {
                case .model(let id):
                    group.addTask { await onOwnThread(named: "hearth-\(id)") { self.live(id) } }
                case .secondStream(let id, let load):
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
                    for id in state.clearLoads() { state.abandonLoad(id) }
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

    /// The state of the model that looks at products; nil when there is no model at all.
    package func productEmbedder() -> ModelStatus? {
        productEmbedderID.flatMap { id in state.withLock { $0.status(of: id) } }
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

/// What a model is loaded from, and where its compiled graphs are kept.
extension ModelHost {
    /// What the model computes with.
    func precision(of folder: ModelFolder) -> String {
        if let known = state.withLock({ $0.freePrecision }) { return folder.precision(free: known) }
        // Asking the machine loads the library's plug-in; the answer is the same for every caller.
        let free =
            configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
        state.withLock { $0.freePrecision = free }
        return folder.precision(free: free)
    }

    /// Reads the model's tokeniser, and lets the texts that wait be prepared with it.
    func loadTokenizer(of folder: ModelFolder) throws -> Tokenizer? {
        guard let preprocessing = folder.manifest.text else { return nil }
        guard let data = FileManager.default.contents(atPath: folder.path(of: preprocessing.tokenizer)) else {
            throw HearthError(.invalidConfiguration, "\(preprocessing.tokenizer) cannot be read.")
        }
        let tokenizer = try Tokenizer(json: data)
        try preprocessing.checkPrefixes(with: tokenizer)
        state.withLock { $0.slots[folder.id]?.tokenizer = tokenizer }
        decodeSignal.signalAll()
        return tokenizer
    }

    func request(
        for folder: ModelFolder, weights: String, precision: String, streams: Int = 1
    ) -> ModelLoadRequest {
        ModelLoadRequest(
            path: folder.path(of: weights), precision: precision,
            cacheFolder: blobs(of: folder).map { "\($0.folder)/\($0.name)" }, threads: configuration.threads,
            streams: streams)
    }

    /// Where compiled graphs of a model lie. A runtime knows a graph by its path; the digest in the name makes changed
    /// weights a new one.
    private func blobs(of folder: ModelFolder) -> (folder: String, name: String)? {
        configuration.cacheFolder.map { ("\($0)/\(folder.id)", String(folder.digest.prefix(16))) }
    }

    /// Compiled graphs of earlier weights are never read again.
    func removeStaleBlobs(of folder: ModelFolder) {
        guard let blobs = blobs(of: folder) else { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: blobs.folder)) ?? []
        for name in names where name != blobs.name {
            do {
                try FileManager.default.removeItem(atPath: "\(blobs.folder)/\(name)")
            } catch {
                logger.warning(
                    "An old compiled graph cannot be removed.", metadata: ["model": "\(folder.id)", "name": "\(name)"])
            }
        }
    }
}

/// Which models are in memory, and for how long.
extension ModelHost {
    /// Asks for a model that is absent or has failed; shares a load that is under way. Returns at once.
    /// - Throws: ``HearthError`` `not_found`.
    package func load(_ model: String) throws(HearthError) {
        let isKnown = state.withLock { state in
            state.requestLoad(model)
            return state.slots[model] != nil
        }
        guard isKnown else { throw Self.unknown(model) }
    }

    /// Loads a model and returns when it is ready.
    /// - Throws: ``HearthError`` `not_found`, `model_not_ready` when it cannot be loaded, `deadline_exceeded`; the load
    ///   goes on then.
    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        if let keepAlive { state.withLock { $0.slots[model]?.keep(keepAlive) } }
        try load(model)
        var status = try await first(of: model, until: deadline) { $0.state.isSettled }
        if status?.state == .absent {
            // It was on its way out of memory when it was asked for: now it has left, and comes back.
            try load(model)
            status = try await first(of: model, until: deadline) { $0.state.isSettled }
        }
        if let status, status.state != .ready { throw notReady(model) }
        guard status != nil else {
            throw HearthError(.deadlineExceeded, "The model \(model) is still loading.", retryAfter: 2)
        }
    }

    /// Takes a model out of memory when its calls have ended.
    /// - Throws: ``HearthError`` `not_found`, `conflict` for the one that serves anchors.
    package func unload(_ model: String) async throws {
        guard model != defaultEmbedderID else {
            throw HearthError(
                .conflict, "The model \(model) serves anchors and stays in memory.",
                hint: "Name another one by --anchor-model first.")
        }
        let refused = try state.withLock { state in
            guard state.slots[model] != nil else { throw Self.unknown(model) }
            return state.letGo(model)
        }
        for entry in refused { refuse(entry, of: model) }
        _ = try await first(of: model, until: .now + Limits.drain) { status in
            status.state.isSettled && status.state != .ready
        }
    }

    /// The first status of a model that fits; nil when the deadline has passed.
    private func first(
        of model: String, until deadline: ContinuousClock.Instant, _ fits: @escaping @Sendable (ModelStatus) -> Bool
    ) async throws -> ModelStatus? {
        try await withThrowingTaskGroup(of: ModelStatus?.self) { group in
            group.addTask {
                for await status in self.changes() where status.id == model && fits(status) { return status }
                return nil
            }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Unloads models that were not used for their keep-alive time, and keeps the others' weights in memory;
    /// until the task is cancelled.
    func keep() async {
        while (try? await Task.sleep(for: Limits.keeperInterval)) != nil {
            let wakes = state.withLock { state in state.keep(now: .now) }
            for signal in wakes { signal.signal() }
        }
    }
}

extension HostState {
    /// Starts a model's leave. Returns calls that are refused by it.
    mutating func letGo(_ id: String) -> [InferenceQueue.Entry] {
        let decision = slots[id]?.lifecycle.drain()
        announce(id)
        slots[id]?.signal.signal()
        return decision == .refuseCalls ? slots[id]?.queue.removeAll() ?? [] : []
    }

    /// One look at all models. Returns the threads that have something to do.
    mutating func keep(now: ContinuousClock.Instant) -> [ThreadSignal] {
        guard phase == .running else { return [] }
        var wakes: [ThreadSignal] = []
        for id in order {
            guard let slot = slots[id], slot.lifecycle.state == .ready, let lastUsed = slot.lastUsed else { continue }
            if slot.isExpired(now: now) {
                _ = letGo(id)
            } else if now - lastUsed >= Limits.modelTouch, now - (slot.touched ?? lastUsed) >= Limits.modelTouch {
                slots[id]?.touched = now
                slots[id]?.wantsTouch = true
                wakes.append(slot.signal)
            }
        }
        return wakes
    }
}
