import ArgumentParser
import Foundation
import HearthCollections
import HearthCore
import HearthJSON

/// `hearth collections import`
struct CollectionsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add the records of a file: JSON lines, or a NumPy matrix.",
        discussion: "The file is sent in parts. When it is interrupted, --from-line goes on; once more from the start "
            + "changes nothing.")

    @Argument(help: "Name or identifier of the collection.") var collection: String
    @Argument(help: "A file of JSON lines, or a .npy file.") var file: String
    @Option(help: "For a .npy file: a text file with one id a line.") var ids: String?
    @Option(help: "For a .npy file without ids: what stands before the number of a row.") var idPrefix: String = ""
    @Option(help: "The first line or row that is wanted, from 1.") var fromLine: Int = 1
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let handle = try NamedFile.open(file)
        defer { try? handle.close() }
        let format: RecordReader.Format = file.lowercased().hasSuffix(".npy") ? .npy : .jsonl
        let names = try ids.map(Self.names)
        var reader = RecordReader(format, idPrefix: idPrefix, first: fromLine)
        var upload = RecordUpload(try await options.client(), to: collection)
        while let bytes = try handle.read(upToCount: 1 << 20), !bytes.isEmpty {
            reader.append(bytes)
            while let record = try reader.next() { try await send(record, names, &upload) }
            if !options.json { Terminal.overwrite("\(upload.sent) lines sent") }
        }
        if let record = try reader.last() { try await send(record, names, &upload) }
        try await upload.flush()
        let report: JSONValue = [
            "upserted": .int(Int64(upload.upserted)), "error_count": .int(Int64(upload.problemCount)),
            "errors": .array(upload.problems),
        ]
        Terminal.overwrite("")
        options.show(report) { _ in
            for problem in upload.problems {
                Terminal.note("record \(problem["id"]?.stringValue ?? "?"): \(problem["message"]?.stringValue ?? "")")
            }
            Terminal.line("\(counted(upload.upserted, "record")) stored, \(upload.problemCount) refused.")
        }
        if upload.problemCount > 0 { throw ExitCode.failure }
    }

    private func send(_ record: NumberedRecord, _ names: [String]?, _ upload: inout RecordUpload) async throws {
        switch record.source {
        case .json(let value): try await upload.add(value.encoded())
        case .broken(let error):
            throw HearthError(error.code, "Line \(record.number): \(error.message)", hint: error.hint)
        case .draft(let draft):
            guard case .vector(let vector) = draft.source else { return }
            if let names, names.count < record.number {
                throw HearthError(.invalidRequest, "There are \(names.count) ids, and more rows.")
            }
            try await upload.add(
                id: names?[record.number - 1] ?? draft.id, vector: vector, payload: nil, document: nil)
        }
    }

    /// Ids, one a line, plain or as JSON texts, as an export writes them.
    private static func names(_ path: String) throws -> [String] {
        guard let text = String(validating: try NamedFile.read(path), as: UTF8.self) else {
            throw HearthError(.invalidRequest, "The file \(path) is no text in UTF-8.")
        }
        return text.split(whereSeparator: \.isNewline).map { line in
            line.hasPrefix("\"") ? (try? JSONParser.read(Data(line.utf8)))?.stringValue ?? String(line) : String(line)
        }
    }
}
