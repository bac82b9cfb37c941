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

    private var settings: WorkerSettings {
        WorkerSettings(
            worker: "bench-worker", dataFolder: folder.path, modelRoots: [models], anchorModel: nil, precision: "auto",
            allowsNonCommercial: false, logLevel: "error")
    }

    private var socket: String { folder.socket(of: settings.worker) }

    private func process(_ arguments: [String] = []) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Parts.workerExecutable())
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
            .merging(settings.environment) { _, new in new }
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Milliseconds from the start of the process until both models are ready.
    func startUntilReady() async throws -> Double { try withReadyWorker { $0 } }

    /// Runs `body` while a worker of its own is ready, with the milliseconds that its start took.
    private func withReadyWorker<Result>(_ body: (Double) throws -> Result) throws -> Result {
        let process = try process()
        let input = Pipe()
        process.standardInput = input
        let start = ContinuousClock.now
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        while ContinuousClock.now - start < .seconds(60), process.isRunning {
            if let status = BenchServer.status(of: socket), status.isSettled, status.models.count >= 2 {
                guard status.models.allSatisfy({ $0.state == .ready }) else { break }
                return try body((ContinuousClock.now - start).fractionalMilliseconds)
            }
            // A millisecond on this thread: what is measured must not wait for the cooperative ones.
            poll(nil, 0, 1)
        }
        throw HearthError(.modelNotReady, "The worker did not become ready.")
    }

    // MARK: One call at a time

    private static let model = "mobilenet-v1-imgemb"

    /// A sample picture: the smallest file, because what is measured is the way and not the decoder.
    private func picture() throws -> String {
        let folder = URL(fileURLWithPath: try DemoCast.samples())
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        let pictures = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "jpg" }
        func size(_ url: URL) -> Int { (try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? .max }
        guard let smallest = pictures.min(by: { size($0) < size($1) }) else {
            throw HearthError(.invalidConfiguration, "The sample pictures are missing.")
        }
        return smallest.path
    }

    /// Medians of the model without Hearth around it, in milliseconds.
    func bareCall(seconds: Double) throws -> (decode: Double, call: Double, both: Double) {
        let process = try process(["bare", Self.model, picture(), String(seconds)])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let result = try JSONParser.parse(bytes)
        guard let decode = result["decode_ms"]?.doubleValue, let call = result["call_ms"]?.doubleValue,
            let both = result["both_ms"]?.doubleValue
        else { throw HearthError(.internalError, "The bare call gave no figures.") }
        return (decode, call, both)
    }

    /// Single calls over the worker's socket, one after the other.
    func loneEmbeddings(seconds: Double) async throws -> BenchSamples {
        let picture = try Data(contentsOf: URL(fileURLWithPath: picture()))
        let head =
            "POST \(EngineWire.embedPath)?model=\(Self.model) HTTP/1.1\r\nhost: localhost\r\n"
            + "content-type: application/octet-stream\r\ncontent-length: \(picture.count)\r\n\r\n"
        let request = Array(head.utf8) + picture
        return try withReadyWorker { _ in
            let connection = try BenchConnection(.socket(socket))
            var times: [Double] = []
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                let start = ContinuousClock.now
                guard try connection.send(request).status == 200 else {
                    throw HearthError(.internalError, "The worker refused a picture.")
                }
                times.append((ContinuousClock.now - start).fractionalMilliseconds)
            }
            return BenchSamples(times)
        }
    }
}
