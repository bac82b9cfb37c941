import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// Commands that start a server or a worker of their own, ended by a signal at some moment.
@Suite(.timeLimit(.minutes(4)), .serialized) struct SignalTests {
    /// What a command has said when the signal comes; empty: its server's process has been started.
    private static let moments = ["", "1. Register", "2. Remember", "3. Recall", "5. Products"]

    @Test(arguments: moments, [SIGINT, SIGTERM])
    func noProcessAndNoFolderStays(moment: String, signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let demo = try RunningHearth(["demo", "--images", try Self.smallCast(in: folder)], in: folder)
        try await Self.wait(for: demo) {
            moment.isEmpty ? RunningHearth.processes(of: folder).count > 1 : demo.output.contains(moment)
        }
        demo.signal(signal)
        let ended = try await demo.end()
        #expect(ended.code == 128 + signal, "\(ended.text)")
        try await Self.expectNothingLeft(in: folder)
        #expect(!ended.errors.contains("hearth:"), "a signal is no error: \(ended.errors)")
    }

    /// A terminal sends Ctrl-C to every process of the group, and a service manager SIGTERM to every process of the
    /// service: a worker may get it first, while its models load.
    @Test(arguments: [true, false]) func aServerThatIsStoppedAtOnceWarnsOfNothing(isTerminal: Bool) async throws {
        let folder = try TemporaryFolder()
        let server = try RunningHearth(["serve", "--port", "0"], in: folder)
        try await Self.wait(for: server) {
            server.output.contains("listens at") && RunningHearth.processes(of: folder).count > 1
        }
        if isTerminal {
            try #require(getpgid(server.pid) == server.pid, "the server leads its group")
            kill(-server.pid, SIGINT)
        } else {
            for process in RunningHearth.processes(of: folder).compactMap({ Int32($0) }) where process != server.pid {
                kill(process, SIGTERM)
            }
            server.signal(SIGTERM)
        }
        let ended = try await server.end()
        #expect(ended.code == 0, "\(ended.text)")
        #expect(!ended.errors.contains("warning") && !ended.errors.contains("hearth-worker:"), "\(ended.errors)")
    }

    @Test func aServerHasTheTimeThatItMayNeed() {
        #expect(
            ExitCleanup.patience > Limits.serverDrain + Limits.drain, "it drains, and what is cancelled drains again")
        #expect(Limits.serverDrain >= Limits.drain * 3, "its doors, and the workers of two roles")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func anEvaluationLeavesNothing(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let samples = try DemoProducts.samples()
        let models = folder.file("models")
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
        let run = try RunningHearth(["products", "eval", samples, "--models", models], in: folder)
        try await Self.wait(for: run) { RunningHearth.processes(of: folder).count > 1 }
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

    /// Two characters of the samples with two pictures each: a demonstration of few has the same steps, sooner.
    private static func smallCast(in folder: TemporaryFolder) throws -> String {
        let samples = "\(try ProgramFiles.samples())/comet-crew"
        for character in ["bolt-cat", "nova-captain"] {
            let target = folder.file("cast/\(character)")
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            for view in ["view-1.jpg", "view-2.jpg"] {
                try FileManager.default.copyItem(
                    atPath: "\(samples)/\(character)/\(view)", toPath: "\(target)/\(view)")
            }
        }
        return folder.file("cast")
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
