import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything that a failing set-up could lack, and say how to repair it.")

    @OptionGroup var settings: SettingsOptions
    @Flag(help: "Print JSON.") var json = false

    /// One thing that was looked at.
    private struct Finding {
        let name: String
        let isGood: Bool
        let detail: String
        var fix: String?
    }

    func run() async throws {
        let settings = try await settings.resolve()
        let setup = Setup(lookingAt: settings)
        var findings: [Finding] = []
        for check in SetupCheck.all { findings.append(Self.finding(check.name, await check.verdict(setup))) }
        findings += [libraries(), space(settings), await server(settings)].compactMap { $0 }
        if json {
            Terminal.line(
                JSONValue.array(
                    findings.map {
                        [
                            "check": .string($0.name), "ok": .bool($0.isGood), "detail": .string($0.detail),
                            "fix": $0.fix.map(JSONValue.string) ?? .null,
                        ]
                    }
                ).encodedText())
        } else {
            for finding in findings {
                Terminal.line("\(finding.isGood ? "ok " : "NO ") \(finding.name.padded(to: 18))\(finding.detail)")
                if let fix = finding.fix { Terminal.line("    → \(fix)") }
            }
        }
        if findings.contains(where: { !$0.isGood }) { throw ExitCode.failure }
    }

    private static func finding(_ name: String, _ verdict: SetupCheck.Verdict) -> Finding {
        switch verdict {
        case .good(let detail): Finding(name: name, isGood: true, detail: detail)
        case .doubtful(let detail, let fix): Finding(name: name, isGood: false, detail: detail, fix: fix)
        case .refused(let error): Finding(name: name, isGood: false, detail: error.message, fix: error.hint)
        }
    }

    /// Shared libraries that the loader does not find; nil when all are there, or there is no program.
    private func libraries() -> Finding? {
        guard let worker = try? ProgramFiles.worker(), let missing = try? missingLibraries(of: worker),
            !missing.isEmpty
        else { return nil }
        return Finding(
            name: "libraries", isGood: false, detail: "\(worker) misses \(missing.joined(separator: ", "))",
            fix: ProgramFiles.isCheckout
                ? "Run Scripts/bootstrap, then `make build`." : "Install Hearth again, with all of its libraries.")
    }

    /// Names of shared libraries that the loader cannot find.
    private func missingLibraries(of program: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ldd")
        process.arguments = [program]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").filter { $0.contains("not found") }.map {
            String($0.split(separator: "=").first ?? "").trimmingCharacters(in: .whitespaces)
        }
    }

    private func space(_ settings: Settings) -> Finding {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: existingFolder(settings.folder.path))
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        let isGood = free > 1 << 30
        return Finding(
            name: "disk space", isGood: isGood, detail: "\(DownloadView.size(free)) free",
            fix: isGood ? nil : "Free some space: Hearth refuses writes when the disk is full.")
    }

    /// The folder, or the nearest one above it that exists.
    private func existingFolder(_ path: String) -> String {
        var url = URL(fileURLWithPath: path)
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        return url.path
    }

    /// What to say of the server at an address when it is not that of the data folder; empty when it is.
    private static func otherFolder(of url: String, _ settings: Settings) -> String {
        guard settings.note?.url != url else { return "" }
        let server = RunningServer.all().first { $0.url == url }
        return server.map { ", for another data folder: \($0.data)" } ?? ", not known to be that of the data folder"
    }

    /// The server that these settings mean: the address that is named, else the one of the data folder. A port that is
    /// named is that of a server to be started; whether it runs already is looked at there.
    private func server(_ settings: Settings) async -> Finding {
        let isNamed = settings[.url].source != .unset
        let namesPort = settings[.port].source == .flag && !isNamed
        let url = namesPort ? settings.url : settings.clientURL
        func finding(_ isGood: Bool, _ detail: String, _ fix: String? = nil) -> Finding {
            Finding(name: "server", isGood: isGood, detail: detail, fix: fix)
        }
        do {
            let client = try APIClient(base: url, apiKey: settings.apiKey, caFile: settings.trustedFile)
            let health = try await client.send(.get, "/api/system/health", timeout: .seconds(2))
            let status = health["status"]?.stringValue ?? "unknown"
            let lost = (health["lost_features"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; ")
            let isGood = status == "healthy" || status == "starting"
            return finding(
                isGood, "\(status) at \(url)\(isNamed ? "" : Self.otherFolder(of: url, settings))",
                lost.isEmpty ? nil : lost)
        } catch let error as HearthError where error.code == .storageUnavailable && !isNamed {
            let other =
                settings.note.flatMap { $0.url == url ? nil : "; that of the data folder is at \($0.url)" } ?? ""
            return finding(true, "none runs at \(url)\(other)")
        } catch let error as HearthError where error.code == .unauthorized {
            return finding(
                false, "one runs at \(url) and does not let this command in: \(error.message)",
                "Set HEARTH_API_KEY to one of its keys; `hearth keys create` makes one.")
        } catch {
            let error = error as? HearthError ?? HearthError(.internalError, "\(error)")
            return finding(false, error.message, error.hint)
        }
    }
}
