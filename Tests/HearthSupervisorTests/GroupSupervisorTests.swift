import Foundation
import HearthCore
import HearthInference
import HearthSupervisor
import HearthTesting
import HearthWorkerLink
import Testing

/// Processes that come with the first call and leave when others need their memory.
@Suite(.timeLimit(.minutes(2)), .serialized) struct GroupSupervisorTests {
    private func code(_ body: () async throws -> some Any) async -> HearthError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    private func groups(_ bench: GroupBench) -> [String] { bench.started().map(\.group) }

    @Test func aGroupIsStartedByItsFirstCallAndSharedByTheOthers() async throws {
        let bench = try GroupBench()
        try await bench.run {
            #expect(bench.started().isEmpty, "nothing is loaded that nobody wants")
            let results = try await concurrentMap(1...20) { try await bench.call("a", Int32($0)) }
            #expect(results.map { Int($0.vector[0]) } == Array(1...20))
            #expect(Set(results.map(\.model.id)) == Set(bench.started().map(\.name)))
            #expect(groups(bench) == ["a"])
            _ = try await bench.call("a")
            #expect(groups(bench) == ["a"])
            #expect(try await bench.client.models().first { $0.id == "a" }?.state == .ready)
        }
    }

    @Test func aBatchOverSeveralWorkersKeepsItsOrder() async throws {
        let bench = try GroupBench()
        try await bench.run {
            let models = ["scatter", "a", "scatter", "b", "a", "scatter"]
            let results = try await bench.client.answer(
                models.enumerated().map { GroupBench.request($1, Int32($0)) })
            let values = try results.map { try EmbeddingResult($0.get()) }
            #expect(values.map { Int($0.vector[0]) } == Array(0..<6))
            #expect([0, 2, 5].allSatisfy { values[$0].model.id == "main" })
            #expect(values[1].model.id == values[4].model.id && values[1].model.id != values[3].model.id)
            #expect(groups(bench).sorted() == ["a", "b"])
        }
    }

    @Test func workersOfAServerThatGivesUpAreAskedToEndAsWell() async throws {
        let bench = try GroupBench(drains: true)
        try await bench.runUntilCancelled {
            _ = try await bench.call("a")
            _ = try await bench.call("b")
            try await eventually("they can be asked") { bench.noted("trapped").count == 2 }
        }
        #expect(Set(bench.noted("asked")) == Set(bench.started().map(\.name)), "each was told, and not just killed")
        #expect(bench.started().allSatisfy { kill($0.pid, 0) != 0 }, "no process is left")
    }

    @Test func aProcessThatNeverAnswersIsReplaced() async throws {
        let bench = try GroupBench(patience: WorkerPatience(first: .milliseconds(200)))
        bench.startsAnswering.withLock { $0 = false }
        try await bench.run {
            async let called = bench.call("a")
            try await eventually("it is started") { bench.started().count == 1 }
            let first = bench.started()[0]
            try await eventually("it is gone") { kill(first.pid, 0) != 0 }
            bench.startsAnswering.withLock { $0 = true }
            #expect(try await called.model.id != first.name, "the call has waited for the next one")
        }
    }

    @Test func aProcessThatHasEndedIsFollowedByAFreshOne() async throws {
        let bench = try GroupBench()
        try await bench.run {
            let first = try await bench.call("a").model.id
            let worker = try #require(bench.started().last)
            kill(worker.pid, SIGTERM)
            // The bench answers for a process until it has looked again; the supervisor knows by the process itself.
            try await eventually("the supervisor has seen it go") {
                try await bench.client.models().first { $0.id == "a" }?.state == .absent
            }
            let second = try await bench.call("a").model.id
            #expect(first != second)
            #expect(groups(bench) == ["a", "a"])
        }
    }

    @Test func aCallWhoseWorkerIsKilledIsAnsweredByTheFreshOne() async throws {
        let isHeld = Locked(true)
        let bench = try GroupBench { worker, request in
            // The first worker never answers.
            if isHeld.withLock({ $0 }) { try await Task.sleep(for: .seconds(600)) }
            return GroupBench.echo(worker, request)
        }
        try await bench.run {
            async let result = bench.call("a", 7)
            try await eventually("a worker is started") { bench.started().count == 1 }
            try await eventually("it has the call") {
                try await bench.client.models().first { $0.id == "a" }?.state == .ready
            }
            isHeld.withLock { $0 = false }
            let first = try #require(bench.started().first)
            kill(first.pid, SIGKILL)
            let vector = try await result
            #expect(vector.vector[0] == 7)
            #expect(groups(bench).last == "a")
        }
    }

    @Test func idleGroupsMakeRoomForOthers() async throws {
        let bench = try GroupBench(memoryBytes: GroupBench.roomForTwo)
        bench.words.withLock { $0.bytes = ["a": 79 << 20, "b": 79 << 20, "c": 79 << 20] }
        try await bench.run {
            _ = try await concurrentMap(["a", "b"]) { try await bench.call($0) }
            bench.words.withLock { $0.idle = ["b": .seconds(9)] }
            _ = try await bench.call("c")
            #expect(groups(bench).sorted() == ["a", "b", "c"])
            let alive = bench.started().filter { kill($0.pid, 0) == 0 }.map(\.group)
            #expect(alive.sorted() == ["a", "c"], "who was idle has left, who is at work has not")
        }
    }

    @Test func whoIsAtWorkIsNotSentAway() async throws {
        let bench = try GroupBench(memoryBytes: GroupBench.roomForTwo)
        bench.words.withLock { $0.bytes = ["a": 80 << 20, "b": 80 << 20] }
        try await bench.run {
            _ = try await concurrentMap(["a", "b"]) { try await bench.call($0) }
            #expect(await code { try await bench.call("c", within: 0.3) } == .modelNotReady)
            #expect(bench.started().allSatisfy { kill($0.pid, 0) == 0 })
            #expect(groups(bench).sorted() == ["a", "b"])
        }
    }

    @Test func whatNeverFitsIsSaidAtOnce() async throws {
        let bench = try GroupBench(memoryBytes: 1 << 20)
        try await bench.run {
            let error = await #expect(throws: HearthError.self) { try await bench.call("a", within: 600) }
            #expect(error?.code == .modelNotReady)
            #expect(error?.hint?.contains("--model-memory") == true)
            #expect(bench.started().isEmpty)
        }
    }

    @Test func workersThatDieAreStartedMoreAndMoreSeldom() async throws {
        let bench = try GroupBench()
        try bench.breakWorkers(true)
        try await bench.run {
            let error = await #expect(throws: HearthError.self) { try await bench.call("a", within: 1) }
            #expect(error?.code == .modelNotReady)
            // 50, 100, 200, 400, 800 ms: not one each 20 ms.
            #expect((1...6).contains(bench.started().count), "\(bench.started().count) workers in a second")
            try bench.breakWorkers(false)
            #expect(try await bench.call("a").vector == [1, 1], "and the first that stays answers")
        }
    }

    @Test func aProgramThatIsNotThereIsNoReasonToHang() async throws {
        let bench = try GroupBench(executable: "/nowhere/hearth-worker")
        try await bench.run {
            let error = await #expect(throws: HearthError.self) { try await bench.call("a", within: 0.5) }
            #expect(error?.message.contains("has ended") == true)
            #expect(error?.retryAfter != nil)
        }
    }

    @Test func theEndOfTheServerEndsAllWorkers() async throws {
        let bench = try GroupBench()
        try await bench.run { _ = try await concurrentMap(["a", "b"]) { try await bench.call($0) } }
        #expect(bench.started().count == 2)
        #expect(bench.started().allSatisfy { kill($0.pid, 0) != 0 }, "no process is left")
    }
}
