import Foundation
import HearthCore
import HearthInference
import HearthJobs

/// What features stand on where there is no server: they can say what they do, and nothing of it runs.
///
/// ``ServerOperations/declared()`` uses it, because help must not need a server.
final class AbsentServer: Store, BlobStore, InferenceEngine, JobSignal {
    private var failure: HearthError { HearthError(.storageUnavailable, "This process runs no server.") }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        throw failure
    }
    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        throw failure
    }

    func write(_ bytes: Data, to path: String) async throws { throw failure }
    func write(_ pieces: some AsyncSequence<Data, any Error>, to path: String, limit: Int) async throws -> Int {
        throw failure
    }
    func stage(_ name: String) async throws -> String { throw failure }
    func adopt(_ staged: String, as path: String) async throws { throw failure }
    func staged(limit: Int) async throws -> [String] { throw failure }
    func removeStaged(_ names: [String]) async throws { throw failure }
    func read(_ path: String) async throws -> Data { throw failure }
    func open(_ path: String) async throws -> any BlobReader { throw failure }
    func remove(_ paths: [String]) async throws { throw failure }
    func removeEmptyFolders(below folder: String) async throws { throw failure }
    func list(_ folder: String, after last: String?, limit: Int) async throws -> [String] { throw failure }

    func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] { throw failure }
    func models() async throws -> [ModelStatus] { throw failure }
    func defaultEmbedder() async throws -> ModelStatus? { throw failure }
    func productEmbedder() async throws -> ModelStatus? { throw failure }
    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws { throw failure }
    func unload(_ model: String) async throws { throw failure }

    func ring() {}
    func rings(while isWanted: @escaping @Sendable () -> Bool) -> AsyncStream<Void> { AsyncStream { $0.finish() } }
}
