package import HearthCore
import HearthJSON

/// Vectors, and whatever else models make of an input, for callers: what all embedding doors and features share.
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
            models[modality] = try await model(options.model, for: .embed(modality), until: options.deadline)
        }
        return try await embed(inputs, by: models, options)
    }

    /// What one model with an ability says of several inputs, in their order; one that fails does not fail the others.
    ///
    /// For what is no vector, such as the regions of a picture: it is computed each time. Of the options, `dimensions`,
    /// `normalises` and `usesCache` mean nothing here.
    ///
    /// ```swift
    /// let found = try await service.answer([.image(picture)], for: .detectObjects, options)[0].get().regions
    /// ```
    /// - Throws: ``HearthError`` `not_found` (no such model), `invalid_request` (a model without that ability),
    ///   `model_not_ready`, and `CancellationError`.
    package func answer(
        _ inputs: [EmbeddingInput], for ability: ModelAbility, _ options: Options
    ) async throws -> [Result<InferenceAnswer, HearthError>] {
        let model = try await model(options.model, for: ability, until: options.deadline)
        let models = Dictionary(uniqueKeysWithValues: Set(inputs.map(\.modality)).map { ($0, model) })
        return try await explaining(inputs, by: models, options) { try await ask(inputs, for: ability, models, $0) }
    }

    /// The vector of one picture, by the model that serves anchors and by no other.
    /// - Throws: as ``embed(_:_:)``, and what has failed with the picture.
    package func embedAnchor(_ picture: Picture, _ options: Options) async throws -> EmbeddingResult {
        try await embed(picture, options) { try await engine.defaultEmbedder() }
    }

    /// The vector of one picture, by the model that looks at products and by no other.
    /// - Throws: as ``embed(_:_:)``, and what has failed with the picture.
    package func embedProduct(_ picture: Picture, _ options: Options) async throws -> EmbeddingResult {
        try await embed(picture, options) { try await engine.productEmbedder() }
    }

    private func embed(
        _ picture: Picture, _ options: Options, by find: () async throws -> ModelStatus?
    ) async throws -> EmbeddingResult {
        guard let model = try await waitingForWorker(until: options.deadline, find) else {
            throw HearthError.noModel(for: .embedImages)
        }
        return try await embed([.image(picture)], by: [.image: model], options)[0].get()
    }

    private func embed(
        _ inputs: [EmbeddingInput], by models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        try await explaining(inputs, by: models, options) { try await compute(inputs, by: models, $0) }
    }

    /// The answers by these models; of models that do not come into memory in time, how far they are.
    private func explaining<Answer>(
        _ inputs: [EmbeddingInput], by models: [Modality: ModelStatus], _ options: Options,
        _ answers: (Options) async throws -> [Result<Answer, HearthError>]
    ) async throws -> [Result<Answer, HearthError>] {
        var options = options
        // A job waits for its model as long as its plan says.
        if options.priority == .interactive {
            options.deadline = cold.deadline(of: options.deadline, for: models.values)
        }
        do {
            let results = try await answers(options)
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
                try await cached.embed(inputs, by: models, options) { try await vectors(of: $0, models, options) }
            } else {
                try await vectors(of: inputs, models, options)
            }
        return results.map { $0.map { Self.shaped($0, options) } }
    }

    private func vectors(
        of inputs: [EmbeddingInput], _ models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        try await ask(inputs, for: nil, models, options).map { answer in
            answer.flatMap { answer in Result { () throws(HearthError) in try EmbeddingResult(answer) } }
        }
    }

    /// Asks the engine; loads the models first when they are to stay for another time than before.
    /// - Parameter ability: What is asked; nil: a vector.
    private func ask(
        _ inputs: [EmbeddingInput], for ability: ModelAbility?, _ models: [Modality: ModelStatus], _ options: Options
    ) async throws -> [Result<InferenceAnswer, HearthError>] {
        if let keepAlive = options.keepAlive {
            for id in Set(inputs.compactMap { models[$0.modality]?.id }) {
                try await engine.load(id, keepAlive: keepAlive, deadline: options.deadline)
            }
        }
        let requests = inputs.map { input in
            InferenceRequest(
                .ask(input, for: ability ?? .embed(input.modality), truncates: options.truncates),
                of: models[input.modality]?.id, priority: options.priority, tenant: options.tenant,
                deadline: options.deadline)
        }
        return try await engine.answer(requests)
    }

    /// Inputs that are being computed for the cache, and callers who wait for the answer to another one's.
    package var shared: (inputs: Int, followers: Int) { cached?.load ?? (0, 0) }

    /// The state of each model; looking does not keep one in memory.
    package func models() async throws -> [ModelStatus] { try await engine.models() }

    /// The same, for a caller that waits for a worker that is being started.
    /// - Throws: ``HearthError`` `model_not_ready`.
    package func models(until deadline: ContinuousClock.Instant) async throws -> [ModelStatus] {
        try await waitingForWorker(until: deadline) { try await engine.models() }
    }

    /// The answer to one request; of a model that does not come into memory in time, how far it is.
    /// - Parameter model: The model that the request names.
    package func answer(_ request: InferenceRequest, by model: ModelStatus) async throws -> InferenceAnswer {
        var request = request
        if request.priority == .interactive { request.deadline = cold.deadline(of: request.deadline, for: [model]) }
        do {
            return try await engine.answer(request)
        } catch let error as HearthError {
            throw cold.explained(error, by: model)
        }
    }

    /// From which score on two pictures count as the same to a model; nil when it does not say it, and while nothing is
    /// known about it: it has gone, or no worker has answered yet. Never waits for a worker.
    package func matchRule(of model: ModelIdentity) async -> MatchRule? {
        let models = try? await engine.models()
        return models?.first { $0.digest == model.digest }?.matchRule
    }

    /// The model that a name means.
    ///
    /// Without a name: the model of anchors when it has that ability, else the first one that has. Waits for a worker
    /// that is being started.
    /// - Parameter ability: What it must be able to do; nil: nothing.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` when it has not that ability, `model_not_ready`.
    package func model(
        _ name: String?, for ability: ModelAbility?, until deadline: ContinuousClock.Instant
    ) async throws -> ModelStatus {
        let models = try await waitingForWorker(until: deadline) { try await engine.models() }
        guard let name else {
            let preferred = try await waitingForWorker(until: deadline) { try await engine.defaultEmbedder() }
            let candidates = ([preferred].compactMap { $0 } + models).filter { $0.state != .skipped }
            let fits = candidates.first { model in ability.map { model.kind.abilities.contains($0) } ?? true }
            guard let fits else {
                throw HearthError.noModel(for: ability)
            }
            return fits
        }
        guard let model = models.first(where: { $0.isNamed(name) }) else {
            throw HearthError(
                .notFound, "There is no model named \"\(name.prefix(100))\".",
                hint: Self.hint(about: models, for: ability))
        }
        if let ability, !model.kind.abilities.contains(ability) {
            throw HearthError(
                .invalidRequest,
                "The model \(model.id) does not \(ability.rawValue); it is of the kind \(model.kind.rawValue).",
                hint: Self.hint(for: ability, among: models) ?? HearthError.moreModels(for: ability))
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

    private static func hint(for ability: ModelAbility, among models: [ModelStatus]) -> String? {
        let fits = models.filter { $0.kind.abilities.contains(ability) }.map(\.id)
        return fits.isEmpty ? nil : "These do: \(fits.joined(separator: ", "))."
    }

    /// What there is in place of a model that there is none of. Where none does what is wanted, how to get one;
    /// without a wish that is texts, which the built-in model does not read.
    private static func hint(about models: [ModelStatus], for ability: ModelAbility?) -> String {
        let wanted = ability ?? .embedTexts
        let names = models.isEmpty ? "There are none." : "There are: \(models.map(\.id).joined(separator: ", "))."
        guard !models.contains(where: { $0.kind.abilities.contains(wanted) }) else { return names }
        return "\(names) None of them can \(wanted.rawValue). \(HearthError.moreModels(for: wanted))"
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

extension HearthError {
    /// No model can do what is asked, and how to get one that can.
    package static func noModel(for ability: ModelAbility?) -> HearthError {
        HearthError(
            .notFound, "There is no model\(ability.map { " that can \($0.rawValue)" } ?? "").",
            hint: moreModels(for: ability))
    }

    /// How to get a model that can do what is asked: the one hint for all protocols.
    static func moreModels(for ability: ModelAbility?) -> String {
        if ability == .findFaces || ability == .embedFaces {
            return "`hearth models pull faces` downloads what faces are read by, and a server that is started again "
                + "finds it; HEARTH_MODELS names folders with models of your own."
        }
        // One that the list of downloads has, and that serves texts at once.
        let example = ability == .embedTexts ? "`hearth models pull all-minilm-l6-v2`" : "`hearth models pull`"
        return "`make models` makes models for pictures and texts, \(example) downloads one, and a server that is "
            + "started again finds them; HEARTH_MODELS names folders with models of your own."
    }
}
