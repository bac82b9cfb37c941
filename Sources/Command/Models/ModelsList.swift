import ArgumentParser
import HearthCore
import HearthJSON
import HearthModelLibrary

/// `hearth models list`
struct ModelsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models of this machine, or those that can be downloaded.")

    @Flag(help: "List what `hearth models pull` knows by name.") var available = false
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let local = try await LocalModels(options)
        if available { try showAvailable(local) } else { await showPresent(local) }
    }

    /// A model as a row: from disk, with what the server says of it on top.
    private struct Row {
        var id: String
        var kind: String
        var dims: Int?
        var bytes: Int?
        var licence: String?
        var state: String
        var reason: String?

        init(_ entry: ModelLibrary.Entry, live: JSONValue?) {
            id = entry.id
            switch entry {
            case .usable(let folder):
                kind = folder.manifest.kind.rawValue
                dims = folder.manifest.output?.dims
                bytes = folder.bytes
                licence = folder.manifest.licence
                state = "on disk"
            case .refused(let refusal), .skipped(let refusal):
                kind = refusal.kind.rawValue
                licence = refusal.licence
                reason = refusal.reason
                state = if case .refused = entry { "refused" } else { "skipped" }
            }
            if let live { update(live) }
        }

        init(live: JSONValue) {
            id = live["id"]?.stringValue ?? ""
            kind = live["kind"]?.stringValue ?? ""
            state = ""
            update(live)
        }

        private mutating func update(_ live: JSONValue) {
            state = live["state"]?.stringValue ?? state
            reason = live["reason"]?.stringValue ?? reason
            dims = live["dims"]?.integerValue.map { Int($0) } ?? dims
            licence = live["licence"]?.stringValue ?? licence
            bytes = live["weight_bytes"]?.integerValue.flatMap { $0 > 0 ? Int($0) : nil } ?? bytes
        }

        var cells: [String] {
            [
                id, kind, dims.map(String.init) ?? "-", bytes.map(DownloadView.size) ?? "-", licence ?? "-", state,
            ]
        }

        var json: JSONValue {
            [
                "id": .string(id), "kind": .string(kind), "dims": dims.map { .int(Int64($0)) } ?? .null,
                "bytes": bytes.map { .int(Int64($0)) } ?? .null, "licence": licence.map(JSONValue.string) ?? .null,
                "state": .string(state), "reason": reason.map(JSONValue.string) ?? .null,
            ]
        }
    }

    private func showPresent(_ local: LocalModels) async {
        let library = local.scan()
        let live = await local.live()
        var rows = library.entries.map { Row($0, live: live.byID[$0.id]) }
        // The server that --url names may have other folders.
        rows += live.byID.values.map(Row.init(live:)).filter { row in !rows.contains { $0.id == row.id } }
            .sorted { $0.id < $1.id }
        if options.json { return Terminal.json(.array(rows.map(\.json))) }
        for line in ModelsCommand.table([["ID", "KIND", "DIMS", "SIZE", "LICENCE", "STATE"]] + rows.map(\.cells)) {
            Terminal.line(line)
        }
        for row in rows {
            if let reason = row.reason { Terminal.line("\(row.id): \(reason)") }
        }
        for note in library.notes { Terminal.note(note) }
        if let remark = live.remark { Terminal.note(remark) }
    }

    private func showAvailable(_ local: LocalModels) throws {
        let downloads = try local.downloads()
        let entries = downloads.entries
        let mirror = try DownloadMirror(local.settings[.modelMirror].value)
        if options.json {
            let list = entries.map { entry -> JSONValue in
                [
                    "name": .string(entry.name), "kind": .string(entry.manifest.kind.rawValue),
                    "dims": entry.manifest.output.map { .int(Int64($0.dims)) } ?? .null,
                    "bytes": entry.bytes.map { .int(Int64($0)) } ?? .null, "licence": .string(entry.licence),
                    "commercial": .bool(entry.commercial), "revision": .string(entry.revision),
                    "summary": .string(entry.summary), "is_here": .bool(local.path(of: entry.name) != nil),
                    "addresses": .array(
                        entry.files.map { .string(mirror.address(of: entry.address(of: $0))) }),
                ]
            }
            return Terminal.json(.array(list))
        }
        let rows = entries.map { entry in
            [
                entry.name, entry.manifest.kind.rawValue, entry.manifest.output.map { "\($0.dims)" } ?? "-",
                entry.bytes.map(DownloadView.size) ?? "-",
                entry.licence + (entry.commercial ? "" : " (non-commercial)"),
                local.path(of: entry.name) == nil ? "" : "here", entry.summary,
            ]
        }
        for line in ModelsCommand.table([["NAME", "KIND", "DIMS", "SIZE", "LICENCE", "", "SUMMARY"]] + rows) {
            Terminal.line(line)
        }
        Terminal.line("Download one by `hearth models pull NAME`.")
        for (name, members) in downloads.sets.sorted(by: { $0.key < $1.key }) {
            Terminal.line("`hearth models pull \(name)` downloads \(members.joined(separator: ", ")).")
        }
    }
}
