import Foundation
import HearthCore
import HearthJSON

/// A server of one's own: started on a free port, found by its note, stopped as an operator would stop it.
final class LocalServer {
    private let process = Process()
    private let folder: DataFolder
    /// How long it took from the start of the process until `/health` answered.
    private(set) var startTime: Duration = .zero
    private(set) var client = APIClient(base: "", apiKey: nil)

    /// - Parameters:
    ///   - data: its data folder.
    ///   - arguments: more flags for `hearth serve`.
    ///   - log: where its standard error goes.
    init(data: String, arguments: [String] = [], log: String) throws {
        folder = DataFolder(data)
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
    /// - Throws: ``HearthError`` `storage_unavailable` when it does not within ten seconds.
    func start() async throws {
        try? FileManager.default.removeItem(atPath: folder.serverNote)
        let start = ContinuousClock.now
        try process.run()
        while ContinuousClock.now - start < .seconds(10), process.isRunning {
            if let url = note() {
                client = APIClient(base: url, apiKey: nil)
                if (try? await client.send(.get, "/health")) != nil {
                    startTime = ContinuousClock.now - start
                    return
                }
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw HearthError(
            .storageUnavailable, "The server did not start.", hint: "`hearth doctor` says what is missing.")
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
        guard process.isRunning else { return process.terminationStatus }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func note() -> String? {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: folder.serverNote)) else { return nil }
        return (try? JSONParser.read(bytes))?["url"]?.stringValue
    }
}
