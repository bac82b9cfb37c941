import ArgumentParser
import Foundation
import HearthCore
import HearthDownload
import HearthJSON
import HearthModelLibrary

/// `hearth models pull`
struct ModelsPull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Download a model by its name in the list, or from an address.",
        discussion: """
            An interrupted download goes on where it stopped when the same command is run again. Sizes and SHA-256 are \
            verified; nothing is installed before everything is right.

              hearth models pull siglip-base-patch16-224
              hearth models pull faces    (what faces are read by: three models)
              hearth models pull https://example.org/my-eyes    (has a model.json)
              hearth models pull hf:org/repository@COMMIT --manifest model.json
              hearth models pull https://example.org/eyes.onnx --licence MIT \\
                --kind image-embedding --size 224x224 --resize cover \\
                --mean 0.5 --std 0.5 --dims 512 --sha256 …
            """)

    @Argument(help: "Name in the list, `faces`, address, or hf:org/repository@commit.") var model: String
    @Option(help: "Id of the model; its own name when absent.") var id: String?
    @Option(help: "SHA-256 of the graph, for an address of one file.") var sha256: String?
    @Flag(help: "Replace a model of that id.") var force = false
    @Flag(help: "Take weights whose licence forbids commercial use.") var allowNonCommercial = false
    @Flag(help: "Use no network; also HEARTH_OFFLINE=true.") var offline = false
    @Flag(help: "Do not replace the worker of a running server.") var noRecycle = false
    @OptionGroup(title: "What the model is, for an address without a model.json") var manifest: ManifestOptions
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let local = try await LocalModels(options)
        let source = try local.fileSource()
        var outcomes: [ModelInstaller.Outcome] = []
        do {
            try await pull(local, source) { outcomes.append($0) }
        } catch {
            if Terminal.isInteractive, !options.json { Terminal.line() }
            // What is complete is told of, and served: the next call goes on with the rest.
            await report(outcomes, local)
            throw error
        }
        await report(outcomes, local)
    }

    /// Whether the name means several models, which programs read as a list.
    private func isSet(_ local: LocalModels) -> Bool { (try? local.downloads().sets[model]) != nil }

    private func report(_ outcomes: [ModelInstaller.Outcome], _ local: LocalModels) async {
        let server = outcomes.allSatisfy(\.wasThere) ? nil : await local.tellServer(recycles: !noRecycle)
        if options.json, isSet(local) {
            return Terminal.json(.array(outcomes.map { ModelsCommand.json(of: $0, server: server) }))
        }
        for (place, outcome) in outcomes.enumerated() {
            ModelsCommand.report(
                outcome, server: place == outcomes.count - 1 ? server : nil, json: options.json)
        }
    }

    /// - Parameter installed: Called for each model that is there now.
    private func pull(
        _ local: LocalModels, _ source: HTTPFileSource, installed: (ModelInstaller.Outcome) -> Void
    ) async throws {
        var install = ModelInstaller.Options()
        install.builtIn = LocalModels.builtInIDs
        install.replaces = force
        install.isOffline = offline || local.settings.isOffline
        install.allowsNonCommercial = allowNonCommercial || local.settings.allowsNonCommercial
        let mirror = try DownloadMirror(local.settings[.modelMirror].value)
        let plans: [InstallPlan]
        if model.contains("://") {
            plans = [try await planOfAddress(model, source, isOffline: install.isOffline)]
        } else if model.hasPrefix("hf:") {
            let address = mirror.address(of: try Self.hubAddress(model))
            plans = [try await planOfAddress(address, source, isOffline: install.isOffline)]
        } else {
            plans = try plansOfList(local, mirror)
        }
        // All licences, before anything is taken.
        if !options.json { for plan in plans { announce(plan) } }
        for plan in plans {
            let view = DownloadView(isQuiet: options.json)
            let installer = ModelInstaller(folder: local.folder, source: source, progress: { view.show($0) })
            installed(try await installer.install(plan, install))
        }
    }

    private func announce(_ plan: InstallPlan) {
        Terminal.line("\(plan.id)  \(plan.manifest.description)")
        Terminal.line(ModelsCommand.licenceLine(plan.manifest, address: plan.licenceAddress))
        Terminal.line("From     \(plan.from)")
        if let revision = plan.manifest.revision { Terminal.line("Revision \(revision)") }
        let size =
            plan.items.allSatisfy { $0.bytes != nil } ? DownloadView.size(plan.knownBytes) : "sizes not known yet"
        let known = plan.items.count { $0.sha256 != nil }
        Terminal.line("Files    \(plan.items.count), \(size); SHA-256 known for \(known) of them")
    }

    private func plansOfList(_ local: LocalModels, _ mirror: DownloadMirror) throws -> [InstallPlan] {
        let list = try local.downloads()
        var entries = list.entries(named: model)
        guard !entries.isEmpty else {
            let names = list.sets.keys.sorted() + list.entries.map(\.name)
            throw HearthError(
                .notFound, "The list has no model \(model).",
                hint: "It has \(names.joined(separator: ", ")). An address works too.")
        }
        guard manifest.isEmpty, sha256 == nil else {
            throw HearthError(
                .invalidRequest, "The list says what \(model) is; flags cannot change that.",
                hint: "Leave out --manifest, --kind and the like.")
        }
        if let id {
            guard entries.count == 1 else {
                throw HearthError(
                    .invalidRequest, "\(model) are \(entries.count) models, which cannot have one id.",
                    hint: "Leave out --id, or pull \(entries.map(\.name).joined(separator: ", ")) one by one.")
            }
            entries[0].name = id
        }
        return try entries.map { try InstallPlan($0, mirror: mirror) }
    }

    /// `hf:org/repository@commit` as the address of its files.
    private static func hubAddress(_ text: String) throws -> String {
        let parts = text.dropFirst(3).split(separator: "@", omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, names.count == 2, !parts[1].isEmpty, names.allSatisfy({ !$0.isEmpty }) else {
            throw HearthError(
                .invalidRequest, "`\(text)` names no commit of a repository.",
                hint: "hf:org/repository@COMMIT; the page of the repository lists its commits.")
        }
        return "https://huggingface.co/\(parts[0])/resolve/\(parts[1])"
    }

    /// A graph, or a folder whose model.json (its own, or --manifest) says what belongs to it.
    private func planOfAddress(
        _ address: String, _ source: HTTPFileSource, isOffline: Bool
    ) async throws -> InstallPlan {
        // What a page adds to its links (`?download=true`) is no part of a file's place.
        var base = String(address.prefix { $0 != "?" && $0 != "#" })
        while base.hasSuffix("/") { base.removeLast() }
        let name = String(base.split(separator: "/").last ?? "")
        var draft = try manifest.draft()
        if ModelsAdd.isGraph(name) {
            base = String(base.dropLast(name.count + 1))
            draft.setDefault("weights", .string(name))
            if let sha256 { draft.set("files", .object([name: .string(sha256.lowercased())])) }
        } else if manifest.manifest == nil {
            draft = try manifest.draft(over: try await remoteManifest(base, source, isOffline: isOffline))
        }
        draft.setDefault("source", .string(address))
        let read = try draft.manifest()
        let stem = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
        let own = read.id == "model" ? InstallPlan.identifier(from: stem) : read.id
        return try InstallPlan(id: id ?? own, manifest: read, folder: .address(base))
    }

    /// The `model.json` at an address.
    private func remoteManifest(_ base: String, _ source: HTTPFileSource, isOffline: Bool) async throws -> JSONValue {
        guard !isOffline else {
            throw HearthError(
                .forbidden, "\(base) would have to be asked for its model.json, and Hearth is set to be offline.",
                hint: "Leave out --offline or HEARTH_OFFLINE.")
        }
        let address = "\(base)/model.json"
        try DownloadMirror.check(address, sha256: nil)
        let folder = FileManager.default.temporaryDirectory.appending(path: "hearth-\(UUID().uuidString)")
        ExitCleanup.shared.add(path: folder.path)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { ExitCleanup.shared.remove(path: folder.path) }
        let file = folder.appending(path: "model.json").path
        do {
            _ = try await FileTransfer(source: source).run(
                .init(name: "model.json", address: address, limit: Limits.manifestBytes), to: file)
        } catch let error as HearthError where error.code == .notFound {
            throw HearthError(
                .notFound, "There is no model.json at \(address).",
                hint: "Give one by --manifest, or name the graph itself and say what it is by flags (--help).")
        }
        return try ManifestOptions.read(file)
    }
}
