/// What a model does, by the word in its `model.json`: what is prepared for its graphs, and what can be asked of it.
///
/// A new kind is one more value in ``allCases``. How its inputs are prepared and its outputs are read is data of the
/// model's folder.
package struct ModelKind: Sendable, RawRepresentable, CaseIterable, Codable {
    package let rawValue: String
    /// What `model.json` must say how to prepare; a kind that sees both has a graph for each.
    package let sees: Set<Modality>
    /// What a caller can ask for. Running the graph on tensors can be asked of every model.
    package let abilities: Set<ModelAbility>
    /// Whether `model.json` must name an output that is a vector; otherwise it must not.
    package let givesVectors: Bool
    /// What its embeddings are made of; empty for models that embed nothing that a caller can send.
    package let modalities: Set<Modality>

    private init(_ name: String, sees: Set<Modality>, can abilities: Set<ModelAbility>, givesVectors: Bool) {
        rawValue = name
        self.sees = sees
        self.abilities = abilities
        self.givesVectors = givesVectors
        modalities = sees.filter { abilities.contains(.embed($0)) }
    }

    /// - Returns: nil for a word that is no kind.
    package init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }

    package static let imageEmbedding = ModelKind(
        "image-embedding", sees: [.image], can: [.embedImages], givesVectors: true)
    package static let textEmbedding = ModelKind(
        "text-embedding", sees: [.text], can: [.embedTexts], givesVectors: true)
    /// Two towers, one space: pictures and texts can be compared.
    package static let imageTextEmbedding = ModelKind(
        "image-text-embedding", sees: [.image, .text], can: [.embedImages, .embedTexts], givesVectors: true)
    package static let faceDetection = ModelKind(
        "face-detection", sees: [.image], can: [.findFaces], givesVectors: false)
    package static let faceLandmarks = ModelKind("face-landmarks", sees: [.image], can: [], givesVectors: false)
    package static let faceEmbedding = ModelKind(
        "face-embedding", sees: [.image], can: [.embedFaces], givesVectors: true)
    /// A folder that does not say what it is.
    package static let unknown = ModelKind("unknown", sees: [], can: [], givesVectors: false)

    package static let allCases: [ModelKind] = [
        imageEmbedding, textEmbedding, imageTextEmbedding, faceDetection, faceLandmarks, faceEmbedding, unknown,
    ]
}

extension ModelKind: Hashable {
    /// Whether both have the same name.
    package static func == (left: ModelKind, right: ModelKind) -> Bool { left.rawValue == right.rawValue }

    /// Hashes the name.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// Something that a model can be asked for.
///
/// A new ability is one more constant here, in the list of the kinds that have it. Callers ask for it by
/// `EmbeddingService.answer`; wire, client, worker and routing pass it on as it is.
package struct ModelAbility: RawRepresentable, Sendable, Hashable {
    /// A verb and its object, as messages say it: "embed images".
    package let rawValue: String

    /// An ability by its text; any text is one, and a model that does not list it refuses it.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// One vector for a picture.
    package static let embedImages = ModelAbility(rawValue: "embed images")
    /// One vector for a text.
    package static let embedTexts = ModelAbility(rawValue: "embed texts")
    /// The faces of a picture, as regions.
    package static let findFaces = ModelAbility(rawValue: "find faces")
    /// One vector for each face of a picture.
    package static let embedFaces = ModelAbility(rawValue: "embed faces")

    /// One vector for an input of this kind.
    package static func embed(_ modality: Modality) -> ModelAbility {
        switch modality {
        case .image: embedImages
        case .text: embedTexts
        }
    }
}

/// What a model can look at.
package enum Modality: String, Sendable, Codable, CaseIterable {
    case image, text
}

/// What a text is for: models that are trained with instructions treat the two differently.
package enum TextRole: String, Sendable, Codable, CaseIterable {
    /// What is searched for.
    case query
    /// What is found.
    case document
}

/// What makes two vectors comparable: vectors whose identities differ are never compared.
package struct ModelIdentity: Hashable, Sendable, Codable {
    /// The model's id, which is its folder's name.
    package var id: String
    /// SHA-256 over weights and preprocessing, in hex: two revisions of one id differ here.
    package var digest: String
    /// Length of the vectors.
    package var dims: Int
    /// `f32` or `bf16`.
    package var precision: String

    package init(id: String, digest: String, dims: Int, precision: String) {
        self.id = id
        self.digest = digest
        self.dims = dims
        self.precision = precision
    }
}
