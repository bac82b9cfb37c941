import ArgumentParser
import HearthCore

/// `hearth worker`
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Steer the worker.", subcommands: [Recycle.self])

    /// `hearth worker recycle`
    struct Recycle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the worker by a fresh, already warm one, without a gap.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let reply = try await options.client().send(.post, "/api/system/worker/recycle")
            options.show(reply) { _ in
                Terminal.line("A fresh worker is warming up; it takes over when its models are ready.")
            }
        }
    }
}
