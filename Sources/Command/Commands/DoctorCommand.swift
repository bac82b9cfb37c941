import ArgumentParser
import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary

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
        var findings = [worker(), builtInModels(), dataFolder(settings), space(settings)]
        findings += modelRoots(settings)
        findings.append(await server(settings))
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

    private func worker() -> Finding {
        do {
            let path = try ProgramFiles.worker()
            let libraries = try missingLibraries(of: path)
            guard libraries.isEmpty else {
                return Finding(
                    name: "worker program", isGood: false, detail: "misses \(libraries.joined(separator: ", "))",
                    fix: "Run Scripts/bootstrap, then `make build`.")
            }
            return Finding(name: "worker program", isGood: true, detail: path)
        } catch {
            return Finding(name: "worker program", isGood: false, detail: "\(error)", fix: "Run `make build`.")
        }
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

    private func builtInModels() -> Finding {
        do {
            return Finding(name: "built-in models", isGood: true, detail: try BuiltInModels.folder())
        } catch {
            return Finding(
                name: "built-in models", isGood: false, detail: "not found",
                fix: (error as? HearthError)?.hint)
        }
    }

    private func dataFolder(_ settings: Settings) -> Finding {
        let path = settings.folder.path
        guard FileManager.default.fileExists(atPath: path) else {
            // A check must not create anything.
            let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
            let isGood = FileManager.default.isWritableFile(atPath: above)
            return Finding(
                name: "data folder", isGood: isGood,
                detail: "\(path) \(isGood ? "is made at the first start" : "cannot be made")",
                fix: isGood ? nil : "Make it, or choose another one by --data.")
        }
        do {
            let warnings = try settings.folder.make()
            let probe = "\(settings.folder.run)/doctor-\(getpid())"
            try Data("probe".utf8).write(to: URL(fileURLWithPath: probe))
            try FileManager.default.removeItem(atPath: probe)
            guard warnings.isEmpty else {
                return Finding(name: "data folder", isGood: false, detail: warnings.joined(separator: " "), fix: nil)
            }
            return Finding(name: "data folder", isGood: true, detail: path)
        } catch let error as HearthError {
            return Finding(name: "data folder", isGood: false, detail: error.message, fix: error.hint)
        } catch {
            return Finding(
                name: "data folder", isGood: false, detail: "\(path) cannot be written",
                fix: "Correct its permissions, or choose another one by --data.")
        }
    }

    private func space(_ settings: Settings) -> Finding {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: existingFolder(settings.folder.path))
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        let isGood = free > 1 << 30
        return Finding(
            name: "disk space", isGood: isGood, detail: "\(free >> 20) MB free",
            fix: isGood ? nil : "Free some space: Hearth refuses writes when the disk is full.")
    }

    /// The folder, or the nearest one above it that exists.
    private func existingFolder(_ path: String) -> String {
        var url = URL(fileURLWithPath: path)
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        return url.path
    }

    private func modelRoots(_ settings: Settings) -> [Finding] {
        settings.worker("doctor").modelRoots.map { root in
            let isGood = FileManager.default.fileExists(atPath: root)
            return Finding(
                name: "model folder", isGood: isGood, detail: root,
                fix: isGood ? nil : "There is no such folder; correct --models or HEARTH_MODELS.")
        }
    }

    private func server(_ settings: Settings) async -> Finding {
        let url = settings.notedURL ?? settings.url
        let client = APIClient(base: url, apiKey: settings.apiKey)
        guard let health = try? await client.send(.get, "/api/system/health", timeout: .seconds(2)) else {
            return Finding(name: "server", isGood: true, detail: "none runs at \(url)")
        }
        let status = health["status"]?.stringValue ?? "unknown"
        let lost = (health["lost_features"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; ")
        return Finding(
            name: "server", isGood: status == "healthy" || status == "starting",
            detail: "\(status) at \(url)", fix: lost.isEmpty ? nil : lost)
    }
}
