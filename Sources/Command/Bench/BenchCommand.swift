import ArgumentParser
import Foundation
import HearthCore

/// `hearth bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine with servers of its own, and compare with the bars.")

    @Option(parsing: .upToNextOption, help: "Only these: start, register, loading, queue, crash, worker.")
    var only: [BenchMeasurement] = []
    @Option(help: "Seconds of each closed loop.") var seconds = 5.0
    @Option(help: "Folder with mobilenet-v1-imgemb in it; HEARTH_MODELS when absent.") var models: String?
    @Option(help: "Folder with the old stack's old_stack.py: its figures are taken in the same run, as ratios.")
    var peers: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let models = models ?? ProcessInfo.processInfo.environment["HEARTH_MODELS"]
        var figures: [BenchFigure] = []
        if !json { for line in Self.machine { Terminal.line(line) } }
        let run = BenchRun(seconds: seconds, models: models, peers: peers) { figure in
            figures.append(figure)
            if !json { Terminal.line(figure.line) }
        }
        for measurement in BenchMeasurement.allCases where only.isEmpty || only.contains(measurement) {
            do {
                try await run.run(measurement)
            } catch {
                let reason = (error as? HearthError)?.message ?? "\(error)"
                run.show(BenchFigure(name: measurement.rawValue, value: "failed: \(reason)", isMet: false))
            }
        }
        if json {
            let value: JSONValue = [
                "machine": .array(Self.machine.map(JSONValue.string)), "figures": .array(figures.map(\.json)),
            ]
            Terminal.line(value.encodedText())
        }
    }

    /// What the figures were measured on.
    private static var machine: [String] {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        let information = ProcessInfo.processInfo
        return [
            "Hearth \(Hearth.version) on \(cpu ?? "an unknown processor"), \(information.activeProcessorCount) cores, "
                + "\(information.physicalMemory >> 30) GB, \(information.operatingSystemVersionString)"
        ]
    }
}
