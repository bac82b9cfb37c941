import ArgumentParser
import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// `hearth bench`, which is `hearth bench all`.
struct BenchAllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Measure everything with servers of its own, and compare with the bars.")

    @Option(
        parsing: .upToNextOption,
        help: """
            Only these: start, register, loading, queue, crash, worker, warm, vectors, collections, products, studio, \
            mcp, by-hand.
            """)
    var only: [BenchMeasurement] = []
    @Option(help: "Seconds of each closed loop.") var seconds = 5.0
    @Option(help: "Folder with model folders in it; HEARTH_MODELS when absent.") var models: String?
    @Option(help: "Folder with the old stack's old_stack.py: its figures are taken in the same run, as ratios.")
    var peers: String?
    @Option(help: "A picture of 1920 x 1080 as JPEG for the pictures' figures; the largest sample when absent.")
    var picture: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let models = models ?? ProcessInfo.processInfo.environment["HEARTH_MODELS"]
        var figures: [BenchFigure] = []
        if !json { Terminal.line(BenchMachine.text) }
        let run = BenchRun(seconds: seconds, models: models, peers: peers, picture: picture) { figure in
            figures.append(figure)
            if !json { Terminal.line(figure.line) }
        }
        for measurement in BenchMeasurement.allCases where only.isEmpty || only.contains(measurement) {
            do {
                try await run.run(measurement)
            } catch {
                ExitCleanup.shared.waitWhileEnding()
                let reason = (error as? HearthError)?.message ?? "\(error)"
                run.show(BenchFigure(name: measurement.rawValue, value: "failed: \(reason)", isMet: false))
            }
        }
        if json {
            let value: JSONValue = [
                "machine": .array([.string(BenchMachine.text)]), "figures": .array(figures.map(\.json)),
            ]
            Terminal.line(value.encodedText())
        }
    }
}
