import HearthCore
import HearthInference

/// Which worker has which model, as far as the front knows. Pure.
package struct WorkerDirectory {
    /// Starts the worker of a group and returns its socket, before a deadline.
    package typealias Start = @Sendable (String, ContinuousClock.Instant) async throws -> String

    var start: Start?
    private var main: String?
    private var groups: [String: String] = [:]
    /// What the worker that is always there said last; kept while a new one is started, so that known names stay known.
    private var mainStatus: EngineStatus?
    private var groupStatuses: [String: EngineStatus] = [:]
    /// Whether the present main worker has said something.
    private var isFresh = false

    mutating func use(socket: String?, group: String?) {
        guard let group else {
            if main != socket { isFresh = false }
            main = socket
            return
        }
        groups[group] = socket
        if socket == nil { groupStatuses[group] = nil }
    }

    mutating func note(_ status: EngineStatus, group: String?) {
        if let group {
            if groups[group] != nil { groupStatuses[group] = status }
        } else {
            mainStatus = status
            isFresh = true
        }
    }

    func socket(group: String?) -> String? { group.map { groups[$0] } ?? main }

    func socket(of model: String) -> String? { socket(group: group(of: model)) }

    /// The group of a model; nil: it is always in memory, or unknown.
    func group(of model: String?) -> String? { mainStatus?.models.first { $0.id == model }?.group }

    /// All models: those of the main worker, and for those that live elsewhere what their own worker says.
    var models: [ModelStatus]? {
        mainStatus.map { status in status.models.map(current) }
    }

    /// The model that serves anchors; nil when nothing is known.
    var embedder: ModelStatus?? { mainStatus.map { $0.embedder.map(current) } }

    /// The model that looks at products; nil when nothing is known.
    var embedderOfProducts: ModelStatus?? { mainStatus.map { $0.embedderOfProducts.map(current) } }

    private func current(_ status: ModelStatus) -> ModelStatus {
        if let group = status.group {
            return groupStatuses[group]?.models.first { $0.id == status.id } ?? status
        }
        guard !isFresh, status.state == .ready else { return status }
        // Its worker has gone, and the next one has not answered yet.
        var status = status
        status.state = .loading
        return status
    }
}
