import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth products import`
struct ProductsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add many products from a file, JSON lines, CSV or zip, or from a folder.",
        discussion: """
            A folder has one sub-folder for each product, with pictures and a description.txt, or a products.jsonl or \
            products.csv with pictures beside it. It is sent in parts, as a file is. When that was interrupted, \
            --resume goes on where it stopped.
            """)

    @Argument(help: "The file or folder.") var file: String
    @Option(help: "jsonl, csv or zip; told by the file's first bytes when absent.") var format: String?
    @Option(help: "Template of products that name none.") var template: String?
    @Option(help: "Source type of products that name none.") var sourceType: String?
    @Option(help: "Identifier of an import whose file has not arrived in full.") var resume: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        // What cannot be read leaves no import behind.
        var upload = try ImportUpload(file)
        let client = try await options.client()
        let shown = try await begun(client, isFolder: upload.isFolder)
        guard let id = shown["import_id"]?.stringValue else {
            throw HearthError(.internalError, "The server gave the import no name.")
        }
        if !options.json { Terminal.line("import \(id)") }
        let start = Int(shown["bytes"]?.integerValue ?? 0)
        try await upload.send(from: start) { offset, piece in
            try await client.send(
                .post, "/products/imports/\(id)/bytes", query: ["offset": String(offset)], body: .picture(piece))
        }
        let started = try await client.send(.post, "/products/imports/\(id)/start")
        if let job = started["job_id"]?.stringValue {
            let ended = try await JobProgressView(client: client, json: options.json).follow(job, label: "import")
            try ProductsJob.requireCompletion(ended)
        }
        let ended = try await client.send(.get, "/products/imports/\(id)")
        options.show(ended, show)
        if let failure = ended["failure"]?.stringValue { throw HearthError(.invalidRequest, failure) }
    }

    private func begun(_ client: APIClient, isFolder: Bool) async throws -> JSONValue {
        if let resume { return try await client.send(.get, "/products/imports/\(resume)") }
        var input: JSONValue = [:]
        for (key, value) in [
            ("format", format ?? (isFolder ? "zip" : nil)), ("template", template), ("source_type", sourceType),
        ] {
            if let value { input[key] = .string(value) }
        }
        return try await client.send(.post, "/products/imports", body: .json(input))
    }

    private func show(_ ended: JSONValue) {
        let accepted = Wording.count(Int(ended["accepted"]?.integerValue ?? 0), "product")
        Terminal.line("\(accepted) accepted, \(ended["refused"]?.integerValue ?? 0) refused")
        for problem in ended["errors"]?.arrayValue ?? [] {
            Terminal.line(
                "  line \(String(problem["line"]?.integerValue ?? 0).padded(to: 8))"
                    + (problem["message"]?.stringValue ?? ""))
        }
    }
}
