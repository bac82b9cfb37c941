package import HearthCore
import HearthInference

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

    /// Lets models go that nobody has wanted for as long as they are kept, and keeps the others' weights in memory;
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
