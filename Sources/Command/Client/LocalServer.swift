import Foundation
import HearthCore
import HearthJSON

/// A server of one's own: started on a free port, found by its note, stopped as an operator would stop it.
final class LocalServer {
    private let process = Process()
    private let folder: DataFolder
    private let log: String
    /// How long it took from the start of the process until `/health` answered.
    private(set) var startTime: Duration = .zero
    private(set) var client = APIClient(base: "", apiKey: nil)

    /// - Parameters:
    ///   - data: its data folder.
    ///   - arguments: more flags for `hearth serve`.
    ///   - log: where its standard error goes.
    ///   - keepsData: whether the folder stays when a signal ends this process.
    init(data: String, arguments: [String] = [], log: String, keepsData: Bool = false) throws {
        folder = DataFolder(data)
        self.log = log
        if !keepsData { ExitCleanup.shared.add(path: data) }
        ExitCleanup.shared.add(path: log)
        process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? "")
        process.arguments = ["serve", "--data", data, "--port", "0", "--host", "127.0.0.1"] + arguments
        // It has no keys: one that the caller has for another server means nothing to it.
        process.environment = ProcessInfo.processInfo.environment.filter { !ChildEnvironment.isSecret($0.key) }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
    }

    var pid: Int32 { process.processIdentifier }

    /// Resident bytes of the front.
    var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
            * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Starts it and waits until it answers.
    /// - Throws: ``HearthError`` `storage_unavailable` when it does not within ten seconds, with its own last words.
    func start() async throws {
        try? FileManager.default.removeItem(atPath: folder.serverNote)
        let start = ContinuousClock.now
        try ExitCleanup.shared.start(process)
        while ContinuousClock.now - start < .seconds(10), process.isRunning {
            if let url = ServerNote.read(in: folder)?.url {
                client = APIClient(base: url, apiKey: nil)
                if (try? await client.send(.get, "/health")) != nil {
                    startTime = ContinuousClock.now - start
                    return
                }
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw HearthError(
            .storageUnavailable, "The server did not start\(lastWords.map { ": \($0)" } ?? ".")",
            hint: "`hearth doctor` says what is missing.")
    }

    /// Waits until the model that serves anchors is ready.
    func waitUntilReady(within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let health = try await client.send(.get, "/api/system/health")
            if health["model_preloaded"]?.boolValue == true { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw HearthError(.modelNotReady, "The model did not become ready.", hint: "`hearth doctor` says why.")
    }

    /// SIGTERM, and the exit code.
    @discardableResult
    func stop() -> Int32 {
        // One that was never started has no status.
        guard process.processIdentifier > 0 else { return 0 }
        ExitCleanup.shared.stop(process)
        return process.terminationStatus
    }

    /// Removes its log and its data, unless they are kept; it must not run any more.
    func removeFiles(keepingData: Bool = false) {
        if !keepingData { ExitCleanup.shared.remove(path: folder.path) }
        ExitCleanup.shared.remove(path: log)
    }

    /// Why it has ended, as it said itself.
    private var lastWords: String? {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last { $0.hasPrefix("hearth: ") }.map { String($0.dropFirst(8)) }
    }
}
