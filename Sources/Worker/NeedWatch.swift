import Foundation
import HearthCore
import HearthInference
import HearthJobs
import HearthModelRuntime
import ServiceLifecycle

/// Knows which needs of this process's jobs are met: models of its own as they change, everything else by looking
/// every ``Limits/needInterval``.
final class NeedWatch: Service {
    private let handlers: [String: JobHandler]
    private let engine: JobEngine
    /// Needs that the last look has found met.
    private let found = Locked<Set<JobNeed>>([])
    /// An element after each change.
    let changes: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init(handlers: [String: JobHandler], engine: JobEngine) {
        self.handlers = handlers
        self.engine = engine
        (changes, announce) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether a need is met now.
    func isMet(_ need: JobNeed) -> Bool {
        if case .model(let id) = need, let host = engine.host { return host.isWithinReach(id) }
        return found.withLock { $0.contains(need) }
    }

    /// What is not there, and which operations wait for it.
    var unmet: [EngineStatus.UnmetNeed] {
        let waiting = Set(handlers.values.flatMap(\.plan.needs)).filter { !isMet($0) && !isOnItsWay($0) }
        return waiting.sorted { "\($0)" < "\($1)" }.map { need in
            let operations = handlers.filter { $0.value.plan.needs.contains(need) }
            return EngineStatus.UnmetNeed(
                need: need, operations: operations.keys.sorted(),
                lanes: Set(operations.values.map(\.plan.lane.name)).sorted())
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                if let host = engine.host {
                    group.addTask { for await _ in host.changes() { self.announce.yield() } }
                }
                repeat {
                    await look()
                } while (try? await Task.sleep(for: Limits.needInterval)) != nil
            }
        }
        announce.finish()
    }

    /// A model of this process that is being loaded will be ready without further action.
    private func isOnItsWay(_ need: JobNeed) -> Bool {
        guard case .model(let id) = need, let host = engine.host else { return false }
        guard let status = id.map({ id in host.models().first { $0.id == id } }) ?? host.defaultEmbedder() else {
            return false
        }
        return [.absent, .loading, .warming].contains(status.state)
    }

    private func look() async {
        let needs = Set(handlers.values.flatMap(\.plan.needs))
        var models: EngineStatus?
        if engine.host == nil, needs.contains(where: \.isModel) { models = try? await engine.status() }
        var met: Set<JobNeed> = []
        for need in needs {
            switch need {
            case .model(let id): if models?.isWithinReach(id) == true { met.insert(need) }
            case .program(let name): if ProgramPath.find(name) != nil { met.insert(need) }
            case .service(let url): if await ServiceProbe.answers(url) { met.insert(need) }
            }
        }
        let isChange = found.withLock { found in
            defer { found = met }
            return found != met
        }
        if isChange { announce.yield() }
    }
}

extension JobNeed {
    fileprivate var isModel: Bool { if case .model = self { true } else { false } }
}

extension EngineStatus {
    /// Whether a call to a model is answered: at once, or by the process that is started for it.
    fileprivate func isWithinReach(_ model: String?) -> Bool {
        guard let status = models.first(where: { $0.id == model ?? defaultEmbedder }) else { return false }
        return status.state == .ready || (status.group != nil && ![.failed, .skipped].contains(status.state))
    }
}
