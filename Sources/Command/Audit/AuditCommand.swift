import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show what was done and refused, and prove that the log of it is whole.",
        discussion: """
            Without --url it works on the data folder itself, whether a server runs on it or not.

              hearth audit list --action faces.users
              hearth audit verify --head 1042:9f86d081…
            """,
        subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

    /// `hearth audit list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the entries of the log, newest first.")

        @Option(help: "Only this action, or all whose names begin with it.") var action: String?
        @Option(help: "Only entries about the thing with this identifier.") var subject: String?
        @Option(help: "Only entries of this tenant.") var tenant: String?
        @Option(help: "Entries of a page.") var limit: Int?
        @Option(help: "`next_cursor` of the page before.") var cursor: String?
        @OptionGroup var options: KeysOptions

        func run() async throws {
            var input: JSONValue = [:]
            for (field, value) in [("action", action), ("subject", subject), ("tenant", tenant), ("cursor", cursor)] {
                if let value { input[field] = .string(value) }
            }
            if let limit { input["limit"] = .int(Int64(limit)) }
            let page = try await options.call("audit.list", input)
            if options.json { return Terminal.json(page) }
            let entries = page["items"]?.arrayValue ?? []
            guard !entries.isEmpty else { return Terminal.line("None.") }
            let heading = ["NUMBER", "TIME", "TENANT", "ACTOR", "ACTION", "SUBJECT", "OUTCOME", "DETAILS"]
            for line in ModelsCommand.table([heading] + entries.map(Self.cells)) { Terminal.line(line) }
            if let next = page["next_cursor"]?.stringValue { Terminal.line("More: --cursor \(next)") }
        }

        /// A row of the list.
        static func cells(of entry: JSONValue) -> [String] {
            func text(_ field: String) -> String { entry[field]?.stringValue ?? "-" }
            let details = entry["details"]?.encodedText() ?? "{}"
            return [
                entry["number"]?.integerValue.map { String($0) } ?? "-", KeysOptions.time(entry["at"]) ?? "-",
                text("tenant"), text("actor"), text("action"), text("subject"), text("outcome"),
                details == "{}" ? "" : details,
            ]
        }
    }

    /// `hearth audit verify`
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Prove that no entry of the log was changed, removed or moved; fails when one was.")

        @Option(help: "Head that an earlier verification has shown; its entry must still be there.") var head: String?
        @OptionGroup var options: KeysOptions

        func run() async throws {
            var input: JSONValue = [:]
            if let head { input["head"] = .string(head) }
            let report = try await options.call("audit.verify", input)
            if options.json {
                Terminal.json(report)
            } else {
                for line in Self.lines(of: report) { Terminal.line(line) }
            }
            guard report["is_whole"] == .bool(true) else { throw ExitCode.failure }
        }

        /// What a person reads of a report.
        static func lines(of report: JSONValue) -> [String] {
            let count = Int(report["entries"]?.integerValue ?? 0)
            let faults = (report["faults"]?.arrayValue ?? []).map { fault in
                "entry \(fault["number"]?.integerValue ?? 0): \(fault["reason"]?.stringValue ?? "")"
            }
            guard faults.isEmpty else { return ["NOT WHOLE: \(counted(count, "entry", "entries"))."] + faults }
            let head = report["head"]?.stringValue.map { ["head \($0)"] } ?? []
            return ["Whole: \(counted(count, "entry", "entries"))."] + head
        }
    }
}
