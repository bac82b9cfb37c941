import Foundation
import HearthCore
import HearthDownload
import HearthInference
import HearthJSON
import HearthModelLibrary

/// The models of this machine: on disk, in the library of downloads, and in a running server.
struct LocalModels {
    /// Those of the command, with the model folders of the data folder's server, so that both see the same models.
    let settings: Settings
    let options: ModelsOptions
    private let builtIn: String

    init(_ options: ModelsOptions) async throws {
        self.options = options
        let own = try await options.settings()
        settings = own.adding(modelRoots: own.note?.modelRoots ?? [])
        builtIn = try BuiltInModels.folder()
    }

    var folder: DataFolder { settings.folder }
    var descriptors: [String] { ["\(builtIn)/descriptors"] }

    /// Ids of models that come with Hearth.
    static let builtInIDs: Set<String> = ["scatter"]

    /// Where a worker looks for models, in its order; a data folder that does not exist yet is no loss.
    static func roots(_ settings: Settings, builtIn: String) -> [String] {
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

    /// Whether a model's folder belongs to the installation: the built-in model, and those installed with Hearth.
    func isInstalled(_ path: String) -> Bool { path.hasPrefix("\(builtIn)/") }

    /// The error about an id that no model has.
    static func unknown(_ id: String, among ids: [String]) -> HearthError {
        HearthError(
            .notFound, "There is no model \(id).",
            hint: (NearestName.of(id, among: ids).map { "Did you mean \($0)? " } ?? "")
                + "`hearth models list` shows those that are here, `--available` those to download.")
    }

    /// Where models are downloaded from: over HTTP, with the certificates that the settings trust.
    func fileSource() throws -> HTTPFileSource {
        guard let file = settings.caFile else { return HTTPFileSource() }
        return try TrustedFile.use(file) { try HTTPFileSource(trustingAlso: $0) }
    }

    func downloads() throws -> DownloadList { try DownloadList(at: "\(builtIn)/downloads.json") }

    /// The models that pictures and texts are embedded by: those of the data folder's server, else of the settings.
    var servingIDs: Set<String> {
        let note = settings.note
        return Set(
            [
                note?.anchorModel ?? settings[.anchorModel].value,
                note?.productModel ?? settings[.productModel].value,
                note?.textModel ?? settings[.textModel].value,
            ].compactMap { $0 })
    }

    /// What the running server says of its models.
    enum Live {
        case models([String: JSONValue])
        /// No server is meant, or none runs; what was looked at, and what to do.
        case absent(String)
        /// One runs and does not say; why.
        case silent(HearthError)

        /// By id; none while no server says.
        var byID: [String: JSONValue] { if case .models(let models) = self { models } else { [:] } }

        /// What the reader of a list should know; nil: nothing.
        var remark: String? {
            switch self {
            case .models: nil
            case .absent(let remark): remark
            case .silent(let error):
                "The states are those of the disk, because the server does not tell its own: \(error.message)"
                    + (error.hint.map { " \($0)" } ?? "")
            }
        }
    }

    /// Asks the running server for its models.
    func live() async -> Live {
        guard let address = options.address(settings) else { return .absent(await absence()) }
        do {
            let reply = try await settings.client().send(.get, "/api/models", timeout: .seconds(5))
            let models = reply["models"]?.arrayValue ?? reply["items"]?.arrayValue ?? reply.arrayValue ?? []
            return .models(
                models.reduce(into: [:]) { found, model in
                    if let id = model["id"]?.stringValue { found[id] = model }
                })
        } catch let error as HearthError {
            let isNamed = settings[.url].source != .unset
            guard error.code == .storageUnavailable, !isNamed else { return .silent(error) }
            return .absent(Self.absence(of: folder, address: address, others: RunningServer.all()))
        } catch {
            return .silent(HearthError(.internalError, "\(error)"))
        }
    }

    /// The remark that no server has noted itself in the data folder. One at the address of the settings may be that of
    /// another user, whose folder cannot be seen.
    private func absence() async -> String {
        let others = RunningServer.all()
        let isStranger = others.isEmpty ? await APIClient.isHearth(at: settings.url) : false
        return Self.absence(of: folder, address: settings.url, others: others, isStranger: isStranger)
    }

    /// - Parameters:
    ///   - others: The servers that run for other data folders.
    ///   - isStranger: Whether a server answers at the address whose data folder is not known.
    static func absence(
        of folder: DataFolder, address: String, others: [RunningServer], isStranger: Bool = false
    ) -> String {
        let advice =
            isStranger
            ? "The one at \(address) has another data folder: `--url \(address)` asks it."
            : RunningServer.advice(others) ?? "`hearth serve --data \(folder.path)` starts one, which loads them."
        let place = others.isEmpty && !isStranger ? ", and none answers at \(address)" : ""
        return "The states are those of the disk: no server runs for the data folder \(folder.path)\(place). \(advice)"
    }

    /// What happens to a model that has come or gone, for the reader.
    ///
    /// A worker looks through its folders at its start: a running server gets a fresh one.
    func tellServer(recycles: Bool) async -> String {
        guard options.address(settings) != nil else { return "The next start of the server takes notice." }
        let byHand = "Restart the server, or `hearth worker recycle`, and it takes notice."
        guard recycles else { return byHand }
        do {
            try await settings.client().send(.post, "/api/system/worker/recycle", timeout: .seconds(10))
            return "The server takes notice: a fresh worker is warming up."
        } catch let error as HearthError where error.code == .storageUnavailable {
            return "The next start of the server takes notice."
        } catch {
            return byHand
        }
    }
}
