import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth products import`
struct ProductsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add many products from a file: JSON lines, CSV or zip.",
        discussion: "The file is sent in parts. When that was interrupted, --resume goes on where it stopped.")

    @Argument(help: "The file.") var file: String
    @Option(help: "jsonl, csv or zip; told by the file's first bytes when absent.") var format: String?
    @Option(help: "Template of products that name none.") var template: String?
    @Option(help: "Source type of products that name none.") var sourceType: String?
    @Option(help: "Identifier of an import whose file has not arrived in full.") var resume: String?
    @OptionGroup var options: ClientOptions

    private static let pieceBytes = 8 << 20

    func run() async throws {
        let client = try await options.client()
        let shown = try await begun(client)
        guard let id = shown["import_id"]?.stringValue else {
            throw HearthError(.internalError, "The server gave the import no name.")
        }
        if !options.json { Terminal.line("import \(id)") }
        try await upload(to: id, from: Int(shown["bytes"]?.integerValue ?? 0), client)
        let started = try await client.send(.post, "/products/imports/\(id)/start")
        if let job = started["job_id"]?.stringValue {
            let ended = try await JobProgressView(client: client, json: options.json).follow(job, label: "import")
            try ProductsJob.requireCompletion(ended)
        }
        let ended = try await client.send(.get, "/products/imports/\(id)")
        options.show(ended, show)
        if let failure = ended["failure"]?.stringValue { throw HearthError(.invalidRequest, failure) }
    }

    private func begun(_ client: APIClient) async throws -> JSONValue {
        if let resume { return try await client.send(.get, "/products/imports/\(resume)") }
        var input: JSONValue = [:]
        for (key, value) in [("format", format), ("template", template), ("source_type", sourceType)] {
            if let value { input[key] = .string(value) }
        }
        return try await client.send(.post, "/products/imports", body: .json(input))
    }

    private func upload(to id: String, from offset: Int, _ client: APIClient) async throws {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            try handle.seek(toOffset: UInt64(offset))
        } catch {
            throw HearthError(.notFound, "The file \(file) cannot be read.", cause: error)
        }
        defer { try? handle.close() }
        var offset = offset
        while let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            try await client.send(
                .post, "/products/imports/\(id)/bytes", query: ["offset": String(offset)], body: .picture(piece))
            offset += piece.count
        }
    }

    private func show(_ ended: JSONValue) {
        Terminal.line("accepted  \(ended["accepted"]?.integerValue ?? 0)")
        Terminal.line("refused   \(ended["refused"]?.integerValue ?? 0)")
        for problem in ended["errors"]?.arrayValue ?? [] {
            Terminal.line(
                "  line \(String(problem["line"]?.integerValue ?? 0).padded(to: 8))"
                    + (problem["message"]?.stringValue ?? ""))
        }
    }
}
