package import HTTPTypes
package import HearthCore
package import HearthInference
package import Hummingbird

/// Embeddings in three protocols over one service: Hearth's own, OpenAI's, and text-embeddings-inference's.
package struct EmbeddingDoor: Sendable {
    private let runner: EmbeddingRunner
    private let budget: BodyBudget

    /// - Parameter fetcher: gets pictures behind URLs; nil: URLs are refused.
    package init(
        service: EmbeddingService, budget: BodyBudget, metrics: MetricsRegistry, fetcher: (any PictureFetcher)?
    ) {
        runner = EmbeddingRunner(service: service, metrics: EmbeddingMetrics(metrics), fetcher: fetcher)
        self.budget = budget
    }

    /// Adds the routes of all three protocols, and `/health/warm`.
    package func add(to router: Router<DoorContext>) {
        let tei = TEIRoutes(runner: runner, budget: budget)
        NativeEmbeddingRoutes(runner: runner, budget: budget, tei: tei).add(to: router)
        tei.add(to: router)
        OpenAIRoutes(runner: runner, budget: budget).add(to: router)
        WarmHealth(service: runner.service).add(to: router)
    }

    /// Methods at a path of this door, for 405.
    package static func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        switch path {
        case "/embed", "/embed/batch", "/v1/embeddings", "/embeddings", "/similarity": [.post]
        case "/health/warm", "/v1/models", "/info": [.get]
        default: path.hasPrefix("/v1/models/") ? [.get] : []
        }
    }

    /// Whether a request costs less than another thread's waking: a sentence or two to embed, or a picture to pass on.
    static func isQuick(_ request: HTTPRequest) -> Bool {
        guard request.method == .post else { return false }
        switch request.path?.prefix(while: { $0 != "?" }) {
        case "/embed":
            let isPicture = request.headerFields[.contentType]?.hasPrefix("image/") == true
            return request.hasBody(upTo: isPicture ? Limits.shortPictureBytes : Limits.shortBodyBytes)
        case "/v1/embeddings", "/embeddings": return request.hasBody(upTo: Limits.shortBodyBytes)
        default: return false
        }
    }

    /// How errors are worded at a path. `/embed` serves two protocols: its routes say which.
    package static func errorShape(at path: String) -> ErrorShape? {
        switch path {
        case "/embeddings": OpenAIError.shape
        case "/info", "/similarity": TEIError.shape
        default: path.hasPrefix("/v1/") ? OpenAIError.shape : nil
        }
    }
}
