import Foundation
import HearthCommand
import HearthCore
import HearthInference
import HearthJSON
import HearthWorkerLink

/// A `hearth serve` of one's own on a free port and an empty data folder.
final class BenchServer {
    let folder: DataFolder
    private let process = Process()
    private(set) var port = 0
    /// From the start of the process until `/health` answered.
    private(set) var startTime = Duration.zero

    /// - Parameters:
    ///   - data: its data folder; a fresh one when nil.
    ///   - hasWorker: whether it runs a worker.
    ///   - anchorModel: id of the model that looks at pictures; the built-in one when nil.
    init(data: String? = nil, hasWorker: Bool, models: String? = nil, anchorModel: String? = nil) {
        folder = DataFolder(data ?? Self.freshFolder())
        process.executableURL = (try? ProgramFiles.server()).map { URL(fileURLWithPath: $0) }
        process.arguments = ["serve", "--data", folder.path, "--port", "0", "--log-level", "error"]
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
        environment["HEARTH_WORKER"] = String(hasWorker)
        environment["HEARTH_MODELS"] = models
        environment["HEARTH_ANCHOR_MODEL"] = anchorModel
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
    }

    private static let root = FileManager.default.temporaryDirectory.appending(path: "hb\(getpid())").path

    /// A path that nothing is at; `removeFolders()` takes all of them away.
    static func freshFolder() -> String {
        ExitCleanup.shared.add(path: root)
        try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        return "\(root)/\(BenchLoad.nextNumber())"
    }

    static func removeFolders() { try? FileManager.default.removeItem(atPath: root) }

    /// - Throws: ``HearthError`` `storage_unavailable` when it does not answer within ten seconds.
    func start() async throws {
        let start = ContinuousClock.now
        try ExitCleanup.shared.start(process)
        while ContinuousClock.now - start < .seconds(10), process.isRunning {
            if let noted = notedPort(), let connection = try? BenchConnection(.port(noted)),
                let answer = try? connection.get("/health"), answer.status == 200
            {
                port = noted
                startTime = ContinuousClock.now - start
                return
            }
            // A millisecond on this thread: what is measured must not wait for the cooperative ones.
            poll(nil, 0, 1)
        }
        throw HearthError(.storageUnavailable, "The server did not start.")
    }

    private func notedPort() -> Int? {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: folder.serverNote)) else { return nil }
        return (try? JSONParser.read(bytes))?["url"]?.stringValue.flatMap { URL(string: $0)?.port }
    }

    /// The front's process.
    var front: BenchProcess { BenchProcess(pid: Int(process.processIdentifier)) }

    var residentMegabytes: Double {
        Double(front.memory.resident) / 1e6
    }

    /// The current worker's description of itself; nil while none answers.
    func worker() -> EngineStatus? { answeringWorker()?.status }

    /// The current worker's socket; nil while none answers.
    var workerSocket: String? { answeringWorker()?.socket }

    private func answeringWorker() -> (socket: String, status: EngineStatus)? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.run)) ?? []
        for name in names where name.hasSuffix(".sock") {
            let socket = "\(folder.run)/\(name)"
            if let status = Self.status(of: socket) { return (socket, status) }
        }
        return nil
    }

    static func status(of socket: String) -> EngineStatus? {
        guard let answer = try? BenchConnection(.socket(socket)).get(InferenceWire.statusPath) else { return nil }
        return try? JSONValueDecoder.read(EngineStatus.self, from: JSONParser.read(answer.body))
    }

    /// Waits until every model is ready or has failed.
    func waitUntilReady() async throws -> EngineStatus {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if let status = worker(), status.isSettled { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw HearthError(.modelNotReady, "The worker did not become ready.")
    }

    /// SIGTERM; the data stays until `removeFolders()`.
    func stop() {
        guard process.isRunning else { return }
        ExitCleanup.shared.stop(process)
    }
}
