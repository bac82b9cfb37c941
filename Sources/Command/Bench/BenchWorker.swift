import Foundation
import HearthCore

/// A worker process of one's own, with the built-in model and mobilenet-v1.
struct BenchWorker {
    private let folder: DataFolder
    private let models: String

    init(models: String) async throws {
        folder = DataFolder(BenchServer.freshFolder())
        self.models = "\(folder.path)/chosen"
        // Makes the folders and the schema.
        _ = try await BenchQueue(folder)
        try FileManager.default.createDirectory(atPath: self.models, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(self.models)/mobilenet-v1-imgemb",
            withDestinationPath: URL(fileURLWithPath: models).standardizedFileURL.path + "/mobilenet-v1-imgemb")
    }

    func removeData() { try? FileManager.default.removeItem(atPath: folder.path) }

    /// Milliseconds from the start of the process until both models are ready.
    func startUntilReady() async throws -> Double {
        let settings = WorkerSettings(
            worker: "bench-worker", dataFolder: folder.path, modelRoots: [models], anchorModel: nil, precision: "auto",
            allowsNonCommercial: false, logLevel: "error")
        let process = Process()
        let input = Pipe()
        process.executableURL = URL(fileURLWithPath: try Parts.workerExecutable())
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
            .merging(settings.environment) { _, new in new }
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let socket = folder.socket(of: settings.worker)
        while ContinuousClock.now - start < .seconds(60), process.isRunning {
            if let status = BenchServer.status(of: socket), status.isSettled, status.models.count >= 2 {
                guard status.models.allSatisfy({ $0.state == .ready }) else { break }
                return (ContinuousClock.now - start).fractionalMilliseconds
            }
            // A millisecond on this thread: what is measured must not wait for the cooperative ones.
            poll(nil, 0, 1)
        }
        throw HearthError(.modelNotReady, "The worker did not become ready.")
    }
}
