import ArgumentParser
import HearthCore
import HearthJSON
import HearthModelLibrary

/// `hearth models`
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List, add, download, verify, load and unload models.",
        discussion: """
            A model is a folder with weights and a model.json. Folders lie in `models` of the data folder, and in \
            those of --models or HEARTH_MODELS; the folder's name is the model's id.

              hearth models list --available
              hearth models pull yunet-2023mar
              hearth models verify
            """,
        subcommands: [
            ModelsList.self, ModelsShow.self, ModelsAdd.self, ModelsPull.self, ModelsVerify.self, ModelsRemove.self,
        ], defaultSubcommand: ModelsList.self)

    /// Rows of cells as columns, two blanks between them; the last one is as long as it is.
    static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell.padded(to: widths[index] + 2)
            }.joined()
        }
    }

    /// Shows the licence before anything is taken.
    static func licenceLine(_ manifest: ModelManifest, address: String? = nil) -> String {
        "Licence  \(manifest.licence), commercial use \(manifest.commercial ? "allowed" : "FORBIDDEN")"
            + (address.map { " (\($0))" } ?? "")
    }

    /// What has been installed, for programs.
    static func json(of outcome: ModelInstaller.Outcome, server: String?) -> JSONValue {
        [
            "id": .string(outcome.id), "path": .string(outcome.path), "bytes": .int(Int64(outcome.bytes)),
            "licence": .string(outcome.manifest.licence), "commercial": .bool(outcome.manifest.commercial),
            "pinned": .array(outcome.pinned.map(JSONValue.string)), "was_there": .bool(outcome.wasThere),
            "notes": .array((outcome.notes + [server].compactMap { $0 }).map(JSONValue.string)),
        ]
    }

    /// What `add` and `pull` say at their end.
    static func report(_ outcome: ModelInstaller.Outcome, server: String?, json: Bool) {
        if json { return Terminal.json(Self.json(of: outcome, server: server)) }
        let size = DownloadView.size(outcome.bytes)
        guard !outcome.wasThere else {
            return Terminal.line("\(outcome.id) is there already, with the right files: \(outcome.path), \(size).")
        }
        Terminal.line("Installed \(outcome.id): \(outcome.path), \(size).")
        if !outcome.pinned.isEmpty {
            Terminal.line(
                "No digest was known for \(outcome.pinned.joined(separator: ", ")): what came is pinned in model.json.")
        }
        for note in outcome.notes { Terminal.line(note) }
        if let server { Terminal.line(server) }
    }
}
