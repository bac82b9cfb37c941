import HearthCore
import HearthInference

/// How a client wants its vectors, in whatever protocol it said so.
struct EmbeddingWishes: Sendable, Equatable {
    var model: String?
    var truncates = true
    var dimensions: Int?
    var normalises = true
    var keepAlive: KeepAlive?

    /// The same for the service.
    func options(_ caller: EmbeddingCaller) -> EmbeddingService.Options {
        var options = EmbeddingService.Options(tenant: caller.tenant, deadline: caller.deadline)
        options.model = model
        options.truncates = truncates
        options.dimensions = dimensions
        options.normalises = normalises
        options.keepAlive = keepAlive
        return options
    }
}
