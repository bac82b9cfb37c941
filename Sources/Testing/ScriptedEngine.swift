package import HearthCore
package import HearthInference

/// An engine that answers by a script: what doors, features and caches are tested against.
package struct ScriptedEngine: InferenceEngine {
    /// What the engine says of its models, in this order.
    package var statuses: [ModelStatus]
    /// Id of the model that serves anchors.
    package var anchorModel: String?
    /// Id of the model that looks at products; nil: that of anchors.
    package var productModel: String?
    /// Answers what asks for a vector, …
    package var embedding: @Sendable (InferenceRequest) async throws -> EmbeddingResult
    /// … what runs a graph, …
    package var inference: @Sendable (InferenceRequest) async throws -> [NamedTensor] = { _ in [] }
    /// … and what asks for anything else; by default an empty answer.
    package var finding: @Sendable (InferenceRequest) async throws -> InferenceAnswer = { _ in InferenceAnswer() }
    /// How many requests each call brought, in the order of the calls.
    package let batches = Locked<[Int]>([])
    /// Called by ``load(_:keepAlive:deadline:)`` with the model's id and how long it is to stay.
    package var loading: @Sendable (String, KeepAlive?) async throws -> Void = { _, _ in }
    /// Called by ``unload(_:)`` with the model's id.
    package var unloading: @Sendable (String) async throws -> Void = { _ in }

    /// An engine with these models.
    ///
    /// - Parameter embedding: answers what asks for a vector; by default `model_not_ready`.
    package init(
        _ statuses: [ModelStatus] = [], anchorModel: String? = nil,
        embedding: @escaping @Sendable (InferenceRequest) async throws -> EmbeddingResult = { _ in
            throw HearthError(.modelNotReady, "There is no model.")
        }
    ) {
        self.statuses = statuses
        self.anchorModel = anchorModel
        self.embedding = embedding
    }

    /// Answers all requests at once by the script, and notes how many there were.
    package func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        batches.withLock { $0.append(requests.count) }
        return try await Self.answers(to: requests) { request in
            switch request.question {
            case .ask(let input, let ability, _) where ability == .embed(input.modality):
                InferenceAnswer(try await embedding(request))
            case .ask, .faces: try await finding(request)
            case .run: InferenceAnswer(tensors: try await inference(request))
            }
        }
    }

    /// What a closure answers to each request, all of them at once.
    package static func answers(
        to requests: [InferenceRequest],
        _ answer: @escaping @Sendable (InferenceRequest) async throws -> InferenceAnswer
    ) async throws -> [Result<InferenceAnswer, HearthError>] {
        try await concurrentMap(requests) { request in
            do {
                return .success(try await answer(request))
            } catch let error as HearthError {
                return .failure(error)
            }
        }
    }

    /// The models of the script.
    package func models() async throws -> [ModelStatus] { statuses }
    /// The model of the script that serves anchors; nil when none is named.
    package func defaultEmbedder() async throws -> ModelStatus? { statuses.first { $0.id == anchorModel } }

    /// The model of the script that looks at products; nil when none is named.
    package func productEmbedder() async throws -> ModelStatus? {
        statuses.first { $0.id == productModel ?? anchorModel }
    }

    /// Does what the script says; by default nothing.
    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try await loading(model, keepAlive)
    }

    /// Does what the script says; by default nothing.
    package func unload(_ model: String) async throws { try await unloading(model) }
}

extension ModelStatus {
    /// A ready model.
    package static func ready(_ id: String, _ kind: ModelKind, dims: Int? = nil) -> ModelStatus {
        var status = ModelStatus(id: id, kind: kind, state: .ready)
        status.digest = "digest-of-\(id)"
        status.dims = dims
        status.precision = "f32"
        if kind.modalities.contains(.text) { status.maximumTokens = 256 }
        return status
    }
}

extension EmbeddingResult {
    /// A vector by a model that is ready.
    package static func of(_ vector: [Float], by model: ModelStatus, tokens: Int = 0) -> EmbeddingResult {
        EmbeddingResult(
            vector: vector, tokens: tokens,
            model: ModelIdentity(
                id: model.id, digest: model.digest ?? "", dims: vector.count, precision: model.precision ?? "f32"),
            timings: InferenceTimings(decode: .zero, queue: .zero, compute: .zero, batch: 1))
    }
}

extension InferenceEngine {
    /// The vector that a request asks for.
    package func embed(_ request: InferenceRequest) async throws -> EmbeddingResult {
        try EmbeddingResult(try await answer(request))
    }
}

extension InferenceAnswer {
    /// The answer that gives this result.
    package init(_ result: EmbeddingResult) {
        self.init(
            model: result.model, vectors: [Embedding(result.vector, norm: result.norm)], tokens: result.tokens,
            timings: result.timings)
    }
}

extension InferenceRequest {
    /// A request for one vector.
    package init(
        model: String? = nil, input: EmbeddingInput, truncates: Bool = true, tenant: Tenant = .local,
        deadline: ContinuousClock.Instant
    ) {
        self.init(.embed(input, truncates: truncates), of: model, tenant: tenant, deadline: deadline)
    }

    /// What a model is to look at; no tokens when a graph is to be run. Setting it asks for a vector.
    package var input: EmbeddingInput {
        get { question.input ?? .tokens([]) }
        set { question = .embed(newValue, truncates: truncates) }
    }

    /// The tensors that a graph is to be run on, and the outputs that are wanted.
    package var tensors: (inputs: [NamedTensor], outputs: [String]) {
        if case .run(let inputs, let outputs) = question { (inputs, outputs) } else { ([], []) }
    }

    /// Whether a text that is too long is cut.
    package var truncates: Bool {
        get { question.truncates }
        set { question = .embed(input, truncates: newValue) }
    }
}
