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
        try settings.folder.make()
        // The port of the settings where one is set; else that of every server, or a free one when it is taken.
        var ports = settings[.port].source == .default ? [settings.port, 0] : [settings.port]
        let flags = ModelSettings(lastIn: settings.folder).flags(besides: settings)
        let limit = ContinuousClock.now + Limits.serverEnd
        while let port = ports.first {
            if let url = try await runningUnlessFree() { return url }
            let server = try ServerProcess(
                program: program, arguments: ["--data", settings.folder.path, "--port", String(port)] + flags,
                log: settings.folder.serverLog, firstLine: Self.firstLine(flags))
            if let url = try await wait(for: server) { return url }
            // One that was there first, and has ended since, says nothing against this port.
            if !isTaken || ContinuousClock.now > limit { ports.removeFirst() }
        }
        let words = ServerProcess.lastWords(in: settings.folder.serverLog)
        let models =
            flags.isEmpty
            ? ""
            : " Its models were those of the folder's last server: another `hearth serve` "
                + "on the folder changes them, and so do the settings of `hearth mcp`."
        throw HearthError(
            .storageUnavailable, "The server did not start\(words.map { ": \($0)" } ?? ".")",
            hint: "`hearth doctor` says what is missing; \(settings.folder.serverLog) has all that it said.\(models)")
    }

    /// What the log of a server begins with that takes models of the last one.
    private static func firstLine(_ flags: [String]) -> String? {
        flags.isEmpty ? nil : "Models as the last server of this data folder: \(flags.joined(separator: " "))"
    }

    /// Waits while a server has the folder and does not answer: it is on its way, or stops and has jobs to end.
    /// - Returns: the address of one that answers; nil when the folder is free.
    private func runningUnlessFree() async throws -> String? {
        let limit = ContinuousClock.now + Limits.serverEnd
        let state = FolderState(settings.folder)
        while ContinuousClock.now < limit {
            if let url = await running() { return url }
            guard state.isInUse else { return nil }
            try await Task.sleep(for: Limits.mcpServerPoll * 5)
        }
        return nil
    }

    /// - Returns: nil when the server has ended, and no other one answers.
    private func wait(for server: ServerProcess) async throws -> String? {
        let limit = ContinuousClock.now + Limits.mcpServerStart
        while ContinuousClock.now < limit {
            if let url = await running() { return url }
            if !server.isRunning {
                // Another program was first: its server has the folder, and answers when it is ready; or it stops.
                if isTaken { return try await runningUnlessFree() }
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
