package import HearthCore
package import HearthInference
import HearthModelLibrary
import Logging

/// The way of a call: into its model's queue and, whatever happens, out of it once.
extension ModelHost {
    /// The answers to several requests, in their order; one that fails does not fail the others.
    /// - Throws: `CancellationError`.
    package func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        // A lone call needs no task of its own.
        guard requests.count != 1 else { return [try await outcome(of: requests[0])] }
        return try await concurrentMap(requests) { try await self.outcome(of: $0) }
    }

    /// The model that a request means, when another process has it; nil: the request is answered here.
    package func modelElsewhere(for request: InferenceRequest) -> String? {
        guard let id = request.model ?? defaultID(for: request.question.ability) else { return nil }
        return livesElsewhere(id) ? id : nil
    }

    /// Whether a model is known here and belongs to another process.
    package func livesElsewhere(_ model: String) -> Bool {
        state.withLock { state in state.slots[model].map { $0.group != state.group } ?? false }
    }

    private func outcome(of request: InferenceRequest) async throws -> Result<InferenceAnswer, HearthError> {
        do {
            guard let model = request.model ?? defaultID(for: request.question.ability) else {
                throw HearthError.noModel(for: request.question.ability)
            }
            return .success(try await answer(request, by: model))
        } catch let error as HearthError {
            return .failure(error)
        }
    }

    /// The anchors' model when it can do that, else the first one that can.
    private func defaultID(for ability: ModelAbility?) -> String? {
        guard let ability else { return nil }
        return state.withLock { state in
            let preferred = defaultEmbedderID.map { [$0] } ?? []
            return (preferred + state.order).first { state.slots[$0]?.kind.abilities.contains(ability) == true }
                ?? (ability == .embedImages ? defaultEmbedderID : nil)
        }
    }

    private func answer(_ call: InferenceRequest, by model: String) async throws -> InferenceAnswer {
        guard let (picture, question) = call.question.faces else { return try await look(model, call) }
        try state.withLock { state in
            guard let slot = state.slots[model] else { throw Self.unknown(model) }
            if let refusal = Self.refusal(of: call.question, by: slot) { throw refusal }
        }
        return try await findFaces(in: picture, question, call, by: model)
    }

    /// What is given in place of a question's own input.
    enum GivenInput: Sendable {
        /// Made on a thread that prepares.
        case prepared(InferenceCall.Preparation)
        /// Needs nothing but a pass.
        case content(PreparedInput.Content)
    }

    /// One model's answer to a question that it can answer alone.
    /// - Parameter given: What its graph gets; nil: what the question says.
    func look(_ model: String, _ call: InferenceRequest, _ given: GivenInput? = nil) async throws -> InferenceAnswer {
        var input: PreparedInput?
        if case .content(let content) = given {
            input = PreparedInput(content: content, duration: .zero, isAmongTexts: false)
        }
        var preparation: InferenceCall.Preparation?
        if case .prepared(let made) = given { preparation = made }
        return try await look(call, input, preparation, by: model)
    }

    private func look(
        _ call: InferenceRequest, _ given: PreparedInput?, _ own: InferenceCall.Preparation?, by model: String
    ) async throws -> InferenceAnswer {
        let (id, isReady, preparation) = try state.withLock { state in
            guard let slot = state.slots[model] else { throw Self.unknown(model) }
            if let refusal = Self.refusal(of: call.question, by: slot) { throw refusal }
            let isReady = slot.lifecycle.state == .ready
            let isNext =
                isReady && given == nil && own == nil && call.question.isQuick
                && slot.queue.decodesAtOnce(call.priority)
            return (state.nextID(), isReady, isNext ? (slot.folder, slot.tokenizer) : nil)
        }
        // A ready model looks at deadlines before each pass; while it loads this is not done, so the call has its own
        // clock.
        if isReady {
            // What is prepared in less time than a thread needs to wake up is prepared here.
            let input = try preparation.flatMap { folder, tokenizer in
                try folder.map { try prepared(call.question, folder: $0, tokenizer: tokenizer) }
            }
            return try await wait(call, given ?? input, own, id: id, of: model)
        }
        return try await withThrowingTaskGroup(of: InferenceAnswer?.self) { group in
            group.addTask { try await self.wait(call, given, own, id: id, of: model) }
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
    private static func refusal(of question: InferenceQuestion, by slot: ModelSlot) -> HearthError? {
        guard slot.folder != nil, let ability = question.ability, !slot.kind.abilities.contains(ability) else {
            return nil
        }
        return HearthError(
            .invalidRequest, "The model \(slot.id) does not \(ability.rawValue).",
            hint: "It is of the kind \(slot.kind.rawValue).")
    }

    /// Enters the queue and waits to be resumed.
    /// - Parameters:
    ///   - input: What the call has been prepared to; nil: a thread will do that …
    ///   - preparation: … in this way; nil: as the model's folder says.
    private func wait(
        _ call: InferenceRequest, _ input: PreparedInput?, _ preparation: InferenceCall.Preparation?, id: Int,
        of model: String
    ) async throws -> InferenceAnswer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiting = InferenceCall(
                    question: call.question, preparation: preparation, entered: ContinuousClock.now,
                    continuation: continuation)
                enter(waiting, input, call, id: id, of: model)
                // The handler below may have run before the call was in the queue.
                if Task.isCancelled { leave(id, of: model) }
            }
        } onCancel: {
            leave(id, of: model)
        }
    }

    private func enter(
        _ waiting: InferenceCall, _ input: PreparedInput?, _ call: InferenceRequest, id: Int, of model: String
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
            return .entered(state.streamsToWake(of: model))
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

    /// The caller was cancelled. A call that is in a pass already gets its result, which is not read.
    private func leave(_ id: Int, of model: String) {
        guard let entry = state.withLock({ $0.slots[model]?.queue.remove(id) }) else { return }
        entry.call.continuation.resume(throwing: CancellationError())
        decodeSignal.signal()
        wakeDraining(model)
    }

    /// A call has left its queue without a pass: a model that drains waits for its queue to become empty.
    private func wakeDraining(_ model: String) {
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

/// What the preparing threads do: pictures become tensors, texts become token ids.
extension ModelHost {
    /// Prepares inputs until the host stops.
    func prepareInputs() {
        while true {
            let now = configuration.now()
            let (isOver, next) = state.withLock { state in
                (state.phase == .stopping, state.nextToDecode(now: now))
            }
            if isOver { return }
            guard let next else {
                decodeSignal.wait()
                continue
            }
            expire(next.expired, of: next.model)
            if let entry = next.entry, !handOver(entry, of: next.model) { prepare(entry, for: next.model) }
        }
    }

    /// Prepares the input of a call that has left the line of those that wait for it.
    func prepare(_ entry: InferenceQueue.Entry, for model: String) {
        let (found, tokenizer) = state.withLock { ($0.slots[model]?.folder, $0.slots[model]?.tokenizer) }
        guard let folder = found else { return }
        do {
            func isWanted() -> Bool {
                configuration.now() < entry.deadline
                    && state.withLock { $0.slots[model]?.queue.isDecoding(entry.id) == true }
            }
            let input =
                if let own = entry.call.preparation {
                    try Self.timed(isAmongTexts: tokenizer != nil) { try own(isWanted) }
                } else {
                    try prepared(entry.call.question, folder: folder, tokenizer: tokenizer, while: isWanted)
                }
            let wakes = state.withLock { state -> [ThreadSignal] in
                guard state.slots[model]?.queue.decoded(entry.id, input) == true else { return [] }
                return state.streamsToWake(of: model)
            }
            for signal in wakes { signal.signal() }
        } catch {
            end(entry, of: model, by: error)
        }
    }

    /// Ends a call whose input cannot be prepared; one that has left by another way has its answer.
    func end(_ entry: InferenceQueue.Entry, of model: String, by error: any Error) {
        let (isWaiting, signal) = state.withLock { state in
            (state.slots[model]?.queue.remove(entry.id) != nil, state.slots[model]?.signal)
        }
        if isWaiting { entry.call.continuation.resume(throwing: error) }
        // A model that drains waits for its queue to become empty.
        signal?.signal()
    }

    /// What a question is to a model's graph, on the caller's thread.
    /// - Parameter isWanted: asked while a picture is decoded; false ends that.
    func prepared(
        _ question: InferenceQuestion, folder: ModelFolder, tokenizer: Tokenizer?,
        while isWanted: () -> Bool = { true }
    ) throws -> PreparedInput {
        try Self.timed(isAmongTexts: tokenizer != nil) {
            try InputPreparation(folder: folder, codec: codec, tokenizer: tokenizer)
                .content(of: question, while: isWanted)
        }
    }

    private static func timed(
        isAmongTexts: Bool, _ content: () throws -> PreparedInput.Content
    ) rethrows -> PreparedInput {
        let start = ContinuousClock.now
        return PreparedInput(content: try content(), duration: .now - start, isAmongTexts: isAmongTexts)
    }
}

extension HostState {
    /// The threads that an input which needs nothing but a pass is for; opens the second stream where inputs queue up.
    mutating func streamsToWake(of model: String) -> [ThreadSignal] {
        guard let slot = slots[model] else { return [] }
        guard slot.streams.isBusy else { return [slot.signal] }
        if slot.queue.decodedCount > 1 { openSecondStream(model) }
        return [slot.signal, slot.secondSignal]
    }
}

/// The life of the host: its beginning, the end of its models, its end.
extension ModelHost {
    /// Enters `running` and asks for the first models; nil when the host has run before.
    func begin() -> AsyncStream<HostState.Start>? {
        let (starts, continuation) = AsyncStream.makeStream(of: HostState.Start.self)
        let first = [defaultEmbedderID, productEmbedderID].compactMap { $0 }
        return state.withLock { state -> AsyncStream<HostState.Start>? in
            guard state.phase == .idle else { return nil }
            state.phase = .running
            state.starts = continuation
            // What serves products may live in a process of its own.
            let here = first.filter(state.residents.contains)
            for id in here + (configuration.preload ?? state.residents) { state.requestLoad(id) }
            state.startEarlyLoads()
            return starts
        }
    }

    /// The last model thread of a drained host has ended: `run()` may go on to its end.
    func modelEnded() {
        state.withLock { state in
            state.liveModels -= 1
            if state.phase == .draining, state.liveModels == 0 { state.starts?.finish() }
        }
    }

    /// Refuses what waits and tells all threads to end.
    func stop() {
        let (refused, signals) = state.withLock { state in
            state.phase = .stopping
            state.starts?.finish()
            for id in state.clearLoads() { state.abandonLoad(id) }
            return (state.refuseAll(), state.slots.values.flatMap { [$0.signal, $0.secondSignal] })
        }
        for (id, entry) in refused { refuse(entry, of: id) }
        for signal in signals { signal.signalAll() }
        decodeSignal.signalAll()
        largePictureSignal.signalAll()
    }

    /// All threads have ended.
    func end() {
        let (drainers, listeners) = state.withLock { state in
            state.phase = .ended
            defer {
                state.drainers = []
                state.listeners = [:]
            }
            return (state.drainers, Array(state.listeners.values))
        }
        for listener in listeners { listener.finish() }
        for drainer in drainers { drainer.resume() }
    }

    /// Ends a call that found no ready model.
    func refuse(_ entry: InferenceQueue.Entry, of id: String) {
        entry.call.continuation.resume(throwing: notReady(id))
    }

    /// Why a call to the model cannot be answered now.
    func notReady(_ id: String) -> HearthError {
        let (model, reason, phase) = state.withLock {
            ($0.slots[id]?.lifecycle.state, $0.slots[id]?.lifecycle.reason, $0.phase)
        }
        if let reason {
            return HearthError(
                .modelNotReady, "The model \(id) could not be loaded. \(reason)",
                hint: "See the models in the health report.", retryAfter: 60)
        }
        if !phase.takesCalls || model == .draining {
            return HearthError(.modelNotReady, "The model \(id) is being unloaded.", retryAfter: 1)
        }
        return HearthError(.modelNotReady, "The model \(id) is still loading.", retryAfter: 2)
    }
}

extension HostState {
    /// Models that this process loads at its start.
    var residents: [String] { order.filter { slots[$0]?.group == group } }

    /// Takes every call out of every queue.
    mutating func refuseAll() -> [(String, InferenceQueue.Entry)] {
        order.flatMap { id in (slots[id]?.queue.removeAll() ?? []).map { (id, $0) } }
    }

    /// Enters `draining`: ready models answer what they have, loading ones refuse it. Returns the refused calls.
    mutating func beginDrain() -> [(String, InferenceQueue.Entry)] {
        phase = .draining
        for id in clearLoads() { abandonLoad(id) }
        var refused: [(String, InferenceQueue.Entry)] = []
        for id in order {
            guard let decision = slots[id]?.lifecycle.drain() else { continue }
            if decision != .finishCalls { refused += (slots[id]?.queue.removeAll() ?? []).map { (id, $0) } }
            announce(id)
            slots[id]?.signal.signal()
        }
        if liveModels == 0 { starts?.finish() }
        return refused
    }

    /// A load that was asked for and never started leaves no trace.
    mutating func abandonLoad(_ id: String) {
        _ = slots[id]?.lifecycle.drain()
        _ = slots[id]?.lifecycle.failed("The load was abandoned.")
        announce(id)
    }
}
