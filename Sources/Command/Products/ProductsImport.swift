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
            --resume goes on where it stopped. The end of the work is waited for: then searches find the products.
            """)

    @Argument(help: "The file or folder.") var file: String
    @Option(help: "jsonl, csv or zip; told by the file's first bytes when absent.") var format: String?
    @Option(help: "Template of products that name none.") var template: String?
    @Option(help: "Source type of products that name none.") var sourceType: String?
    @Option(help: "Identifier of an import whose file has not arrived in full.") var resume: String?
    @Flag(help: "Return when the rows are read; do not wait until searches find the products.") var noWait = false
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
            try JobEnd.requireCompletion(ended)
            for note in ended["result"]?["notes"]?.arrayValue ?? [] { Terminal.note(note.stringValue ?? "") }
        }
        var ended = try await client.send(.get, "/products/imports/\(id)")
        if !noWait { ended = try await embedded(ended, id, client) }
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

    /// Waits until searches find the products. The import has begun a backfill; one that was running already may have
    /// gone past a product, so that another follows. Each that ends leaves fewer products, or is the last.
    /// - Returns: the import as it is then.
    private func embedded(_ read: JSONValue, _ id: String, _ client: APIClient) async throws -> JSONValue {
        var shown = read
        while let pending = shown["pending"]?.integerValue, pending > 0 {
            // The answer names the backfill that is unfinished, if there is one.
            let ticket = try await client.send(.post, "/products/backfill", body: .json([:]))
            guard let job = ticket["job_id"]?.stringValue else { break }
            let ended = try await JobProgressView(client: client, json: options.json).follow(job, label: "vectors")
            try JobEnd.requireCompletion(ended)
            shown = try await client.send(.get, "/products/imports/\(id)")
            guard let left = shown["pending"]?.integerValue, left < pending else { break }
        }
        return shown
    }

    private func show(_ ended: JSONValue) {
        let accepted = counted(Int(ended["accepted"]?.integerValue ?? 0), "product")
        Terminal.line("\(accepted) accepted, \(ended["refused"]?.integerValue ?? 0) refused")
        let pending = Int(ended["pending"]?.integerValue ?? 0)
        if pending > 0 {
            Terminal.line("\(counted(pending, "product")) without vectors yet, which searches do not find")
        }
        for problem in ended["errors"]?.arrayValue ?? [] {
            Terminal.line(
                "  line \(String(problem["line"]?.integerValue ?? 0).padded(to: 8))"
                    + (problem["message"]?.stringValue ?? ""))
        }
    }
}
