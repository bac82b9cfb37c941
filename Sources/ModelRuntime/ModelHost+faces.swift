import HearthCore
import HearthInference
import HearthModelLibrary

/// Questions about the faces of a picture, which several models answer together.
extension ModelHost {
    /// - Parameter model: The embedder, or the detector when no vectors are asked for.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request`, `invalid_configuration` for models that cannot work
    ///   together, and as ``answer(_:)``.
    func findFaces(
        in picture: Picture, _ question: FaceQuestion, _ request: InferenceRequest, by model: String
    ) async throws -> InferenceAnswer {
        try question.check()
        var question = question
        if question.embeds { question.embedder = model } else { question.detector = model }
        let choice = try FaceModelChoice(among: models(), for: question)
        let pipeline = FacePipeline(
            host: self, request: request, question: question,
            detector: try part(choice.detector, postprocessed: true),
            landmarks: try choice.landmarks.map { try part($0, postprocessed: true) },
            embedder: try choice.embedder.map { try part($0) })
        // Drawing crops takes longer than a thread of connections may be held.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await pipeline.answer(picture)
        }
    }

    private func part(_ status: ModelStatus, postprocessed: Bool = false) throws(HearthError) -> FacePipeline.Part {
        guard !livesElsewhere(status.id) else {
            throw HearthError(
                .invalidConfiguration, "The models for faces live in different processes.",
                hint: "Give the detector, the model of landmarks and the embedder the same group, or none.")
        }
        guard let folder = state.withLock({ $0.slots[status.id]?.folder }), let image = folder.manifest.image,
            !postprocessed || folder.manifest.postprocess != nil
        else {
            throw HearthError(
                .invalidConfiguration, "The model.json of \(status.id) does not say how its outputs are read.",
                hint: "docs/models/model-json.md explains `postprocess`.")
        }
        return FacePipeline.Part(folder: folder, image: image)
    }
}
