import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthVips

/// Loads single models of the settings' folders, for the commands that run without a server.
struct ModelLoader {
    private let library: ModelLibrary
    private let configuration: ModelHostConfiguration
    private let runtime: OpenVINORuntime
    private let codec: VipsCodec

    init(_ settings: WorkerSettings, codec: VipsCodec) throws {
        library = try Assembly.library(settings)
        configuration = try Assembly.configuration(settings)
        runtime = try OpenVINORuntime()
        self.codec = codec
    }

    /// Ids of all models that can be loaded.
    var ids: [String] {
        library.entries.compactMap { entry in
            if case .usable(let folder) = entry { folder.id } else { nil }
        }
    }

    /// - Throws: ``HearthError`` `not_found`, or why it cannot be loaded.
    func load(_ id: String) throws -> (ModelFolder, LoneModel) {
        let folder = try folder(id)
        return (
            folder, try LoneModel(folder, runtime: runtime, codec: codec, configuration: configuration)
        )
    }

    /// - Throws: ``HearthError`` `not_found`, or why it cannot be loaded.
    func loop(_ id: String) throws -> (ModelFolder, ModelLoop) {
        let folder = try folder(id)
        return (folder, try ModelLoop(folder, runtime: runtime, codec: codec, configuration: configuration))
    }

    private func folder(_ id: String) throws -> ModelFolder {
        if let folder = library.folder(id) { return folder }
        throw HearthError(.notFound, "There is no model \(id).", hint: "There are: \(ids.joined(separator: ", ")).")
    }
}
