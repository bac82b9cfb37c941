import HearthCore
import HearthInference

/// The models that a tenant's products are embedded by, one a part.
struct ProductModels: Sendable, Codable, Equatable {
    var image: ModelIdentity?
    /// Of the same model as `image` when that reads texts too.
    var text: ModelIdentity?

    /// What says that a product's vectors are by these models and no others.
    var key: String { "\(image?.digest ?? "-")+\(text?.digest ?? "-")" }

    /// Whether texts and pictures lie in one space, so that words find pictures.
    var isJoint: Bool { image != nil && image?.digest == text?.digest }

    subscript(part: ProductPart) -> ModelIdentity? {
        switch part {
        case .image: image
        case .text: text
        }
    }

    /// The models of an engine: the one of products for pictures, and for texts the same if it reads them, else the
    /// first that does. A model that could not be loaded stays in the list: its part is not embedded until the model is
    /// repaired or removed.
    /// - Throws: ``HearthError`` `model_not_ready` while what they are is not known.
    init(of engine: any InferenceEngine) async throws {
        let all = try await engine.models().filter { $0.state != .skipped }
        let viewer = try await engine.productEmbedder()
        let reader =
            viewer?.kind.modalities.contains(.text) == true
            ? viewer : all.first { $0.kind.modalities.contains(.text) }
        image = viewer?.identity
        text = reader?.identity
        if viewer != nil && image == nil || reader != nil && text == nil || image == nil && text == nil {
            throw HearthError(.modelNotReady, "The models of the products are not known yet.", retryAfter: 2)
        }
    }

    init(image: ModelIdentity?, text: ModelIdentity?) {
        self.image = image
        self.text = text
    }
}

/// What a product is looked at by; each has its vectors in collections of its own.
enum ProductPart: String, Sendable, Codable, CaseIterable {
    case image, text

    /// Of the collections that hold it.
    var scope: String { "products/\(rawValue)" }

    var modality: Modality { self == .image ? .image : .text }
}
