import Foundation
import HearthCore

/// Finds the server of a data folder, and starts one when none runs.
///
/// Two of these may start one at the same time: the folder's lock lets one of the servers live, and both find that one.
actor ServerFinder {
    private let settings: Settings
    private let program: String
    private var known: String?
    private var search: Task<String, any Error>?
    private var isStopped = false

    init(_ settings: Settings, program: String) {
        self.settings = settings
        self.program = program
    }

    /// The address of a server that has answered.
    /// - Throws: ``HearthError`` `storage_unavailable` that says why there is none.
    func url() async throws -> String {
        if isStopped { throw CancellationError() }
        if let known { return known }
        if let search { return try await search.value }
        let task = Task { try await find() }
        search = task
        defer { search = nil }
        let url = try await task.value
        known = url
        return url
    }

    /// Ends a search that is under way, and begins no other one.
    func stop() {
        isStopped = true
        search?.cancel()
    }

    /// The server does not answer any more: the next call looks for one again.
    func lose(_ url: String) {
        if known == url { known = nil }
    }

    private func find() async throws -> String {
        if let url = settings.givenURL { return url }
        if let url = await running() { return url }
        try settings.folder.make()
        // The port of the settings where one is set; else that of every server, or a free one when it is taken.
        let ports = settings[.port].source == .default ? [settings.port, 0] : [settings.port]
        for port in ports {
            let server = try ServerProcess(
                program: program, arguments: ["--data", settings.folder.path, "--port", String(port)],
                log: settings.folder.serverLog)
            if let url = try await wait(for: server) { return url }
        }
        let words = ServerProcess.lastWords(in: settings.folder.serverLog)
        throw HearthError(
            .storageUnavailable, "The server did not start\(words.map { ": \($0)" } ?? ".")",
            hint: "`hearth doctor` says what is missing; \(settings.folder.serverLog) has all that it said.")
    }

    /// - Returns: nil when the server has ended, and no other one answers.
    private func wait(for server: ServerProcess) async throws -> String? {
        let limit = ContinuousClock.now + Limits.mcpServerStart
        while ContinuousClock.now < limit {
            if let url = await running() { return url }
            // Another program was first: its server has the folder, and answers when it is ready.
            if !server.isRunning, !isTaken {
                // Or it is about to have it.
                try await Task.sleep(for: Limits.mcpServerPoll * 50)
                return await running()
            }
            try await Task.sleep(for: Limits.mcpServerPoll)
        }
        return nil
    }

    /// Whether a server that was started has ended because another one has the folder.
    private var isTaken: Bool {
        ServerProcess.lastWords(in: settings.folder.serverLog)?.contains(" is in use by ") == true
    }

    private func running() async -> String? {
        guard let url = settings.note?.url, let client = try? settings.client(of: url) else { return nil }
        return (try? await client.send(.get, "/health", timeout: .seconds(2))) == nil ? nil : url
    }
}

extension Settings {
    /// A client of a server on this machine.
    fileprivate func client(of url: String) throws -> APIClient {
        try APIClient(base: url, apiKey: apiKey, caFile: trustedFile)
    }
}
