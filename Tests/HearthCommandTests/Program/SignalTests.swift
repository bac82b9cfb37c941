import Foundation
import HearthTesting
import Testing

@testable import HearthCommand

/// Commands that start a server of their own, ended by a signal at some moment.
@Suite(.timeLimit(.minutes(4)), .serialized) struct SignalTests {
    /// What a command has said when the signal comes; empty: its server's process has been started.
    private static let moments = ["", "1. Register", "2. Remember", "3. Recall", "5. Products"]

    @Test(arguments: moments, [SIGINT, SIGTERM])
    func noProcessAndNoFolderStays(moment: String, signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let demo = try RunningHearth(["demo"], in: folder)
        try await Self.wait(for: demo) {
            moment.isEmpty ? RunningHearth.processes(of: folder).count > 1 : demo.output.contains(moment)
        }
        demo.signal(signal)
        let ended = try await demo.end()
        #expect(ended.code == 128 + signal, "\(ended.text)")
        try await Self.expectNothingLeft(in: folder)
        #expect(!ended.errors.contains("hearth:"), "a signal is no error: \(ended.errors)")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func anEvaluationLeavesNothing(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let samples = try DemoProducts.samples()
        let models = folder.file("models")
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
        let run = try RunningHearth(["products", "eval", samples, "--models", models], in: folder)
        try await Self.wait(for: run) { RunningHearth.processes(of: folder).count > 2 }
        run.signal(signal)
        let ended = try await run.end()
        #expect(ended.code == 128 + signal, "\(ended.text)")
        try await Self.expectNothingLeft(in: folder)
    }

    /// Measurements block in calls that no cancellation ends.
    @Test(arguments: [SIGINT, SIGTERM]) func aMeasurementLeavesNothing(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let run = try RunningHearth(["all", "--only", "register"], program: "hearth-bench", in: folder)
        try await Self.wait(for: run) { RunningHearth.processes(of: folder).count > 1 }
        run.signal(signal)
        let ended = try await run.end()
        #expect(ended.code == 128 + signal, "\(ended.text)")
        try await Self.expectNothingLeft(in: folder)
    }

    private static func wait(for run: RunningHearth, until isThere: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while !isThere() {
            try #require(ContinuousClock.now < limit, "\(run.output)\(run.errors)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func expectNothingLeft(in folder: TemporaryFolder) async throws {
        #expect(RunningHearth.processes(of: folder) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("tmp")) == [])
    }
}
