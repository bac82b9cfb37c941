package import HearthCore

/// The way of a call: into its model's queue and, whatever happens, out of it once.
extension ModelHost {
    package func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await embed(request, priority: .interactive)
    }

    /// Embeds a job's picture in a pass that interactive calls leave free.
    package func embedInBackground(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await embed(request, priority: .background)
    }

    func embed(_ request: EmbeddingRequest, priority: EmbeddingQueue.Priority) async throws -> EmbeddingResult {
        guard let model = request.model ?? defaultEmbedderID else {
            throw HearthError(
                .notFound, "There is no model for pictures.", hint: "Name a folder with models in the settings.")
        }
        guard let id = state.withLock({ $0.slots[model] == nil ? nil : $0.nextID() }) else {
            throw Self.unknown(model)
        }
        // A ready model looks at deadlines before each pass; while it loads nobody does, so the call has its own clock.
        if isReady(model) { return try await answer(request, id: id, of: model, priority: priority) }
        return try await withThrowingTaskGroup(of: EmbeddingResult?.self) { group in
            group.addTask { try await self.answer(request, id: id, of: model, priority: priority) }
            group.addTask {
                try await Task.sleep(until: request.deadline, clock: .continuous)
                self.expire(id, of: model)
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// Enters the queue and waits to be resumed.
    private func answer(
        _ request: EmbeddingRequest, id: Int, of model: String, priority: EmbeddingQueue.Priority
    ) async throws -> EmbeddingResult {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let call = EmbeddingCall(
                    input: request.input, entered: ContinuousClock.now, continuation: continuation)
                enter(call, id: id, of: model, priority: priority, deadline: request.deadline)
                // The handler below may have run before the call was in the queue.
                if Task.isCancelled { leave(id, of: model) }
            }
        } onCancel: {
            leave(id, of: model)
        }
    }

    private func enter(
        _ call: EmbeddingCall, id: Int, of model: String, priority: EmbeddingQueue.Priority,
        deadline: ContinuousClock.Instant
    ) {
        let outcome = state.withLock { state -> Outcome in
            guard state.phase.takesCalls, let admission = state.slots[model]?.lifecycle.admission else {
                return .notReady
            }
            if case .never = admission { return .notReady }
            if case .afterLoad = admission { state.requestLoad(model) }
            let isIn = state.slots[model]?.queue.enter(call, id: id, priority: priority, deadline: deadline) ?? false
            return isIn ? .entered : .full
        }
        switch outcome {
        case .entered: decodeSignal.signal()
        case .full:
            call.continuation.resume(
                throwing: HearthError(
                    .overloaded, "\(configuration.queueLimit) calls already wait for the model \(model).",
                    hint: "Send fewer at once, or later.", retryAfter: 1))
        case .notReady: call.continuation.resume(throwing: notReady(model))
        }
    }

    /// What became of a call that wanted to enter a queue.
    private enum Outcome {
        case entered, full, notReady
    }

    /// The caller was cancelled. A call that is in a pass already gets its result; nobody reads it.
    private func leave(_ id: Int, of model: String) {
        let entry = state.withLock { $0.slots[model]?.queue.remove(id) }
        entry?.call.continuation.resume(throwing: CancellationError())
        if entry != nil { decodeSignal.signal() }
    }

    /// The deadline of a call has passed while its model was not ready.
    private func expire(_ id: Int, of model: String) {
        guard let entry = state.withLock({ $0.slots[model]?.queue.remove(id) }) else { return }
        expire([entry], of: model)
    }

    /// Ends calls whose deadline has passed: the model was late, or there was no model.
    func expire(_ entries: [EmbeddingQueue.Entry], of model: String) {
        for entry in entries {
            guard isReady(model) else {
                refuse(entry, of: model)
                continue
            }
            entry.call.continuation.resume(
                throwing: HearthError(
                    .deadlineExceeded, "The model did not get to this picture in time.",
                    hint: "Allow more time, or send fewer at once.", retryAfter: 1))
        }
    }
}
