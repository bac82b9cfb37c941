import HearthCore

/// Answers from the cache what it knows, and asks for the rest: equal inputs only once, also from different callers.
struct CachedEmbedder: Sendable {
    typealias Answer = Result<EmbeddingResult, HearthError>
    /// Asks the models; as many answers as inputs, in their order.
    typealias Ask = @Sendable ([EmbeddingInput]) async throws -> [Answer]

    /// Something that memory does not know.
    private struct Miss: Sendable {
        let input: EmbeddingInput
        let tenant: Tenant
        let deadline: ContinuousClock.Instant
        let content: ContentHash
        /// What the model is; nil while it is not known.
        let identity: ModelIdentity?
        let cacheKey: CacheKey?
        /// Equal inputs of one tenant to one model have the same.
        let callKey: CacheKey
        /// Where the answer belongs.
        var positions: [Int]
    }

    private let cache: TieredCache
    private let flights = SingleFlight<CacheKey, Answer>()

    init(cache: TieredCache) { self.cache = cache }

    /// Inputs under way, and callers who follow.
    var load: (inputs: Int, followers: Int) {
        let load = flights.load
        return (load.keys, load.followers)
    }

    /// The answers in the order of the inputs.
    /// - Parameter models: The model for each kind of input that there is.
    /// - Throws: what `ask` throws.
    func embed(
        _ inputs: [EmbeddingInput], by models: [Modality: ModelStatus], _ options: EmbeddingService.Options,
        ask: @escaping Ask
    ) async throws -> [Answer] {
        var answers: [Answer?] = []
        var misses: [Miss] = []
        var missPositions: [CacheKey: Int] = [:]
        for (position, input) in inputs.enumerated() {
            let model = models[input.modality]
            let content = ContentHash(input, truncates: options.truncates)
            let identity = model?.identity
            let cacheKey = identity.map { CacheKey(content, model: $0, tenant: options.tenant) }
            if let identity, let cacheKey, let known = cache.recall(cacheKey)?.result(for: identity) {
                answers.append(.success(known))
                continue
            }
            answers.append(nil)
            let callKey = CacheKey(callFor: content, modelID: model?.id ?? "", tenant: options.tenant)
            if let equal = missPositions[callKey] {
                misses[equal].positions.append(position)
            } else {
                missPositions[callKey] = misses.count
                misses.append(
                    Miss(
                        input: input, tenant: options.tenant, deadline: options.deadline, content: content,
                        identity: identity, cacheKey: cacheKey, callKey: callKey, positions: [position]))
            }
        }
        for (miss, answer) in zip(misses, try await answersTo(misses, ask)) {
            for position in miss.positions { answers[position] = answer }
        }
        return answers.map { $0 ?? Self.lost }
    }

    /// Computes in one call what no other call is computing, and waits for the rest at the same time.
    private func answersTo(_ misses: [Miss], _ ask: @escaping Ask) async throws -> [Answer] {
        guard !misses.isEmpty else { return [] }
        var (own, isLed): ([Int], [Bool]) = ([], [])
        var followed: [(index: Int, ticket: Int)] = []
        for index in misses.indices {
            switch flights.join(misses[index].callKey) {
            case .follows(let ticket): followed.append((index, ticket))
            case let role:
                own.append(index)
                isLed.append(role == .leads)
            }
        }
        guard !followed.isEmpty else { return try await compute(misses, isLed: isLed, ask) }
        // Each in a task of its own: one that has to lead must not wait for another that does.
        async let theirs = concurrentMap(followed) { followed in
            try await follow(misses[followed.index], ticket: followed.ticket, ask)
        }
        var answers = [Answer](repeating: Self.lost, count: misses.count)
        if !own.isEmpty {
            let computed = try await compute(own.map { misses[$0] }, isLed: isLed, ask)
            for (index, answer) in zip(own, computed) { answers[index] = answer }
        }
        for (followed, answer) in zip(followed, try await theirs) { answers[followed.index] = answer }
        return answers
    }

    private func follow(_ miss: Miss, ticket: Int, _ ask: @escaping Ask) async throws -> Answer {
        switch await flights.turn(of: ticket, until: miss.deadline) {
        case .outcome(let answer): return answer
        case .leads: return try await compute([miss], isLed: [true], ask)[0]
        case .left:
            try Task.checkCancellation()
            return .failure(HearthError(.deadlineExceeded, "The model did not answer in time.", retryAfter: 1))
        }
    }

    /// Looks through all tiers and asks for what none of them knows; hands every answer to those who follow.
    /// - Parameter isLed: Which of them others may follow.
    private func compute(_ misses: [Miss], isLed: [Bool], _ ask: Ask) async throws -> [Answer] {
        var answers = await known(misses)
        let unknown = answers.indices.filter { answers[$0] == nil }
        var failure: (any Error)?
        if !unknown.isEmpty {
            do {
                let asked = try await ask(unknown.map { misses[$0].input })
                store(asked, for: unknown.map { misses[$0] })
                for (index, answer) in zip(unknown, asked) { answers[index] = answer }
            } catch {
                failure = error
                if let error = error as? HearthError { for index in unknown { answers[index] = .failure(error) } }
            }
        }
        // Ends only now: who comes later finds the answer in memory.
        for index in misses.indices where isLed[index] { end(misses[index], with: answers[index]) }
        if let failure { throw failure }
        return answers.map { $0 ?? Self.lost }
    }

    private func known(_ misses: [Miss]) async -> [Answer?] {
        var answers = [Answer?](repeating: nil, count: misses.count)
        let indices = misses.indices.filter { misses[$0].cacheKey != nil }
        guard !indices.isEmpty else { return answers }
        let found = await cache.find(indices.compactMap { misses[$0].cacheKey })
        for (index, embedding) in zip(indices, found) {
            guard let identity = misses[index].identity else { continue }
            answers[index] = embedding?.result(for: identity).map { .success($0) }
        }
        return answers
    }

    /// Keeps what a model has answered under the identity that it answered with, which may be another than expected.
    private func store(_ answers: [Answer], for misses: [Miss]) {
        cache.store(
            zip(misses, answers).compactMap { miss, answer in
                guard case .success(let result) = answer else { return nil }
                return CacheEntry(
                    key: CacheKey(miss.content, model: result.model, tenant: miss.tenant),
                    embedding: CachedEmbedding(result))
            })
    }

    /// Errors are shared, but not those that are the leader's own: its end, or its time.
    private func end(_ miss: Miss, with answer: Answer?) {
        switch answer {
        case .success(let result): flights.end(miss.callKey, with: .success(result))
        case .failure(let error) where error.code != .deadlineExceeded && !Task.isCancelled:
            flights.end(miss.callKey, with: .failure(error))
        case .failure, nil: flights.resign(miss.callKey)
        }
    }

    private static var lost: Answer { .failure(HearthError(.internalError, "The model gave too few answers.")) }
}
