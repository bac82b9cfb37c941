import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import Logging

/// What the threads of a model do.
extension ModelHost {
    /// Loads the model, warms it, runs its passes, and frees it: one life, on one thread.
    func live(_ id: String) {
        defer { modelEnded() }
        guard let folder = state.withLock({ $0.slots[id]?.folder }) else { return }
        let clock = ContinuousClock()
        let start = clock.now
        var isLoading = true
        // Before others see that the model is absent or failed: a load that they ask for then needs its memory.
        func loadEnded() {
            if isLoading { state.withLock { $0.loadEnded(id) } }
            isLoading = false
        }
        func leave() {
            loadEnded()
            release(id)
        }
        defer { loadEnded() }
        do {
            let precision = precision(of: folder)
            let tokenizer = try loadTokenizer(of: folder)
            let graphs = try graphs(of: folder, paddingID: tokenizer?.paddingID ?? 0) { weights in
                try runtime.load(request(for: folder, weights: weights, precision: precision))
            }
            removeStaleBlobs(of: folder)
            guard advance(id, { $0.lifecycle.compiled() }) == .warm else { return leave() }
            let compiled = clock.now
            try graphs.warm()
            runtime.settle()
            // What a pass reads of the files is there again before a caller comes.
            try graphs.touch()
            let ready = clock.now
            let step = advance(id) { slot in
                if graphs.isForOne { slot.queue.serveOneByOne() }
                return slot.becameReady(
                    precision: precision, signature: graphs.signature, after: ready - start, at: ready)
            }
            guard step == .serve else { return leave() }
            loadEnded()
            logger.info(
                "A model is ready.",
                metadata: [
                    "model": "\(id)", "precision": "\(precision)",
                    "compile_ms": "\((compiled - start).milliseconds)",
                    "warm_ms": "\((ready - compiled).milliseconds)",
                ])
            serve(id, graphs)
            release(id)
        } catch {
            loadEnded()
            fail(id, error)
        }
    }

    private func graphs(
        of folder: ModelFolder, paddingID: Int32, load: (String) throws -> any ModelSession
    ) throws -> ModelGraphs {
        try ModelGraphs(folder, readers: configuration.readers, paddingID: paddingID, load: load)
    }

    /// Runs passes of a model beside its first thread, until the model drains or the host stops.
    ///
    /// Its graphs are compiled for half of the processors; the first thread gets a share of them for narrow passes.
    func liveBeside(_ id: String, load: Int) {
        defer { modelEnded() }
        guard
            let (folder, signal, paddingID) = state.withLock({ state in
                state.slots[id].flatMap { slot in
                    slot.folder.map { ($0, slot.secondSignal, slot.tokenizer?.paddingID ?? 0) }
                }
            })
        else { return }
        do {
            let precision = precision(of: folder)
            let graphs = try graphs(of: folder, paddingID: paddingID) { weights in
                try runtime.load(request(for: folder, weights: weights, precision: precision, streams: 2))
            }
            let firsts = try ModelGraphs(sharing: graphs)
            try graphs.warm()
            runtime.settle()
            state.withLock { state in
                // The model may have left memory meanwhile: then the share would never be freed.
                guard state.slots[id]?.loads == load, state.slots[id]?.streams.second == .opening else { return }
                state.slots[id]?.narrowGraphs = firsts
                state.slots[id]?.streams.opened()
            }
            while true {
                switch nextTurn(id, stream: 1, load: load) {
                case .end: return
                case .rest: signal.wait()
                case .touch: break
                case .pass(let items, let wakes, _):
                    for signal in wakes { signal.signal() }
                    pass(id, graphs, items)
                    endTurn(id, stream: 1, load: load)
                }
            }
        } catch {
            // The first thread goes on alone.
            logger.warning(
                "A model runs its passes one by one.",
                metadata: ["model": "\(id)", "error": "\(error)", "cause": "\(cause(error))"])
        }
    }

    /// Runs passes until the model drains or the host stops.
    private func serve(_ id: String, _ graphs: ModelGraphs) {
        guard let (signal, load) = state.withLock({ state in state.slots[id].map { ($0.signal, $0.loads) } }) else {
            return
        }
        // A model is ready when it can answer a lone call; the larger passes are prepared in idle moments.
        var coldSizes = state.withLock { $0.slots[id]?.queue.passSizes.filter { $0 > 1 } } ?? []
        while true {
            switch nextTurn(id, stream: 0, load: load) {
            case .end: return
            case .pass(let items, let wakes, let isNarrow):
                for signal in wakes { signal.signal() }
                let narrow = isNarrow ? state.withLock { $0.slots[id]?.narrowGraphs } : nil
                pass(id, narrow ?? graphs, items)
                endTurn(id, stream: 0, load: load)
                coldSizes.removeAll { $0 == items.count }
            case .touch: prepare("its weights", of: id) { try graphs.touch() }
            case .rest(let isIdle):
                if isIdle, let size = coldSizes.first {
                    coldSizes.removeFirst()
                    prepare("passes of \(size)", of: id) { try graphs.warm(size: size) }
                } else {
                    signal.wait()
                }
            }
        }
    }

    /// What a thread of a loaded model does next.
    fileprivate enum Turn {
        /// A pass, and the threads that have something to do now.
        case pass([InferenceQueue.Decoded], wakes: [ThreadSignal], isNarrow: Bool)
        /// Read the weights once, so that they stay in memory.
        case touch
        /// Nothing is prepared; idle when nothing is on its way either.
        case rest(isIdle: Bool)
        /// The host stops, or the model drains and has answered all.
        case end
    }

    private func nextTurn(_ id: String, stream: Int, load: Int) -> Turn {
        let now = configuration.now()
        let (turn, expired, leavesRoom) = state.withLock { state -> (Turn, [InferenceQueue.Entry], Bool) in
            guard state.phase != .stopping, var slot = state.slots.removeValue(forKey: id) else {
                return (.end, [], false)
            }
            defer { state.slots[id] = slot }
            let (turn, expired) = slot.nextTurn(stream: stream, load: load, now: now)
            let hasTaken = if case .pass = turn { true } else { false }
            let isWaiting = InferenceQueue.Priority.allCases.contains { slot.queue.isWaiting($0) }
            return (turn, expired, isWaiting && (hasTaken || !expired.isEmpty))
        }
        expire(expired, of: id)
        if leavesRoom { decodeSignal.signalAll() }
        return turn
    }

    private func endTurn(_ id: String, stream: Int, load: Int) {
        let other = state.withLock { state -> ThreadSignal? in
            guard state.slots[id]?.loads == load else { return nil }
            state.slots[id]?.streams.end(stream: stream)
            state.slots[id]?.lastUsed = .now
            return stream == 0 ? state.slots[id]?.secondSignal : state.slots[id]?.signal
        }
        other?.signal()
    }

    private func pass(_ id: String, _ graphs: ModelGraphs, _ items: [InferenceQueue.Decoded]) {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let answers = try graphs.run(items.map(\.input))
            let compute = clock.now - start
            let identity = state.withLock { state in
                state.slots[id]?.inferences += items.count
                state.slots[id]?.passes += 1
                return state.slots[id]?.identity
            }
            for (item, var answer) in zip(items, answers) {
                if !answer.vectors.isEmpty { answer.model = identity }
                answer.tokens = item.input.tokens
                let waited = start - item.entry.call.entered - item.input.duration
                answer.timings = InferenceTimings(
                    decode: item.input.duration, queue: max(.zero, waited), compute: compute, batch: items.count)
                item.entry.call.continuation.resume(returning: answer)
            }
        } catch {
            if (error as? HearthError)?.code != .invalidRequest {
                logger.error(
                    "A pass failed.", metadata: ["model": "\(id)", "error": "\(error)", "cause": "\(cause(error))"])
            }
            for item in items { item.entry.call.continuation.resume(throwing: error) }
        }
    }

    /// Runs passes without a caller, of a model that already serves.
    private func prepare(_ what: String, of id: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            logger.warning(
                "A model could not be prepared for what may come.",
                metadata: ["model": "\(id)", "what": "\(what)", "error": "\(error)"])
        }
    }

    /// Changes a slot and tells the listeners when that changed its state.
    private func advance(
        _ id: String, _ change: (inout ModelSlot) -> ModelLifecycle.Step
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
        let (refused, second) = state.withLock { state -> ([InferenceQueue.Entry], ThreadSignal?) in
            _ = state.slots[id]?.lifecycle.drain()
            _ = state.slots[id]?.lifecycle.drained()
            state.slots[id]?.forgetGraphs()
            state.announce(id)
            return (state.slots[id]?.queue.removeAll() ?? [], state.slots[id]?.secondSignal)
        }
        second?.signal()
        for entry in refused { refuse(entry, of: id) }
    }

    private func fail(_ id: String, _ error: any Error) {
        let shown = (error as? HearthError).map { [$0.message, $0.hint].compactMap { $0 }.joined(separator: " ") }
        let reason = shown ?? "It failed for a reason that is in the log."
        logger.error(
            "A model could not be loaded.",
            metadata: ["model": "\(id)", "error": "\(error)", "cause": "\(cause(error))"])
        let refused = state.withLock { state -> [InferenceQueue.Entry] in
            _ = state.slots[id]?.lifecycle.failed(reason)
            state.slots[id]?.forgetGraphs()
            state.announce(id)
            return state.slots[id]?.queue.removeAll() ?? []
        }
        for entry in refused { refuse(entry, of: id) }
    }

    private func cause(_ error: any Error) -> String {
        (error as? HearthError)?.cause.map { "\($0)" } ?? "none"
    }
}

extension ModelSlot {
    fileprivate mutating func becameReady(
        precision: String, signature: GraphSignature, after duration: Duration, at now: ContinuousClock.Instant
    ) -> ModelLifecycle.Step {
        if let folder, let output = folder.manifest.output {
            identity = ModelIdentity(id: id, digest: folder.digest, dims: output.dims, precision: precision)
        }
        self.signature = signature
        loadMilliseconds = duration.fractionalMilliseconds
        loads += 1
        lastUsed = now
        return lifecycle.warmed()
    }

    fileprivate mutating func forgetGraphs() {
        identity = nil
        tokenizer = nil
        narrowGraphs = nil
        lastUsed = nil
        streams.reset()
    }

    fileprivate mutating func nextTurn(
        stream: Int, load: Int, now: ContinuousClock.Instant
    ) -> (ModelHost.Turn, expired: [InferenceQueue.Entry]) {
        guard loads == load, stream == 0 || lifecycle.state == .ready else { return (.end, []) }
        let turn = streams.begin(stream: stream, waiting: queue.decodedCount)
        let among: Int
        switch turn {
        case .rest: return (rest(stream: stream), [])
        case .wide: among = 1
        case .narrow(let count): among = count
        }
        let taken = queue.take(now: now, streams: among)
        guard !taken.items.isEmpty else {
            streams.end(stream: stream)
            return (rest(stream: stream), taken.expired)
        }
        wantsTouch = false
        let wakes = among > 1 && queue.decodedCount > 0 ? [secondSignal] : []
        return (.pass(taken.items, wakes: wakes, isNarrow: turn != .wide), taken.expired)
    }

    /// What a stream does that has no pass to run.
    private mutating func rest(stream: Int) -> ModelHost.Turn {
        guard stream == 0, queue.isEmpty, !streams.isBusy else { return .rest(isIdle: queue.isEmpty) }
        if lifecycle.state == .draining { return .end }
        guard wantsTouch else { return .rest(isIdle: true) }
        wantsTouch = false
        return .touch
    }
}
