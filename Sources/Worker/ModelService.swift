import HearthModelRuntime
import ServiceLifecycle

/// Runs the models for as long as the worker lives; drains them at a graceful shutdown.
struct ModelService: Service {
    let host: ModelHost

    func run() async throws {
        await withTaskGroup { group in
            group.addTask { await host.run() }
            group.addTask {
                try? await gracefulShutdown()
                await host.drain()
            }
            await group.next()
            group.cancelAll()
        }
    }
}
