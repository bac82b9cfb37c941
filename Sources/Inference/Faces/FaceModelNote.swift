package import HearthCore
package import HearthJSON

/// What a model for faces says of itself, beside what all models say.
package struct FaceModelNote: Sendable, Hashable, Codable, SchemaDescribed {
    /// Of a detector: the score from which on a box counts as a face …
    package var score: Double?
    /// … and the one from which on it may be enrolled.
    package var enrolmentScore: Double?
    /// Of a detector: whether it gives five landmarks itself.
    package var landmarks: Bool?
    /// Of an embedder: rates of false matches, as far as they were measured.
    package var rates: [FaceThresholds.Rate]?

    package static let fields = [
        "score": FieldNote("Score from which on a detector's box counts as a face."),
        "enrolment_score": FieldNote("Score from which on a face may be enrolled."),
        "landmarks": FieldNote("Whether the detector gives five landmarks itself."),
        "rates": FieldNote("Rates of false matches that were measured for the embedder."),
    ]

    package init(
        score: Double? = nil, enrolmentScore: Double? = nil, landmarks: Bool? = nil,
        rates: [FaceThresholds.Rate]? = nil
    ) {
        self.score = score
        self.enrolmentScore = enrolmentScore
        self.landmarks = landmarks
        self.rates = rates
    }
}

/// The models that faces are read by, chosen among those that are there.
package struct FaceModelChoice: Sendable {
    package var detector: ModelStatus
    /// Gives landmarks where the detector gives none.
    package var landmarks: ModelStatus?
    /// Nil when only faces are to be found.
    package var embedder: ModelStatus?

    /// - Parameters:
    ///   - models: All models, in their order.
    ///   - question: Names some of them, or none.
    /// - Throws: ``HearthError`` `not_found` with the hint how to get what is missing.
    package init(among models: [ModelStatus], for question: FaceQuestion) throws(HearthError) {
        detector = try Self.model(question.detector, among: models, for: .findFaces) { $0.face?.landmarks == true }
        landmarks = nil
        if detector.face?.landmarks != true {
            landmarks = models.first { $0.kind == .faceLandmarks && Self.isUsable($0) }
            guard landmarks != nil else {
                throw HearthError(
                    .notFound, "The detector \(detector.id) gives no landmarks, and there is no model that does.",
                    hint: HearthError.moreModels(for: .embedFaces))
            }
        }
        embedder =
            question.embeds ? try Self.model(question.embedder, among: models, for: .embedFaces) { _ in true } : nil
    }

    /// The named model, or the first of those that are preferred, or the first.
    private static func model(
        _ name: String?, among models: [ModelStatus], for ability: ModelAbility,
        preferring isBetter: (ModelStatus) -> Bool
    ) throws(HearthError) -> ModelStatus {
        let able = models.filter { $0.kind.abilities.contains(ability) && isUsable($0) }
        let found =
            if let name { able.first { $0.isNamed(name) } } else { able.first(where: isBetter) ?? able.first }
        if let found { return found }
        let failed = models.first { model in
            model.kind.abilities.contains(ability) && model.state == .failed && name.map(model.isNamed) ?? true
        }
        if let failed {
            throw HearthError(
                .modelNotReady, "The model \(failed.id) cannot be used. \(failed.reason ?? "")",
                hint: "`hearth models verify` checks its files.", retryAfter: 60)
        }
        throw HearthError.noModel(for: ability)
    }

    /// Folders that were added before they could say what faces need have no note, and cannot be asked.
    private static func isUsable(_ model: ModelStatus) -> Bool {
        model.state != .skipped && model.state != .failed && (model.face != nil || model.kind == .faceLandmarks)
    }
}
