import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// `hearth jobs`
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, watch and steer jobs.",
        subcommands: [List.self, Show.self, Watch.self, Cancel.self, Retry.self], defaultSubcommand: List.self)

    /// `hearth jobs list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the jobs, newest first.")

        @Option(help: "Only jobs in this state.") var status: String?
        @Option(help: "Only jobs of this operation.") var kind: String?
        @Option(help: "Entries of a page.") var limit: Int?
        @Option(help: "`next_cursor` of the page before.") var cursor: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page = try await options.client().send(
                .get, "/jobs",
                query: ["status": status, "kind": kind, "limit": limit.map(String.init), "cursor": cursor])
            options.show(page) { page in
                for job in page["items"]?.arrayValue ?? [] {
                    Terminal.line(
                        (job["job_id"]?.stringValue ?? "").padded(to: 38)
                            + (job["status"]?.stringValue ?? "").padded(to: 12)
                            + (job["kind"]?.stringValue ?? "").padded(to: 28)
                            + (job["error_message"]?.stringValue ?? ""))
                }
                if let next = page["next_cursor"]?.stringValue { Terminal.line("More: --cursor \(next)") }
            }
        }
    }

    /// `hearth jobs show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one job.")

        @Argument(help: "Identifier of the job.") var job: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let value = try await options.client().send(.get, "/jobs/\(job)")
            options.show(value, JobsCommand.show)
        }
    }

    /// `hearth jobs watch`
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Follow a job's progress to its end.")

        @Argument(help: "Identifier of the job.") var job: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let view = JobProgressView(client: try await options.client(), json: options.json)
            let ended = try await view.follow(job, label: String(job.suffix(12)))
            if ended["status"]?.stringValue != JobState.completed.rawValue {
                if !options.json { JobsCommand.show(ended) }
                throw ExitCode.failure
            }
        }
    }

    /// `hearth jobs cancel`
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancel a job; one that has ended stays as it is.")

        @Argument(help: "Identifier of the job.") var job: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let value = try await options.client().send(.post, "/jobs/\(job)/cancel")
            options.show(value, JobsCommand.show)
        }
    }

    /// `hearth jobs retry`
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run a failed or cancelled job again.")

        @Argument(help: "Identifier of the job.") var job: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let value = try await options.client().send(.post, "/jobs/\(job)/retry")
            options.show(value, JobsCommand.show)
        }
    }

    private static func show(_ job: JSONValue) {
        for member in job.objectValue?.members ?? [] {
            Terminal.line(member.key.padded(to: 20) + (member.value.stringValue ?? member.value.encodedText()))
        }
    }
}
