package import HearthCore
import HearthJSON

/// Vectors for callers: what all embedding doors share.
package struct EmbeddingService: Sendable {
    /// How a caller wants its vectors.
    package struct Options: Sendable {
        /// A name as clients write it (see ``ModelStatus/isNamed(_:)``); nil: the first model that sees the input.
        package var model: String?
        /// Whether a text that is too long is cut at its end; otherwise it is refused.
        package var truncates = true
        /// Keeps only the first values and brings them to length 1 again (Matryoshka embeddings, arXiv:2205.13147).
        package var dimensions: Int?
        /// Whether vectors have length 1; otherwise they are as the graph gave them.
        package var normalises = true
        /// Changes how long the model stays in memory without a call; a call that the cache answers changes nothing.
        package var keepAlive: KeepAlive?
        /// Whether the answer may come from the cache, and goes there.
        package var usesCache = true
        package var priority = InferencePriority.interactive
        package var tenant: Tenant
        package var deadline: ContinuousClock.Instant

        package init(tenant: Tenant, deadline: ContinuousClock.Instant) {
            self.tenant = tenant
            self.deadline = deadline
        }
    }

    private let engine: any InferenceEngine
    private let cached: CachedEmbedder?
    private let cold: ColdModels

    /// - Parameters:
    ///   - cache: Where answers are looked for first; nil: every call goes to the engine.
    ///   - coldWait: How long a call waits for a model that is on its way into memory.
    package init(engine: any InferenceEngine, cache: TieredCache? = nil, coldWait: Duration = Limits.coldModelWait) {
        self.engine = engine
        cold = ColdModels(wait: coldWait)
        cached = cache.map { CachedEmbedder(cache: $0) }
    }

    /// The vectors of several inputs, in their order; one that fails does not fail the others.
    ///
    /// Inputs of both kinds may be mixed when the model sees both, or when none is named.
    /// - Throws: ``HearthError`` `not_found` (no such model), `invalid_request` (dimensions that the model has not),
    ///   `model_not_ready`, and `CancellationError`.
    package func embed(
        _ inputs: [EmbeddingInput], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        var models: [Modality: ModelStatus] = [:]
        for modality in Set(inputs.map(\.modality)) {
            models[modality] = try await model(options.model, seeing: modality, until: options.deadline)
        }
        return try await embed(inputs, by: models, options)
    }

    /// The vector of one picture, by the model that serves anchors and by no other.
    /// - Throws: as ``embed(_:_:)``, and what has failed with the picture.
    package func embedAnchor(_ picture: Picture, _ options: Options) async throws -> EmbeddingResult {
        guard let model = try await waitingForWorker(until: options.deadline, { try await engine.defaultEmbedder() })
        else {
            throw HearthError(
                .notFound, "There is no model for pictures.", hint: "Name a folder with models in the settings.")
        }
        return try await embed([.image(picture)], by: [.image: model], options)[0].get()
    }

    /// The vectors by these models; of models that do not come into memory in time, how far they are.
    private func embed(
        _ inputs: [EmbeddingInput], by models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        var options = options
        // A job waits for its model as long as its plan says.
        if options.priority == .interactive {
            options.deadline = cold.deadline(of: options.deadline, for: models.values)
        }
        do {
            let results = try await compute(inputs, by: models, options)
            return try zip(inputs, results).map { input, result in
                guard case .failure(let error) = result else { return result }
                let explained = cold.explained(error, by: models[input.modality])
                // What all of them wait for is said once.
                guard explained.details == error.details else { throw explained }
                return result
            }
        } catch let error as HearthError {
            throw cold.explained(error, by: models.values.first)
        }
    }

    private func compute(
        _ inputs: [EmbeddingInput], by models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        if let dimensions = options.dimensions {
            for model in models.values { try Self.check(dimensions, of: model) }
        }
        let results =
            if let cached, options.usesCache {
                try await cached.embed(inputs, by: models, options) { try await ask($0, models, options) }
            } else {
                try await ask(inputs, models, options)
            }
        return results.map { $0.map { Self.shaped($0, options) } }
    }

    /// Asks the engine; loads the models first when they are to stay for another time than before.
    private func ask(
        _ inputs: [EmbeddingInput], _ models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        if let keepAlive = options.keepAlive {
            for id in Set(inputs.compactMap { models[$0.modality]?.id }) {
                try await engine.load(id, keepAlive: keepAlive, deadline: options.deadline)
            }
        }
        let requests = inputs.map { input in
            InferenceRequest(
                .embed(input, truncates: options.truncates), of: models[input.modality]?.id,
                priority: options.priority, tenant: options.tenant, deadline: options.deadline)
        }
        return try await engine.answer(requests).map { answer in
            answer.flatMap { answer in Result { () throws(HearthError) in try EmbeddingResult(answer) } }
        }
    }

    /// Inputs that are being computed for the cache, and callers who wait for the answer to another one's.
    package var shared: (inputs: Int, followers: Int) { cached?.load ?? (0, 0) }

    /// The state of each model; looking does not keep one in memory.
    package func models() async throws -> [ModelStatus] { try await engine.models() }

    /// The model that a name means.
    ///
    /// Without a name: the model of anchors when it sees that kind of input, else the first one that does. Waits for a
    /// worker that is being started.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` when it does not see such input, `model_not_ready`.
    package func model(
        _ name: String?, seeing modality: Modality?, until deadline: ContinuousClock.Instant
    ) async throws -> ModelStatus {
        let models = try await waitingForWorker(until: deadline) { try await engine.models() }
        guard let name else {
            let preferred = try await waitingForWorker(until: deadline) { try await engine.defaultEmbedder() }
            let candidates = ([preferred].compactMap { $0 } + models).filter { $0.state != .skipped }
            let fits = candidates.first { model in modality.map { model.kind.modalities.contains($0) } ?? true }
            guard let fits else {
                throw HearthError(
                    .notFound, "There is no model for \(modality?.rawValue ?? "such") input.",
                    hint: "`hearth models pull all-minilm-l6-v2` fetches one for texts.")
            }
            return fits
        }
        guard let model = models.first(where: { $0.isNamed(name) }) else {
            throw HearthError(
                .notFound, "There is no model named \"\(name.prefix(100))\".",
                hint: "There are: \(models.map(\.id).joined(separator: ", ")).")
        }
        if let modality, !model.kind.modalities.contains(modality) {
            throw HearthError(
                .invalidRequest,
                "The model \(model.id) does not embed \(modality.rawValue)s; it is of the kind "
                    + "\(model.kind.rawValue).",
                hint: Self.hint(for: modality, among: models))
        }
        return model
    }

    /// Runs a model's graph on tensors.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` for tensors that do not fit, and what fails the pass.
    package func run(
        _ inputs: [NamedTensor], outputs: [String] = [], by id: String, tenant: Tenant,
        until deadline: ContinuousClock.Instant
    ) async throws -> [NamedTensor] {
        let model = try? await engine.models().first { $0.id == id }
        let request = InferenceRequest(
            .run(inputs, outputs: outputs), of: id, tenant: tenant,
            deadline: cold.deadline(of: deadline, for: [model].compactMap { $0 }))
        do {
            return try await engine.answer(request).tensors
        } catch let error as HearthError {
            throw cold.explained(error, by: model)
        }
    }

    /// Loads a model and returns when it is ready.
    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        do {
            try await engine.load(model, keepAlive: keepAlive, deadline: deadline)
        } catch let error as HearthError {
            let status = try? await engine.models().first { $0.id == model }
            throw cold.explained(error, by: status)
        }
    }

    /// Lets a model leave memory; returns when it is gone.
    package func unload(_ model: String) async throws { try await engine.unload(model) }

    /// Asks again while the worker is being started.
    private func waitingForWorker<T>(
        until deadline: ContinuousClock.Instant, _ ask: () async throws -> T
    ) async throws -> T {
        let deadline = cold.deadline(of: deadline)
        while true {
            do {
                return try await ask()
            } catch let error as HearthError where error.code == .modelNotReady {
                guard ContinuousClock.now + .milliseconds(20) < deadline else { throw cold.explained(error, by: nil) }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private static func check(_ dimensions: Int, of model: ModelStatus) throws(HearthError) {
        let dims = model.dims ?? .max
        guard dimensions < 1 || dimensions > dims else { return }
        throw HearthError(
            .invalidRequest, "The model \(model.id) has no \(dimensions) dimensions.",
            hint: model.dims.map { "1 to \($0) are allowed." })
    }

    private static func hint(for modality: Modality, among models: [ModelStatus]) -> String? {
        let fits = models.filter { $0.kind.modalities.contains(modality) }.map(\.id)
        return fits.isEmpty ? nil : "These do: \(fits.joined(separator: ", "))."
    }

    /// Cuts and scales a vector as the caller wants it.
    private static func shaped(_ result: EmbeddingResult, _ options: Options) -> EmbeddingResult {
        var result = result
        if let dimensions = options.dimensions, dimensions < result.vector.count {
            let cut = result.vector.prefix(dimensions)
            let length = cut.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
            result.vector = length > 0 ? cut.map { Float(Double($0) / length) } : Array(cut)
            result.model.dims = dimensions
            result.norm *= Float(length)
        }
        if !options.normalises {
            result.vector = result.vector.map { $0 * result.norm }
            result.norm = 1
        }
        return result
    }
}
