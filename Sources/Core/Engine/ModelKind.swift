/// What a model does.
package enum ModelKind: String, Sendable, Codable, CaseIterable {
    case imageEmbedding = "image-embedding"
    case textEmbedding = "text-embedding"
    /// Two towers, one space: pictures and texts can be compared.
    case imageTextEmbedding = "image-text-embedding"
    case faceDetection = "face-detection"
    case faceLandmarks = "face-landmarks"
    case faceEmbedding = "face-embedding"
    /// A folder that does not say what it is.
    case unknown

    /// What its embeddings are made of; empty for models that embed nothing that a caller can send.
    package var modalities: Set<Modality> {
        switch self {
        case .imageEmbedding: [.image]
        case .textEmbedding: [.text]
        case .imageTextEmbedding: [.image, .text]
        case .faceDetection, .faceLandmarks, .faceEmbedding, .unknown: []
        }
    }

    /// Whether it gives one vector for an input.
    package var givesVectors: Bool { !modalities.isEmpty || self == .faceEmbedding }
}
