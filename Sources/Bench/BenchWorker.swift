import Foundation
import HearthCommand
import HearthCore
import HearthInference
import HearthJSON
import HearthWorkerLink

/// A worker process of one's own, with the built-in model and others.
struct BenchWorker {
    private let folder: DataFolder
    private let models: String

    /// - Parameter only: The model of the folder that is wanted; nil: all of them.
    init(models: String, only: String? = mobilenet) async throws {
        folder = DataFolder(BenchServer.freshFolder())
        // Makes the folders and the schema.
        _ = try await BenchQueue(folder)
        let all = URL(fileURLWithPath: models).standardizedFileURL.path
        guard let only else {
            self.models = all
            return
        }
        self.models = "\(folder.path)/chosen"
        try FileManager.default.createDirectory(atPath: self.models, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(self.models)/\(only)", withDestinationPath: "\(all)/\(only)")
    }

    private var settings: WorkerSettings {
        WorkerSettings(
            worker: "bench-worker", dataFolder: folder.path, modelRoots: [models], anchorModel: nil, precision: "auto",
            allowsNonCommercial: false, logLevel: "error")
    }

    var socket: String { folder.socket(of: settings.worker) }

    private func process(_ arguments: [String] = []) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.worker())
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
            .merging(settings.environment) { _, new in new }
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Milliseconds from the start of the process until all models are ready.
    func startUntilReady() async throws -> Double { try withReadyWorker { time, _ in time } }

    /// Runs `body` while a worker of its own is ready, with the milliseconds that its start took and what it says.
    func withReadyWorker<Result>(_ body: (Double, EngineStatus) throws -> Result) throws -> Result {
        let process = try process()
        let input = Pipe()
        process.standardInput = input
        let start = ContinuousClock.now
        try ExitCleanup.shared.start(process)
        defer { ExitCleanup.shared.stop(process) }
        while ContinuousClock.now - start < .seconds(60), process.isRunning {
            if let status = BenchServer.status(of: socket), status.isSettled, status.models.count >= 2 {
                guard status.models.allSatisfy({ $0.state == .ready || $0.state == .skipped }) else { break }
                return try body((ContinuousClock.now - start).fractionalMilliseconds, status)
            }
            // A millisecond on this thread: what is measured must not wait for the cooperative ones.
            poll(nil, 0, 1)
        }
        throw HearthError(.modelNotReady, "The worker did not become ready.")
    }

    // MARK: One call at a time

    static let mobilenet = "mobilenet-v1-imgemb"

    /// A sample picture: the smallest file, because what is measured is the way and not the decoder.
    private func picture() throws -> String {
        guard let smallest = try Self.samples().first else {
            throw HearthError(.invalidConfiguration, "The sample pictures are missing.")
        }
        return smallest
    }

    /// The largest of the sample pictures.
    static func largestSample() throws -> String {
        guard let largest = try samples().last else {
            throw HearthError(.invalidConfiguration, "The sample pictures are missing.")
        }
        return largest
    }

    /// The sample pictures by the size of their files.
    private static func samples() throws -> [String] {
        let folder = URL(fileURLWithPath: try ProgramFiles.samples())
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        let pictures = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "jpg" }
        func size(_ url: URL) -> Int { (try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? .max }
        return pictures.sorted { size($0) < size($1) }.map(\.path)
    }

    /// Medians of the model without Hearth around it, in milliseconds.
    func bareCall(seconds: Double) throws -> BareFigures {
        try bareCall(of: Self.mobilenet, input: picture(), seconds: seconds)
    }

    /// Medians of single calls without Hearth around them, in milliseconds.
    struct BareFigures {
        let decode: Double
        let call: Double
        let both: Double
    }

    /// - Parameter input: A picture's path, or a text.
    func bareCall(of model: String, input: String, seconds: Double) throws -> BareFigures {
        let result = try said(by: ["bare", model, input, String(seconds)])
        guard let decode = result["decode_ms"]?.doubleValue, let call = result["call_ms"]?.doubleValue,
            let both = result["both_ms"]?.doubleValue
        else { throw HearthError(.internalError, "The bare call gave no figures.") }
        return BareFigures(decode: decode, call: call, both: both)
    }

    /// Milliseconds that libvips or ffmpeg takes for a recipe when nothing is around it.
    static func bareRecipe(_ recipe: JSONValue, picture: String) throws -> Double {
        let file = "\(BenchServer.freshFolder()).json"
        try recipe.encoded().write(to: URL(fileURLWithPath: file))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.worker())
        process.arguments = ["recipe", file, picture]
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }.merging(
            WorkerSettings(
                worker: "bench-worker", dataFolder: BenchServer.freshFolder(), modelRoots: [], anchorModel: nil,
                precision: "auto", allowsNonCommercial: false, logLevel: "error"
            ).environment
        ) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        try ExitCleanup.shared.start(process)
        defer { ExitCleanup.shared.stop(process) }
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard let time = try JSONParser.read(bytes)["bare_ms"]?.doubleValue else {
            throw HearthError(.internalError, "The bare recipe gave no figures.")
        }
        return time
    }

    /// What a model does when nothing is between it and its inputs.
    struct LoopFigures {
        /// Inputs a second.
        let rate: Double
        /// Inputs of a pass, on average.
        let batch: Double
    }

    /// - Parameter input: A picture's path, or a file of texts.
    func loop(of model: String, input: String, callers: Int, seconds: Double) throws -> LoopFigures {
        let result = try said(by: ["loop", model, input, String(callers), String(seconds)])
        guard let rate = result["rate"]?.doubleValue, let batch = result["batch"]?.doubleValue else {
            throw HearthError(.internalError, "The loop gave no figures.")
        }
        return LoopFigures(rate: rate, batch: batch)
    }

    /// What `hearth-worker` prints as JSON.
    private func said(by arguments: [String]) throws -> JSONValue {
        let process = try process(arguments)
        let output = Pipe()
        process.standardOutput = output
        try ExitCleanup.shared.start(process)
        defer { ExitCleanup.shared.stop(process) }
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONParser.read(bytes)
    }

    /// Single calls over the worker's socket, one after the other.
    func loneEmbeddings(seconds: Double) async throws -> BenchSamples {
        let picture = try Data(contentsOf: URL(fileURLWithPath: picture()))
        let request = Self.request(
            InferenceRequest(.embed(.image(picture)), of: Self.mobilenet, deadline: .now + Limits.inferenceDeadline))
        return try withReadyWorker { _, _ in
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

    /// A request to the worker's own server.
    static func request(_ request: InferenceRequest) -> [UInt8] {
        let body = InferenceWire.body(of: [request], now: .now)
        let head =
            "POST \(InferenceWire.answerPath) HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n"
            + "content-length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}
