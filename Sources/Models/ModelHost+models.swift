import Foundation
import HearthCatalogue
import HearthCore
import Logging

/// What the thread of a model does.
extension ModelHost {
    /// Loads the model, warms it, runs its passes, and frees it: one life, on one thread.
    func live(_ id: String) {
        defer { modelEnded() }
        guard let folder = state.withLock({ $0.slots[id]?.folder }) else { return }
        let clock = ContinuousClock()
        let start = clock.now
        var isLoading = true
        func loadEnded() {
            if isLoading { state.withLock { $0.loadEnded(id) } }
            isLoading = false
        }
        defer { loadEnded() }
        do {
            let precision = folder.manifest.precision ?? freePrecision
            let session = try runtime.load(request(for: folder, precision: precision))
            removeStaleBlobs(of: folder)
            guard advance(id, { $0.lifecycle.compiled() }) == .warm else { return release(id) }
            let compiled = clock.now
            try warm(session, folder, size: 1)
            let ready = clock.now
            let step = advance(id) { slot in
                slot.identity = ModelIdentity(
                    id: id, digest: folder.digest, dims: folder.manifest.output?.dims ?? 0, precision: precision)
                slot.loadMilliseconds = (ready - start).milliseconds
                return slot.lifecycle.warmed()
            }
            guard step == .serve else { return release(id) }
            loadEnded()
            logger.info(
                "A model is ready.",
                metadata: [
                    "model": "\(id)", "precision": "\(precision)",
                    "compile_ms": "\((compiled - start).milliseconds)", "warm_ms": "\((ready - compiled).milliseconds)",
                ])
            serve(id, session, folder)
            release(id)
        } catch {
            fail(id, error)
        }
    }

    /// Runs passes until the model drains or the host stops.
    private func serve(_ id: String, _ session: any ModelSession, _ folder: ModelFolder) {
        guard let signal = state.withLock({ $0.slots[id]?.signal }) else { return }
        // A model is ready when it can answer a lone call; the larger passes are prepared in idle moments.
        var coldSizes = configuration.passSizes.filter { $0 > 1 }
        while true {
            let (turn, expired) = nextTurn(id)
            expire(expired, of: id)
            switch turn {
            case .end: return
            case .pass(let items, let isMoreToCome):
                // Room for decoded pictures has become free.
                if isMoreToCome { decodeSignal.signalAll() }
                pass(id, session, folder, items)
                coldSizes.removeAll { $0 == items.count }
            case .rest(let isIdle):
                if isIdle, let size = coldSizes.first {
                    coldSizes.removeFirst()
                    prepare(session, folder, size: size)
                } else {
                    signal.wait()
                }
            }
        }
    }

    /// What the thread of a loaded model does next.
    private enum Turn {
        case pass([EmbeddingQueue.Decoded], isMoreToCome: Bool)
        /// Nothing is decoded; idle when nothing is on its way either.
        case rest(isIdle: Bool)
        /// The host stops, or the model drains and has answered all.
        case end
    }

    private func nextTurn(_ id: String) -> (Turn, expired: [EmbeddingQueue.Entry]) {
        state.withLock { state in
            guard state.phase != .stopping, var slot = state.slots.removeValue(forKey: id) else { return (.end, []) }
            defer { state.slots[id] = slot }
            let taken = slot.queue.take(now: .now)
            guard taken.items.isEmpty else {
                return (.pass(taken.items, isMoreToCome: !slot.queue.isEmpty), taken.expired)
            }
            let isDone = slot.queue.isEmpty && slot.lifecycle.state == .draining
            return (isDone ? .end : .rest(isIdle: slot.queue.isEmpty), taken.expired)
        }
    }

    private func pass(
        _ id: String, _ session: any ModelSession, _ folder: ModelFolder, _ items: [EmbeddingQueue.Decoded]
    ) {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let output = try session.run([Self.batch(items, folder)], outputs: [0])[0]
            let compute = clock.now - start
            let vectors = try folder.vectors(in: output, count: items.count)
            let identity = state.withLock { state in
                state.slots[id]?.inferences += items.count
                return state.slots[id]?.identity
            }
            guard let identity else { throw HearthError(.internalError, "The model \(id) is not loaded.") }
            for (item, vector) in zip(items, vectors) {
                let waited = start - item.entry.call.entered - item.input.duration
                let timings = InferenceTimings(
                    decode: item.input.duration, queue: max(.zero, waited), compute: compute, batch: items.count)
                item.entry.call.continuation.resume(
                    returning: EmbeddingResult(vector: vector, model: identity, timings: timings))
            }
        } catch {
            logger.error(
                "A pass failed.", metadata: ["model": "\(id)", "error": "\(error)", "cause": "\(cause(error))"])
            for item in items { item.entry.call.continuation.resume(throwing: error) }
        }
    }

    /// One input after the other; a single one is passed on without a copy.
    private static func batch(_ items: [EmbeddingQueue.Decoded], _ folder: ModelFolder) -> Tensor {
        let shape = folder.inputShape(count: items.count)
        if items.count == 1, let only = items.first { return Tensor(shape: shape, values: only.input.tensor.values) }
        var values: [Float] = []
        values.reserveCapacity(shape.reduce(1, *))
        for item in items { values += item.input.tensor.values }
        return Tensor(shape: shape, values: values)
    }

    /// Runs a size of pass once, so that no caller pays for the first; checks the output against the manifest.
    private func warm(_ session: any ModelSession, _ folder: ModelFolder, size: Int) throws {
        let shape = folder.inputShape(count: size)
        let output = try session.run(
            [Tensor(shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))], outputs: [0])[0]
        _ = try folder.vectors(in: output, count: size)
    }

    /// Warms a larger size of a model that already serves.
    private func prepare(_ session: any ModelSession, _ folder: ModelFolder, size: Int) {
        do {
            try warm(session, folder, size: size)
        } catch {
            logger.warning(
                "A size of pass could not be prepared.",
                metadata: ["model": "\(folder.id)", "size": "\(size)", "error": "\(error)"])
        }
    }

    /// The precision of models that run in any.
    private var freePrecision: String {
        configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
    }

    private func request(for folder: ModelFolder, precision: String) -> ModelLoadRequest {
        ModelLoadRequest(
            path: folder.path(of: folder.manifest.weights), precision: precision,
            cacheFolder: blobs(of: folder).map { "\($0.folder)/\($0.name)" }, threads: configuration.threads)
    }

    /// Where compiled graphs of a model lie. A runtime knows a graph by its path; the digest in the name makes changed
    /// weights a new one.
    private func blobs(of folder: ModelFolder) -> (folder: String, name: String)? {
        configuration.cacheFolder.map { ("\($0)/\(folder.id)", String(folder.digest.prefix(16))) }
    }

    /// Compiled graphs of earlier weights are never read again.
    private func removeStaleBlobs(of folder: ModelFolder) {
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

    /// Changes a slot and tells the listeners when that changed its state.
    private func advance(
        _ id: String, _ change: (inout HostState.Slot) -> ModelLifecycle.Step
    ) -> ModelLifecycle.Step {
        state.withLock { state in
            guard var slot = state.slots[id] else { return .ignored }
            let step = change(&slot)
            state.slots[id] = slot
            state.announce(id)
            return step
        }
    }

    /// The model is out of memory; calls that came meanwhile are refused.
    private func release(_ id: String) {
        let refused = state.withLock { state -> [EmbeddingQueue.Entry] in
            _ = state.slots[id]?.lifecycle.drain()
            _ = state.slots[id]?.lifecycle.drained()
            state.slots[id]?.identity = nil
            state.announce(id)
            return state.slots[id]?.queue.removeAll() ?? []
        }
        for entry in refused { refuse(entry, of: id) }
    }

    private func fail(_ id: String, _ error: any Error) {
        let reason = (error as? HearthError)?.message ?? "It failed for a reason that is in the log."
        logger.error(
            "A model could not be loaded.",
            metadata: ["model": "\(id)", "error": "\(error)", "cause": "\(cause(error))"])
        let refused = state.withLock { state -> [EmbeddingQueue.Entry] in
            _ = state.slots[id]?.lifecycle.failed(reason)
            state.announce(id)
            return state.slots[id]?.queue.removeAll() ?? []
        }
        for entry in refused { refuse(entry, of: id) }
    }

    private func cause(_ error: any Error) -> String {
        (error as? HearthError)?.cause.map { "\($0)" } ?? "none"
    }
}

extension Duration {
    fileprivate var milliseconds: Double {
        Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
    }
}
