import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary

/// The models of this machine: on disk, in the library of downloads, and in a running server.
struct LocalModels {
    let settings: Settings
    let options: ModelsOptions
    private let builtIn: String

    init(_ options: ModelsOptions) async throws {
        self.options = options
        settings = try await options.settings()
        builtIn = try BuiltInModels.folder()
    }

    var folder: DataFolder { settings.folder }
    var descriptors: [String] { ["\(builtIn)/descriptors"] }

    /// Ids of models that come with Hearth.
    static let builtInIDs: Set<String> = ["scatter"]

    /// Where a worker looks for models, in its order; a data folder that does not exist yet is no loss.
    private static func roots(_ settings: Settings, builtIn: String) -> [String] {
        let models = settings.folder.models
        let own = FileManager.default.fileExists(atPath: models) ? [models] : []
        return ["\(builtIn)/scatter"] + own + settings.modelRoots + BuiltInModels.made(in: builtIn)
    }

    /// Looks through the folders that a server with these settings has; blocking: the first look hashes all weights.
    /// - Parameter builtIn: The folder `ModelFolders`.
    static func library(_ settings: Settings, builtIn: String) -> ModelLibrary {
        let folder = settings.folder
        // A command that only reads must not create a data folder.
        let hasFolder = FileManager.default.fileExists(atPath: folder.path)
        return ModelLibrary(
            scanning: .init(
                roots: roots(settings, builtIn: builtIn), descriptors: ["\(builtIn)/descriptors"],
                checksumCache: hasFolder ? "\(folder.cache)/checksums.json" : nil,
                allowsNonCommercial: settings.allowsNonCommercial))
    }

    /// Looks through the folders; the first look hashes all weights.
    func scan() -> ModelLibrary { Self.library(settings, builtIn: builtIn) }

    /// Where a model's folder lies; nil when there is none.
    func path(of id: String) -> String? {
        Self.roots(settings, builtIn: builtIn).lazy.map { root -> String in
            URL(fileURLWithPath: root).lastPathComponent == id ? root : "\(root)/\(id)"
        }.first { ModelManifest.isPlainFileName(id) && FileManager.default.fileExists(atPath: $0) }
    }

    func downloads() throws -> DownloadList { try DownloadList(at: "\(builtIn)/downloads.json") }

    /// The models of the running server by id; nil while none answers.
    func live() async -> [String: JSONValue]? {
        guard options.address(settings) != nil else { return nil }
        guard
            let reply = try? await options.client(settings).send(.get, "/api/models", timeout: .seconds(5)),
            let models = reply["models"]?.arrayValue ?? reply["items"]?.arrayValue ?? reply.arrayValue
        else { return nil }
        return models.reduce(into: [:]) { found, model in
            if let id = model["id"]?.stringValue { found[id] = model }
        }
    }

    /// What happens to a model that has come or gone, for the reader.
    ///
    /// A worker looks through its folders at its start: a running server gets a fresh one.
    func tellServer(recycles: Bool) async -> String {
        guard options.address(settings) != nil else { return "The next start of the server takes notice." }
        let byHand = "Restart the server, or `hearth worker recycle`, and it takes notice."
        guard recycles else { return byHand }
        do {
            try await options.client(settings).send(.post, "/api/system/worker/recycle", timeout: .seconds(10))
            return "The server takes notice: a fresh worker is warming up."
        } catch let error as HearthError where error.code == .storageUnavailable {
            return "The next start of the server takes notice."
        } catch {
            return byHand
        }
    }
}
