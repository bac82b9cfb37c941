package import HearthCore
package import HearthInference

/// The way of a call: into its model's queue and, whatever happens, out of it once.
extension ModelHost {
    package func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await embed(request, priority: .interactive)
    }

    /// Embeds a job's input in a pass that interactive calls leave free.
    package func embedInBackground(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await embed(request, priority: .background)
    }

    /// The model that a request means, when it lives in another process; nil: the request is answered here.
    package func modelElsewhere(for request: EmbeddingRequest) -> String? {
        guard let id = request.model ?? defaultID(for: request.input.modality) else { return nil }
        return livesElsewhere(id) ? id : nil
    }

    /// Whether a model is known here and lives in another process.
    package func livesElsewhere(_ model: String) -> Bool {
        state.withLock { state in state.slots[model].map { $0.group != state.group } ?? false }
    }

    package func infer(_ request: InferenceRequest) async throws -> [NamedTensor] {
        let call = Call(
            question: .tensors(request.inputs, outputs: request.outputs), tenant: request.tenant,
            priority: .interactive, deadline: request.deadline)
        guard case .tensors(let tensors) = try await answer(call, of: request.model) else {
            throw HearthError(.internalError, "The model gave a vector where tensors were asked for.")
        }
        return tensors
    }

    private func embed(
        _ request: EmbeddingRequest, priority: InferenceQueue.Priority
    ) async throws -> EmbeddingResult {
        guard let model = request.model ?? defaultID(for: request.input.modality) else {
            throw HearthError(
                .notFound, "There is no model for \(request.input.modality.rawValue)s.",
                hint: "Name a folder with models in the settings.")
        }
        let call = Call(
            question: .embedding(request.input, truncates: request.truncates), tenant: request.tenant,
            priority: priority, deadline: request.deadline)
        guard case .embedding(let result) = try await answer(call, of: model) else {
            throw HearthError(.internalError, "The model gave tensors where a vector was asked for.")
        }
        return result
    }

    /// The anchors' model when it sees such input, else the first one that does.
    private func defaultID(for modality: Modality) -> String? {
        state.withLock { state in
            let preferred = defaultEmbedderID.map { [$0] } ?? []
            return (preferred + state.order).first { state.slots[$0]?.kind.modalities.contains(modality) == true }
                ?? (modality == .image ? defaultEmbedderID : nil)
        }
    }

    /// A call before it waits.
    private struct Call {
        let question: InferenceCall.Question
        let tenant: Tenant
        let priority: InferenceQueue.Priority
        let deadline: ContinuousClock.Instant
    }

    private func answer(_ call: Call, of model: String) async throws -> InferenceCall.Answer {
        let (id, isReady, preparation) = try state.withLock { state in
            guard let slot = state.slots[model] else { throw Self.unknown(model) }
            if let refusal = Self.refusal(of: call.question, by: slot) { throw refusal }
            let isReady = slot.lifecycle.state == .ready
            let isNext = isReady && call.question.isQuick && slot.queue.decodesAtOnce(call.priority)
            return (state.nextID(), isReady, isNext ? (slot.folder, slot.tokenizer) : nil)
        }
        // A ready model looks at deadlines before each pass; while it loads nobody does, so the call has its own clock.
        if isReady {
            // What is prepared in less time than a thread needs to wake up is prepared here.
            let input = try preparation.flatMap { folder, tokenizer in
                try folder.map { try prepared(call.question, folder: $0, tokenizer: tokenizer) }
            }
            return try await wait(call, input, id: id, of: model)
        }
        return try await withThrowingTaskGroup(of: InferenceCall.Answer?.self) { group in
            group.addTask { try await self.wait(call, nil, id: id, of: model) }
            group.addTask {
                try await Task.sleep(until: call.deadline, clock: .continuous)
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

    /// Why a model cannot answer such a question, whatever its state.
    private static func refusal(of question: InferenceCall.Question, by slot: ModelSlot) -> HearthError? {
        guard slot.folder != nil, case .embedding(let input, _) = question,
            !slot.kind.modalities.contains(input.modality)
        else { return nil }
        return HearthError(
            .invalidRequest, "The model \(slot.id) does not embed \(input.modality.rawValue)s.",
            hint: "It is of the kind \(slot.kind.rawValue).")
    }

    /// Enters the queue and waits to be resumed.
    /// - Parameter input: What the call has been prepared to; nil: a thread will do that.
    private func wait(
        _ call: Call, _ input: PreparedInput?, id: Int, of model: String
    ) async throws -> InferenceCall.Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiting = InferenceCall(
                    question: call.question, entered: ContinuousClock.now, continuation: continuation)
                enter(waiting, input, call, id: id, of: model)
                // The handler below may have run before the call was in the queue.
                if Task.isCancelled { leave(id, of: model) }
            }
        } onCancel: {
            leave(id, of: model)
        }
    }

    private func enter(
        _ waiting: InferenceCall, _ input: PreparedInput?, _ call: Call, id: Int, of model: String
    ) {
        let outcome = state.withLock { state -> Outcome in
            guard state.phase.takesCalls, let admission = state.slots[model]?.lifecycle.admission else {
                return .notReady
            }
            if case .never = admission { return .notReady }
            if case .afterLoad = admission { state.requestLoad(model) }
            guard let input else {
                let isIn = state.slots[model]?.queue.enter(
                    waiting, id: id, of: call.tenant, priority: call.priority, deadline: call.deadline)
                return isIn == true ? .entered([decodeSignal]) : .full
            }
            let isIn = state.slots[model]?.queue.enter(
                waiting, decoded: input, id: id, of: call.tenant, priority: call.priority, deadline: call.deadline)
            guard isIn == true else { return .full }
            if state.slots[model]?.queue.isWaiting(call.priority) == true { return .entered([decodeSignal]) }
            return .entered(state.lanesToWake(of: model))
        }
        switch outcome {
        case .entered(let signals): for signal in signals { signal.signal() }
        case .full:
            waiting.continuation.resume(
                throwing: HearthError(
                    .overloaded, "\(configuration.queueLimit) calls already wait for the model \(model).",
                    hint: "Send fewer at once, or later.", retryAfter: 1))
        case .notReady: waiting.continuation.resume(throwing: notReady(model))
        }
    }

    /// What became of a call that wanted to enter a queue.
    private enum Outcome {
        /// It waits, and these threads have something to do.
        case entered([ThreadSignal])
        case full, notReady
    }

    /// The caller was cancelled. A call that is in a pass already gets its result; nobody reads it.
    private func leave(_ id: Int, of model: String) {
        guard let entry = state.withLock({ $0.slots[model]?.queue.remove(id) }) else { return }
        entry.call.continuation.resume(throwing: CancellationError())
        decodeSignal.signal()
        wakeDraining(model)
    }

    /// A call has left its queue without a pass: a model that drains waits for its queue to become empty.
    func wakeDraining(_ model: String) {
        let signal = state.withLock { state in
            state.slots[model].flatMap { $0.lifecycle.state == .draining ? $0.signal : nil }
        }
        signal?.signal()
    }

    /// The deadline of a call has passed while its model was not ready.
    private func expire(_ id: Int, of model: String) {
        guard let entry = state.withLock({ $0.slots[model]?.queue.remove(id) }) else { return }
        expire([entry], of: model)
    }

    /// Ends calls whose deadline has passed: the model was late, or there was no model.
    func expire(_ entries: [InferenceQueue.Entry], of model: String) {
        if !entries.isEmpty { wakeDraining(model) }
        for entry in entries {
            guard isReady(model) else {
                refuse(entry, of: model)
                continue
            }
            entry.call.continuation.resume(
                throwing: HearthError(
                    .deadlineExceeded, "The model did not get to this in time.",
                    hint: "Allow more time, or send fewer at once.", retryAfter: 1))
        }
    }
}
