import HearthCore
import HearthInference
import HearthModelRuntime
import ServiceLifecycle

/// Ends the worker of a group when its models have left memory: only then does the memory come back.
struct IdleWatch: Service {
    let host: ModelHost

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var hasBegun = false
            for await _ in host.changes() {
                let states = host.models().map(\.state)
                let isEmpty = states.allSatisfy { [.absent, .failed, .skipped].contains($0) }
                // A model that failed is asked for again by a call, in a fresh process.
                if isEmpty, hasBegun { return }
                hasBegun = hasBegun || !isEmpty
            }
        }
    }
}
