import ArgumentParser
import HearthCore
import HearthJSON
import HearthModelLibrary

/// `hearth models show`
struct ModelsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a model: what its model.json says, its files, its state.")

    @Argument(help: "Id of the model.") var id: String
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let local = try await LocalModels(options)
        let server = await local.live()
        let live = server.byID[id]
        let entries = local.scan().entries
        let entry = entries.first { $0.id == id }
        let path = local.path(of: id)
        guard entry != nil || live != nil else {
            throw LocalModels.unknown(id, among: entries.map(\.id) + server.byID.keys)
        }
        var manifest: ModelManifest?
        var reason: String?
        switch entry {
        case .usable(let folder): manifest = folder.manifest
        case .refused(let refusal), .skipped(let refusal):
            reason = refusal.reason
            manifest = path.flatMap { try? ModelFolder.manifest(in: $0) }
        case nil: break
        }
        let checks = zip(manifest, path).map { ModelFolder.check($0, in: $1) } ?? []
        let value = json(manifest, checks, path: path, reason: reason, live: live)
        if options.json { return Terminal.json(value) }
        show(value, manifest, checks)
    }

    private func json(
        _ manifest: ModelManifest?, _ checks: [ModelFolder.FileCheck], path: String?, reason: String?, live: JSONValue?
    ) -> JSONValue {
        var value: JSONValue = ["id": .string(id)]
        value["path"] = path.map(JSONValue.string)
        value["reason"] = live?["reason"] ?? reason.map(JSONValue.string)
        value["state"] = live?["state"] ?? .string(reason == nil ? "on disk" : "refused")
        value["precision"] = live?["precision"] ?? manifest?.precision.map(JSONValue.string)
        value["licence_files"] = path.map { .array(LicenceFiles.names(in: $0).map(JSONValue.string)) }
        value["notice"] = path.flatMap(LicenceFiles.notice).map(JSONValue.string)
        value["manifest"] = manifest.flatMap { try? ModelFolder.json(of: $0) }
        value["files"] = .array(
            checks.map { check in
                [
                    "name": .string(check.name), "bytes": check.bytes.map { .int(Int64($0)) } ?? .null,
                    "sha256": check.actual.map(JSONValue.string) ?? .null, "ok": .bool(check.isGood),
                ]
            })
        value["live"] = live
        return value
    }

    /// What is put before queries and documents; nil: nothing.
    private static func prefixes(_ text: TextPreprocessing) -> String? {
        guard !text.queryPrefix.isEmpty || !text.documentPrefix.isEmpty else { return nil }
        return "\(text.queryPrefix.debugDescription) before queries, "
            + "\(text.documentPrefix.debugDescription) before documents"
    }

    private func show(_ value: JSONValue, _ manifest: ModelManifest?, _ checks: [ModelFolder.FileCheck]) {
        var rows: [[String]] = []
        func row(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { rows.append([name, text]) }
        }
        row("id", id)
        row("state", value["state"]?.stringValue)
        row("reason", value["reason"]?.stringValue)
        row("folder", value["path"]?.stringValue)
        if let manifest {
            row("kind", manifest.kind.rawValue)
            row("description", manifest.description)
            row("licence", manifest.licence + (manifest.commercial ? "" : ", commercial use FORBIDDEN"))
            row("source", manifest.source)
            row("revision", manifest.revision)
            row("aliases", manifest.aliases?.joined(separator: ", "))
            row("dims", manifest.output.map { "\($0.dims)" })
            row("pictures", manifest.image.map { "\($0.width) x \($0.height), \($0.resize.rawValue)" })
            row("texts", manifest.text.map { "\($0.maximumTokens) tokens, pooling \($0.pooling.rawValue)" })
            row("prefixes", manifest.text.flatMap(Self.prefixes))
            row("goldens", manifest.goldens ?? "none")
            row("installed", manifest.installed.map { "\($0.at) from \($0.from), licence shown: \($0.licence)" })
            row("pinned", manifest.installed?.pinned?.joined(separator: ", "))
        }
        row("precision", value["precision"]?.stringValue)
        for name in ["keep_alive", "load_milliseconds", "inferences", "waiting", "group"] {
            row(name, value["live"]?[name].flatMap { $0.isNull ? nil : $0.stringValue ?? $0.encodedText() })
        }
        for check in checks {
            let state = check.isGood ? "ok" : check.actual == nil ? "MISSING" : "CHANGED"
            row("file", "\(check.name)  \(check.bytes.map(DownloadView.size) ?? "-")  \(state)")
        }
        let licences = (value["licence_files"]?.arrayValue ?? []).compactMap(\.stringValue)
        row("licences", licences.joined(separator: ", "))
        for line in ModelsCommand.table(rows) { Terminal.line(line) }
        if let notice = value["notice"]?.stringValue { Terminal.line("\n\(notice)") }
    }
}

/// Both, or nothing.
private func zip<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
    guard let first, let second else { return nil }
    return (first, second)
}
