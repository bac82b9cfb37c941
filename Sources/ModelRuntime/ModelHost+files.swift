import Foundation
import HearthCore
import HearthModelLibrary
import Logging

/// What a model is loaded from, and where its compiled graphs are kept.
extension ModelHost {
    /// What the model computes with.
    func precision(of folder: ModelFolder) -> String {
        if let known = state.withLock({ $0.freePrecision }) { return folder.precision(free: known) }
        // Asking the machine loads the library's plug-in; the answer is the same whoever asks first.
        let free =
            configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
        state.withLock { $0.freePrecision = free }
        return folder.precision(free: free)
    }

    /// Reads the model's tokeniser, and lets the texts that wait be prepared with it.
    func loadTokenizer(of folder: ModelFolder) throws -> Tokenizer? {
        guard let preprocessing = folder.manifest.text else { return nil }
        guard let data = FileManager.default.contents(atPath: folder.path(of: preprocessing.tokenizer)) else {
            throw HearthError(.invalidConfiguration, "\(preprocessing.tokenizer) cannot be read.")
        }
        let tokenizer = try Tokenizer(json: data)
        state.withLock { $0.slots[folder.id]?.tokenizer = tokenizer }
        decodeSignal.signalAll()
        return tokenizer
    }

    func request(
        for folder: ModelFolder, weights: String, precision: String, lanes: Int = 1
    ) -> ModelLoadRequest {
        ModelLoadRequest(
            path: folder.path(of: weights), precision: precision,
            cacheFolder: blobs(of: folder).map { "\($0.folder)/\($0.name)" }, threads: configuration.threads,
            lanes: lanes)
    }

    /// Where compiled graphs of a model lie. A runtime knows a graph by its path; the digest in the name makes changed
    /// weights a new one.
    private func blobs(of folder: ModelFolder) -> (folder: String, name: String)? {
        configuration.cacheFolder.map { ("\($0)/\(folder.id)", String(folder.digest.prefix(16))) }
    }

    /// Compiled graphs of earlier weights are never read again.
    func removeStaleBlobs(of folder: ModelFolder) {
        guard let blobs = blobs(of: folder) else { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: blobs.folder)) ?? []
        for name in names where name != blobs.name {
            do {
                try FileManager.default.removeItem(atPath: "\(blobs.folder)/\(name)")
            } catch {
                logger.warning(
                    "An old compiled graph cannot be removed.", metadata: ["model": "\(folder.id)", "name": "\(name)"])
            }
        }
    }
}
