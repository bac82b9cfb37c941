package import HearthCore

/// Finds faces by the models of a worker, in one call for each picture.
package struct FaceService: FaceFinder {
    private let embeddings: EmbeddingService
    private let detector: String?
    private let embedder: String?

    /// - Parameters:
    ///   - embeddings: Where the models are asked.
    ///   - detector: Name of the model that finds faces; nil: the first one, with landmarks before others.
    ///   - embedder: Name of the model that makes templates; nil: the first one.
    package init(_ embeddings: EmbeddingService, detector: String? = nil, embedder: String? = nil) {
        self.embeddings = embeddings
        self.detector = detector
        self.embedder = embedder
    }

    /// The faces of a picture, largest first.
    /// - Throws: ``HearthError`` `not_found` without models, `invalid_request` for a search that is out of range,
    ///   `invalid_image`, `model_not_ready`, `overloaded`, `deadline_exceeded`.
    package func faces(in picture: Picture, _ options: FaceOptions) async throws -> FoundFaces {
        var question = FaceQuestion(
            search: options.search, minimumScore: options.minimumScore, maximumFaces: options.maximumFaces,
            embeds: true, detector: detector, embedder: embedder)
        try question.check()
        let choice = try FaceModelChoice(
            among: await embeddings.models(until: options.deadline), for: question)
        let models = try Self.models(choice)
        (question.detector, question.embedder) = (choice.detector.id, choice.embedder?.id)
        question.embeds = options.embeds
        let asked = options.embeds ? choice.embedder ?? choice.detector : choice.detector
        let answer = try await embeddings.answer(
            InferenceRequest(
                .faces(picture, question), of: asked.id, priority: options.priority, tenant: options.tenant,
                deadline: options.deadline), by: asked)
        return try Self.found(answer, models)
    }

    /// The models that faces are read by.
    /// - Throws: ``HearthError`` `not_found` with the hint how to get them, `model_not_ready`.
    package func models(until deadline: ContinuousClock.Instant) async throws -> FaceModels {
        let question = FaceQuestion(embeds: true, detector: detector, embedder: embedder)
        return try Self.models(FaceModelChoice(among: await embeddings.models(until: deadline), for: question))
    }

    private static func models(_ choice: FaceModelChoice) throws(HearthError) -> FaceModels {
        guard let embedder = choice.embedder, let identity = embedder.identity, let digest = choice.detector.digest
        else {
            throw HearthError(.modelNotReady, "The models for faces have not been read yet.", retryAfter: 1)
        }
        guard let cosine = embedder.matchThreshold else {
            throw HearthError(
                .invalidConfiguration, "The model \(embedder.id) names no threshold for faces.",
                hint: "docs/models/model-json.md explains `match`.")
        }
        return FaceModels(
            detector: ModelIdentity(
                id: choice.detector.id, digest: digest, dims: 0, precision: choice.detector.precision ?? "f32"),
            embedder: identity,
            thresholds: FaceThresholds(
                cosine: cosine, rates: embedder.face?.rates ?? [],
                detectorScore: choice.detector.face?.enrolmentScore ?? 1))
    }

    private static func found(_ answer: InferenceAnswer, _ models: FaceModels) throws(HearthError) -> FoundFaces {
        guard let report = answer.faces, report.faces.count == answer.regions.count,
            report.faces.allSatisfy({ $0.vector.map(answer.vectors.indices.contains) ?? true })
        else { throw HearthError(.internalError, "The answer about faces is not whole.") }
        var models = models
        // What really answered: a worker may have been replaced since its models were listed.
        models.detector = report.detector
        if let embedder = answer.model { models.embedder = embedder }
        let faces = zip(answer.regions, report.faces).map { region, face in
            FoundFace(region: region, traits: face.traits, template: face.vector.map { answer.vectors[$0] })
        }
        return FoundFaces(
            width: report.width, height: report.height, faces: faces, models: models, timings: report.timings)
    }
}
