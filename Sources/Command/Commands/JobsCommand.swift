import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// `hearth jobs`
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, watch, cancel and retry jobs.", subcommands: [Watch.self])

    /// `hearth jobs watch`
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "watch", abstract: "Follow a job's progress to its end.")

        @Argument(help: "Identifier of the job.") var job: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let view = JobProgressView(client: try await options.client(), json: options.json)
            let ended = try await view.follow(job, label: String(job.suffix(12)))
            if ended["status"]?.stringValue != JobState.completed.rawValue {
                if !options.json { OperationAnswer.show(ended) }
                throw ExitCode.failure
            }
        }
    }
}
