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
    func options(_ call: DoorCall) -> EmbeddingService.Options {
        var options = EmbeddingService.Options(tenant: call.tenant, deadline: call.deadline)
        options.model = model
        options.truncates = truncates
        options.dimensions = dimensions
        options.normalises = normalises
        options.keepAlive = keepAlive
        return options
    }
}
