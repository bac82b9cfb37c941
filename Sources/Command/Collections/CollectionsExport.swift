import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth collections export`
struct CollectionsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Save a collection as a file of one moment.")

    @Argument(help: "Name or identifier of the collection.") var collection: String
    @Argument(help: "The file; it must not exist yet.") var file: String
    @Option(help: "jsonl, npy (vectors only), or ids (the ids of npy's rows); by the file's ending when absent.")
    var format: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let format = format ?? (file.lowercased().hasSuffix(".npy") ? "npy" : "jsonl")
        let client = try await options.client()
        try await DownloadedFile.write(file) { handle in
            try await client.download(
                "/api/collections/\(collection)/export", query: ["format": format], into: handle)
        }
        options.show(["file": .string(file)]) { _ in Terminal.line("Saved \(collection) as \(file).") }
    }
}
