import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// `hearth jobs`
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, watch, cancel and retry jobs.", subcommands: [List.self, Watch.self],
        defaultSubcommand: List.self)

    /// `hearth jobs list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the jobs, newest first, without those of the server's own upkeep.")

        @Option(help: "Only jobs in this state: pending, in_progress, completed, failed or cancelled.")
        var status: String?
        @Option(help: "Only jobs of this operation, for example studio.anchors.extract.") var kind: String?
        @Flag(help: "The jobs of upkeep too, which the server makes by its schedule.") var all = false
        @Option(help: "How many at most.") var limit: Int?
        @Option(help: "Where the page before has ended.") var cursor: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page = try await options.client().send(
                .get, "/jobs",
                query: [
                    "status": status, "kind": kind, "upkeep": all || kind != nil ? nil : "false",
                    "limit": limit.map(String.init), "cursor": cursor,
                ])
            options.show(page) { page in Self.lines(page).forEach(Terminal.line) }
        }

        /// A row for each job, and below one that has failed why.
        static func lines(_ page: JSONValue, now: Int64 = SystemClock().now()) -> [String] {
            let jobs = page["items"]?.arrayValue ?? []
            guard !jobs.isEmpty else { return ["None; `--all` lists the jobs of the server's upkeep too."] }
            let cells = AnswerCell(now: now)
            let rows = jobs.map { job in
                [
                    job["job_id"]?.stringValue ?? "-", job["kind"]?.stringValue ?? "-", state(of: job),
                    cells.cell("created_at", job["created_at"] ?? .null, isFirst: false), subject(of: job),
                ]
            }
            let table = OperationAnswer.aligned([["JOB", "KIND", "STATUS", "CREATED", "ABOUT"]] + rows)
            var lines = [table[0]]
            for (job, line) in zip(jobs, table.dropFirst()) {
                lines.append(line)
                if job["status"]?.stringValue == JobState.failed.rawValue, let why = job["error_message"]?.stringValue {
                    lines.append("  failed: \(why)")
                }
            }
            return lines + (page["next_cursor"]?.stringValue.map { ["More: --cursor \($0)"] } ?? [])
        }

        private static func state(of job: JSONValue) -> String {
            let status = job["status"]?.stringValue ?? "-"
            guard status == JobState.inProgress.rawValue, let progress = job["progress"]?.doubleValue else {
                return status
            }
            return "\(status) \(Int(progress * 100)) %"
        }

        /// What a job is about: the names that its result has, else the end of an identifier.
        private static func subject(of job: JSONValue) -> String {
            let result = job["result"]
            let names = ["character", "project", "title", "external_id"].compactMap { result?[$0]?.stringValue }
            if !names.isEmpty { return names.joined(separator: ", ") }
            return job["subject"]?.stringValue.map(Wording.shortID) ?? "-"
        }
    }

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
