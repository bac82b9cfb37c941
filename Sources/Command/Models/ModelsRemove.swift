import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthModelLibrary

/// `hearth models remove`
struct ModelsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a model of the data folder, and what was compiled from it.",
        discussion: """
            Models that come with Hearth, and folders of --models and HEARTH_MODELS, are never touched.

              hearth models remove my-eyes --yes
            """)

    @Argument(help: "Id of the model.") var id: String
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Remove the model even if it is the model of anchors.") var force = false
    @Flag(help: "Do not replace the worker of a running server.") var noRecycle = false
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let local = try await LocalModels(options)
        let own = "\(local.folder.models)/\(id)"
        guard ModelManifest.isPlainFileName(id), !id.contains("/"),
            (try? URL(fileURLWithPath: own).checkResourceIsReachable()) == true
        else {
            guard let path = local.path(of: id) else {
                throw LocalModels.unknown(id, among: local.scan().entries.map(\.id))
            }
            throw local.isInstalled(path)
                ? Self.comesWithHearth(id)
                : HearthError(
                    .forbidden, "The model \(id) lies in \(path), outside of the data folder.",
                    hint: "Hearth removes only models below \(local.folder.models). Remove that folder yourself, and "
                        + "then `hearth worker recycle`.")
        }
        if !force, local.servingIDs.contains(id) {
            throw HearthError(
                .conflict, "\(id) is the model that pictures or texts are embedded by.",
                hint: "Set HEARTH_ANCHOR_MODEL, HEARTH_PRODUCT_MODEL or HEARTH_TEXT_MODEL to another one first, or say "
                    + "--force.")
        }
        try confirm(own)
        let freed = try ModelInstaller.remove(id, from: local.folder)
        let server = await local.tellServer(recycles: !noRecycle)
        if options.json {
            let value: JSONValue = [
                "id": .string(id), "removed": true, "bytes": .int(Int64(freed)), "notes": [.string(server)],
            ]
            return Terminal.json(value)
        }
        Terminal.line("Removed \(id): \(DownloadView.size(freed)) are free.")
        Terminal.line(server)
    }

    /// The error about a model that came with Hearth: deleting its folder would break the installation.
    static func comesWithHearth(_ id: String) -> HearthError {
        HearthError(
            .forbidden, "The model \(id) comes with Hearth and cannot be removed.",
            hint: "To do without it, name another one by --anchor-model or --text-model of `hearth serve`; "
                + "`--keep-alive \(id)=5m` lets it leave memory when it is not called.")
    }

    private func confirm(_ path: String) throws {
        guard !yes else { return }
        guard Terminal.isInteractive, isatty(STDIN_FILENO) == 1 else {
            throw HearthError(.invalidRequest, "\(path) would be removed.", hint: "Say --yes to have it done.")
        }
        Terminal.line("Remove \(path)? [y/N]")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { throw ExitCode.failure }
    }
}
