import Foundation
import HearthCore
import Testing

@testable import HearthWorker

/// Who goes first when all processors are busy.
@Suite(.timeLimit(.minutes(3))) struct ProcessPriorityTests {
    @Test func whatMakesVideosStandsBehindModelsAndModelsBehindDoors() {
        let (models, media) = (ProcessPriority.niceness(of: .inference), ProcessPriority.niceness(of: .media))
        #expect(0 < models && models < media && media < 19)
    }

    @Test func theRoleIsKnownBeforeAllElse() {
        #expect(ProcessPriority.role(environment: ["HEARTH_WORKER_ROLE": "media"]) == .media)
        #expect(ProcessPriority.role(environment: ["HEARTH_WORKER_ROLE": ""]) == .inference)
        #expect(ProcessPriority.role(environment: [:]) == .inference)
    }

    /// On a thread of its own, whose place among others goes with it.
    @Test func aThreadThatYieldsHasTheNicenessOfItsRole() async throws {
        let threads = BlockingThreads(name: "test", threads: 1)
        defer { threads.stop() }
        let niceness = try await threads.run {
            ProcessPriority.yieldToDoors(as: .media)
            return getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        }
        #expect(niceness == ProcessPriority.niceness(of: .media))
    }
}
