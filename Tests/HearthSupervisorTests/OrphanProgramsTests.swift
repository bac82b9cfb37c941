import Foundation
import HearthCore
import HearthTesting
import Subprocess
import Testing

@testable import HearthSupervisor

@Suite(.timeLimit(.minutes(3))) struct OrphanProgramsTests {
    /// Runs `sleep` under a worker's name until it is killed.
    private func sleeper(of worker: String) async throws -> TerminationStatus {
        try await Subprocess.run(
            .name("sleep"), arguments: ["600"], environment: .inherit.updating(["HEARTH_PROGRAM_OF": worker]),
            output: .discarded
        ).terminationStatus
    }

    @Test func onlyProgramsOfWorkersThatAreGoneAreKilled() async throws {
        let (gone, alive) = ("orphan-test-\(getpid())-1", "orphan-test-\(getpid())-2")
        async let first = sleeper(of: gone)
        let second = Task { try await sleeper(of: alive) }
        let seen = Locked<Set<String>>([])
        try await eventually("both run") {
            OrphanPrograms.end { worker in
                seen.withLock { _ = $0.insert(worker) }
                return false
            }
            return seen.withLock { $0.isSuperset(of: [gone, alive]) }
        }
        OrphanPrograms.end { $0 == gone }
        #expect(try await first == .signaled(SIGKILL))
        seen.withLock { $0 = [] }
        OrphanPrograms.end { worker in
            seen.withLock { _ = $0.insert(worker) }
            return worker == alive
        }
        #expect(seen.withLock { $0.contains(alive) }, "the other one ran on")
        #expect(try await second.value == .signaled(SIGKILL))
    }

    @Test func foldersOfAWorkersJobsGoWithIt() throws {
        let data = try TemporaryFolder()
        let folder = DataFolder(data.path)
        for worker in ["gone", "alive"] {
            let job = "\(folder.jobs(of: worker))/one"
            try FileManager.default.createDirectory(atPath: job, withIntermediateDirectories: true)
            try Data("half a video".utf8).write(to: URL(fileURLWithPath: "\(job)/animatic.mp4"))
        }
        folder.removeTraces(of: "gone")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.jobs) == ["alive"])
        // A worker that ran no job has left nothing.
        folder.removeTraces(of: "other")
    }
}
