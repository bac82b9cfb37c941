import Foundation
import HearthCore
import HearthSupervisor
import HearthTesting
import Subprocess
import Testing

@Suite(.timeLimit(.minutes(1))) struct OrphanProgramsTests {
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
}
