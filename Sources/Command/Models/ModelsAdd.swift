import ArgumentParser
import Foundation
import HearthCore
import HearthDownload
import HearthJSON
import HearthModelLibrary

/// `hearth models add`
struct ModelsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a model from a folder or a graph (.onnx, .xml, .tflite) on this machine.",
        discussion: """
            A folder with a model.json, or with weights that Hearth knows, needs nothing else. A graph alone needs \
            flags that say what it is; its model.json is made of them, with digests.

              hearth models add ~/models/all-minilm-l6-v2
              hearth models add vision.onnx --id my-eyes --kind image-embedding \\
                --size 224x224 --resize cover --mean 0.5 --std 0.5 --dims 512 \\
                --licence MIT
            """)

    @Argument(help: "Folder or graph.") var path: String
    @Option(help: "Id of the model; its own name when absent.") var id: String?
    @Flag(help: "Link the files, do not copy them.") var link = false
    @Flag(help: "Replace a model of that id.") var force = false
    @Flag(help: "Take weights whose licence forbids commercial use.") var allowNonCommercial = false
    @Flag(help: "Do not replace the worker of a running server.") var noRecycle = false
    @OptionGroup(title: "What the model is") var manifest: ManifestOptions
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let local = try await LocalModels(options)
        var install = ModelInstaller.Options()
        install.builtIn = LocalModels.builtInIDs
        install.replaces = force
        install.links = link
        install.allowsNonCommercial = allowNonCommercial || local.settings.allowsNonCommercial
        let plan = try plan(local, install)
        if !options.json { Terminal.line(ModelsCommand.licenceLine(plan.manifest)) }
        let outcome = try await ModelInstaller(folder: local.folder, source: try local.fileSource()).install(
            plan, install)
        let server = outcome.wasThere ? nil : await local.tellServer(recycles: !noRecycle)
        ModelsCommand.report(outcome, server: server, json: options.json)
    }

    private func plan(_ local: LocalModels, _ install: ModelInstaller.Options) throws -> InstallPlan {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw HearthError(.notFound, "There is no \(path).", hint: "Name a folder, or a graph in one.")
        }
        guard isFolder.boolValue else {
            return try planOfGraph(url)
        }
        let own = "\(url.path)/model.json"
        if FileManager.default.fileExists(atPath: own) || manifest.manifest != nil {
            let found = FileManager.default.fileExists(atPath: own) ? try ManifestOptions.read(own) : nil
            let read = try manifest.draft(over: found).manifest()
            let name = ModelManifest.isIdentifier(url.lastPathComponent) ? url.lastPathComponent : read.id
            return try InstallPlan(id: id ?? name, manifest: read, folder: .path(url.path))
        }
        if manifest.isEmpty {
            let entry = ModelLibrary.entry(
                at: url.path, descriptors: local.descriptors, allowsNonCommercial: install.allowsNonCommercial)
            if case .usable(let folder) = entry {
                return try InstallPlan(
                    id: id ?? folder.manifest.id, manifest: folder.manifest, folder: .path(url.path))
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).filter(Self.isGraph).sorted()
        guard let graph = names.first, names.count == 1 else {
            throw HearthError(
                .invalidRequest,
                "\(path) has no model.json, and \(names.isEmpty ? "no graph" : "more than one graph").",
                hint: names.isEmpty
                    ? "A model folder has a model.json; docs/models/model-json.md explains it."
                    : "Name one: \(names.joined(separator: ", ")); or give a model.json by --manifest.")
        }
        return try planOfGraph(url.appending(path: graph))
    }

    /// A graph, and what the flags say of it; its other files lie beside it.
    private func planOfGraph(_ url: URL) throws -> InstallPlan {
        guard Self.isGraph(url.lastPathComponent) else {
            throw HearthError(
                .invalidRequest, "\(url.lastPathComponent) is no graph.", hint: "Allowed: .onnx, .xml and .tflite.")
        }
        var draft = try manifest.draft()
        draft.setDefault("weights", .string(url.lastPathComponent))
        draft.setDefault("source", .string(url.lastPathComponent))
        let read = try draft.manifest()
        let stem = url.deletingPathExtension().lastPathComponent
        return try InstallPlan(
            id: id ?? InstallPlan.identifier(from: stem), manifest: read,
            folder: .path(url.deletingLastPathComponent().path))
    }

    static func isGraph(_ name: String) -> Bool {
        [".onnx", ".xml", ".tflite"].contains { name.hasSuffix($0) } && !name.hasPrefix(".")
    }
}
