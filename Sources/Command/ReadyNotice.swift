import ServiceLifecycle

/// Says once that every call can be answered, and ends.
struct ReadyNotice: Service {
    let isReady: @Sendable () async -> Bool
    let say: @Sendable () -> Void

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            // A server without its models may never get ready: it is asked less often after the first seconds.
            var pause: Duration = .milliseconds(25)
            while !(await isReady()) {
                try await Task.sleep(for: pause)
                pause = min(pause * 1.1, .seconds(2))
            }
            say()
        }
    }
}
