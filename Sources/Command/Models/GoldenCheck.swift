import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// Has a worker of its own, `hearth-worker verify ID…`, compare models with their golden vectors.
struct GoldenCheck {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// - Returns: what the worker says of each model: `{"model", "precision", "goldens", "worst_cosine", "floor",
    ///   "ok"}` or `{"model", "ok", "error"}`.
    /// - Throws: ``HearthError`` when there is no worker program, or it does not end in time.
    func run(_ ids: [String]) async throws -> [String: JSONValue] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hearth-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        ExitCleanup.shared.add(path: folder.path)
        defer { ExitCleanup.shared.remove(path: folder.path) }
        // A file takes as much as the worker says; a pipe would have to be read while it runs.
        let output = folder.appending(path: "output").path
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.worker())
        process.arguments = ["verify"] + ids
        process.environment = ChildEnvironment.make(adding: settings.worker("verify").environment)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try ExitCleanup.shared.start(process)
        defer { ExitCleanup.shared.stop(process) }
        let deadline = ContinuousClock.now + Limits.goldenVectors * ids.count
        while process.isRunning {
            guard ContinuousClock.now < deadline else {
                throw HearthError(.deadlineExceeded, "The worker did not end its check in time.")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let lines = try Data(contentsOf: URL(fileURLWithPath: output)).split(separator: UInt8(ascii: "\n"))
        return lines.reduce(into: [:]) { found, line in
            guard let report = try? JSONParser.read(Data(line)), let id = report["model"]?.stringValue else { return }
            found[id] = report
        }
    }
}
