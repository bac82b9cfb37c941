import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth import chroma`
struct ImportChroma: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chroma", abstract: "Bring collections over from Chroma: a running server, or its folder.",
        discussion: """
            The other side is only read. Running it again stores the same records again and changes nothing else.

              hearth import chroma http://127.0.0.1:8000
              hearth import chroma ./chroma --split-by client_id --dry-run
            """)

    @Argument(help: "Address of a Chroma server, or a folder with chroma.sqlite3 in it.") var source: String
    @Option(help: "Only this collection; may be repeated.") var collection: [String] = []
    @Flag(help: "Each collection is one client's already and keeps its name; this is what happens without flags.")
    var perClient = false
    @Option(help: "Make one collection of each value of this metadata key, NAME.VALUE; the rest goes to NAME.")
    var splitBy: String?
    @Option(help: "Tenant on the other side.") var tenant: String = "default_tenant"
    @Option(help: "Database on the other side.") var database: String = "default_database"
    @Option(help: "Token for the other side.") var token: String?
    @Flag(help: "Only say what would be done.") var dryRun = false
    @Flag(help: "Pass over records that are there already.") var resume = false
    @OptionGroup var options: ClientOptions

    func validate() throws {
        if perClient, splitBy != nil { throw ValidationError("--per-client and --split-by exclude each other.") }
    }

    func run() async throws {
        let caFile = try await options.settings().caFile
        let origin: any ChromaSource =
            if source.contains("://") {
                ChromaServer(
                    client: try APIClient(
                        base: source, apiKey: token.map(Secret.init), peer: .chroma, caFile: caFile),
                    tenant: tenant, database: database)
            } else {
                try ChromaFolder(source, tenant: tenant, database: database)
            }
        var run = ChromaImport(
            source: origin, client: try await options.client(),
            plan: .init(names: Set(collection), splitKey: splitBy, isDry: dryRun, skipsExisting: resume),
            isQuiet: options.json)
        let report = try await run.run()
        options.show(.array(report.map(\.json))) { _ in
            for entry in report { Terminal.line(entry.text(isDry: dryRun)) }
            if report.isEmpty { Terminal.line("There is no collection to bring over.") }
        }
        if !dryRun, report.contains(where: { !$0.isComplete }) { throw ExitCode.failure }
    }
}
