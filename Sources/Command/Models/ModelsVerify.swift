import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthModelLibrary

/// `hearth models verify`
struct ModelsVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the files of models against their SHA-256, and their golden vectors.",
        discussion: "Hashes all files again, then embeds the goldens in a separate worker.\n\n  hearth models verify")

    @Argument(help: "Ids of models; all when absent.") var ids: [String] = []
    @Flag(help: "Check the files only.") var filesOnly = false
    @OptionGroup var options: ModelsOptions

    /// What was found about a model.
    private struct Finding {
        var id: String
        var isGood = true
        var files = ""
        var goldens = ""
        /// The worker's own words about its goldens.
        var report: JSONValue?
    }

    func run() async throws {
        let local = try await LocalModels(options)
        let entries = local.scan().entries
        for id in ids where !entries.contains(where: { $0.id == id }) {
            throw LocalModels.unknown(id, among: entries.map(\.id))
        }
        var findings: [Finding] = []
        var withGoldens: [String] = []
        for entry in entries where ids.isEmpty || ids.contains(entry.id) {
            if ids.isEmpty, case .skipped = entry { continue }
            let finding = check(entry)
            findings.append(finding)
            guard case .usable(let folder) = entry, finding.isGood else { continue }
            if folder.manifest.goldens == nil {
                findings[findings.count - 1].goldens = "no goldens to compare with"
            } else if !filesOnly {
                withGoldens.append(folder.id)
            }
        }
        if !withGoldens.isEmpty {
            let reports = try await GoldenCheck(local.settings).run(withGoldens)
            for index in findings.indices where withGoldens.contains(findings[index].id) {
                read(reports[findings[index].id], into: &findings[index])
            }
        }
        show(findings)
        if findings.contains(where: { !$0.isGood }) { throw ExitCode.failure }
    }

    private func check(_ entry: ModelLibrary.Entry) -> Finding {
        var finding = Finding(id: entry.id)
        switch entry {
        case .usable(let folder):
            let checks = ModelFolder.check(folder.manifest, in: folder.path)
            if let bad = checks.first(where: { !$0.isGood }) {
                finding.isGood = false
                finding.files =
                    bad.actual.map {
                        "\(bad.name) is not the file that model.json describes: SHA-256 \($0), expected \(bad.expected)"
                    } ?? "\(bad.name) is missing"
            } else {
                let bytes = checks.reduce(0) { $0 + ($1.bytes ?? 0) }
                finding.files =
                    "\(counted(checks.count, "file")), \(DownloadView.size(bytes)), checksums right"
            }
        case .refused(let refusal), .skipped(let refusal):
            finding.isGood = false
            finding.files = refusal.reason
        }
        return finding
    }

    private func read(_ report: JSONValue?, into finding: inout Finding) {
        finding.report = report
        guard let report else {
            finding.isGood = false
            finding.goldens = "the worker said nothing about its goldens"
            return
        }
        finding.isGood = report["ok"]?.boolValue == true
        if let message = report["error"]?.stringValue ?? report["error"]?["message"]?.stringValue {
            finding.goldens = message
            return
        }
        let count = report["goldens"]?.integerValue ?? 0
        let cosine = report["worst_cosine"]?.doubleValue.map { String(format: "%.6f", $0) } ?? "unknown"
        let precision = report["precision"]?.stringValue.map { " in \($0)" } ?? ""
        let floor = report["floor"]?.doubleValue.map { ", at least \($0) is wanted" } ?? ""
        finding.goldens =
            "\(counted(Int(count), "golden"))\(precision), worst cosine \(cosine)\(finding.isGood ? "" : floor)"
    }

    private func show(_ findings: [Finding]) {
        guard !options.json else {
            for finding in findings {
                Terminal.line(
                    JSONValue.object([
                        "id": .string(finding.id), "ok": .bool(finding.isGood), "files": .string(finding.files),
                        "goldens": .string(finding.goldens), "report": finding.report ?? .null,
                    ]).encodedText())
            }
            return
        }
        let rows = findings.map { finding in
            [
                finding.isGood ? "ok" : "NO", finding.id,
                [finding.files, finding.goldens].filter { !$0.isEmpty }.joined(separator: "; "),
            ]
        }
        for line in ModelsCommand.table([["", "ID", "FOUND"]] + rows) { Terminal.line(line) }
        if findings.contains(where: { !$0.isGood }) {
            Terminal.line("Pull a damaged model again by `hearth models pull ID --force`.")
        }
    }
}
