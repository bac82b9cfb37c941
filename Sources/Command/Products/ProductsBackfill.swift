import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth products backfill`
struct ProductsBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Embed the products that have no current embedding.")

    @Flag(help: "Only count them.") var dryRun = false
    @Option(help: "Only products of this template.") var template: String?
    @Option(help: "Products a second, at most; as many as can be when absent.") var rate: Double?
    @Flag(help: "Return at once; do not wait for the end.") var noWait = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        let status = try await client.send(.get, "/products/backfill", query: ["template": template])
        if dryRun || !options.json { options.show(status, show) }
        let left = (status["missing"]?.integerValue ?? 0) + (status["stale"]?.integerValue ?? 0)
        guard left > 0, !dryRun else {
            if !dryRun { options.show(status) { _ in Terminal.line("There is nothing to do.") } }
            return
        }
        var input: JSONValue = [:]
        if let template { input["template"] = .string(template) }
        if let rate { input["rate"] = .double(rate) }
        let ticket = try await client.send(.post, "/products/backfill", body: .json(input))
        guard !noWait, !options.json else {
            return options.show(ticket) { Terminal.line("job \($0["job_id"]?.stringValue ?? "")") }
        }
        let job = ticket["job_id"]?.stringValue ?? ""
        let ended = try await JobProgressView(client: client).follow(job, label: "backfill")
        try JobEnd.requireCompletion(ended)
        let failed = ended["result"]?["failed"]?.integerValue ?? 0
        if failed > 0 {
            let count = counted(Int(failed), "product")
            Terminal.line("A part of \(count) cannot be embedded; `hearth products get` says why.")
        }
    }

    private func show(_ status: JSONValue) {
        Terminal.line("without a current embedding  \(status["missing"]?.integerValue ?? 0)")
        Terminal.line("embedded by other models     \(status["stale"]?.integerValue ?? 0)")
        for part in ["image", "text"] {
            let target = status["target"]?[part]?["id"]?.stringValue ?? "none"
            let served = status["served"]?[part]?["id"]?.stringValue ?? "none"
            let note = served == target ? "" : " (searches use \(served) until all are embedded)"
            Terminal.line("\("model of \(part)s".padded(to: 29))\(target)\(note)")
        }
    }
}
