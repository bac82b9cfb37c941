import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Synchronization
import Testing

@testable import HearthModelRuntime

/// What happens to calls that meet others.
@Suite(.timeLimit(.minutes(3))) struct ModelHostQueueTests {
    /// A host whose engine is held in a pass of the picture 100.
    private func withBusyHost(
        hasStreams: Bool = true, configure: (inout ModelHostConfiguration) -> Void = { _ in },
        _ body: (ModelHost, FakeRuntime) async throws -> Void
    ) async throws {
        let runtime = FakeRuntime(passGate: Gate())
        runtime.hasStreams.withLock { $0 = hasStreams }
        try await withHost(["a"], runtime: runtime, configure: configure) { host in
            await wait(host, for: "a", to: .ready)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await host.embed(picture(100)) }
                await runtime.passGate.arrival(1)
                try await body(host, runtime)
                runtime.passGate.open()
            }
        }
    }

    /// Returns when so many pictures are decoded and wait for a pass.
    private func decoded(_ count: Int, _ host: ModelHost) async {
        while host.state.withLock({ $0.slots["a"]?.queue.decodedCount ?? 0 }) < count {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test func callsThatGatherDuringAPassShareTheNext() async throws {
        try await withBusyHost(hasStreams: false) { host, runtime in
            try await withThrowingTaskGroup(of: EmbeddingResult.self) { group in
                for value in 1...5 { group.addTask { try await host.embed(picture(UInt8(value))) } }
                await decoded(5, host)
                runtime.passGate.open()
                let results = try await group.reduce(into: []) { $0.append($1) }
                #expect(results.map { Int(($0.vector[0] / $0.vector[1]).rounded()) }.sorted() == Array(1...5))
                #expect(results.map(\.timings.batch).sorted() == [1, 4, 4, 4, 4])
                #expect(results.allSatisfy { $0.timings.queue > .zero })
            }
            #expect(runtime.passes.withLock { $0.map(\.count) } == [1, 4, 1])
        }
    }

    @Test func interactiveCallOvertakesAJob() async throws {
        // Of two passes side by side nobody could say which was first.
        try await withBusyHost(hasStreams: false) { host, runtime in
            try await withThrowingTaskGroup(of: EmbeddingResult.self) { jobs in
                for value in 1...4 { jobs.addTask { try await host.embed(job(UInt8(value))) } }
                await decoded(4, host)
                async let call = host.embed(picture(50))
                await decoded(5, host)
                runtime.passGate.open()
                let (batch, answers) = (
                    try await call.timings.batch, try await jobs.reduce(0) { count, _ in count + 1 }
                )
                #expect(batch == 1)
                #expect(answers == 4)
            }
            #expect(runtime.passes.withLock { $0.map(\.first) }.prefix(2) == [100, 50])
        }
    }

    @Test func fullQueueIsOverloaded() async throws {
        try await withBusyHost(configure: { $0.queueLimit = 3 }) { host, runtime in
            try await withThrowingTaskGroup(of: EmbeddingResult.self) { group in
                for value in 1...3 { group.addTask { try await host.embed(picture(UInt8(value))) } }
                await entered(3, in: "a", of: host)
                let error = await #expect(throws: HearthError.self) { try await host.embed(picture(4)) }
                #expect(error?.code == .overloaded)
                #expect(error?.retryAfter != nil)
                runtime.passGate.open()
                for try await result in group { #expect(result.vector.count == 4) }
            }
        }
    }

    @Test func deadlineThatPassesInTheQueueIsReported() async throws {
        try await withBusyHost { host, runtime in
            async let late = code { try await host.embed(picture(1, within: 0)) }
            async let early = host.embed(picture(2))
            await decoded(1, host)
            runtime.passGate.open()
            #expect(await late == .deadlineExceeded)
            _ = try await early
            #expect(runtime.passes.withLock { $0 } == [[100], [2]])
        }
    }

    @Test func callerWhoIsCancelledLeavesTheQueue() async throws {
        try await withBusyHost { host, runtime in
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await host.embed(picture(1))
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                await decoded(1, host)
                group.cancelAll()
                #expect(await group.next() == true)
            }
            #expect(host.state.withLock { $0.slots["a"]?.queue.isEmpty } == true)
            runtime.passGate.open()
            _ = try await host.embed(picture(2))
            #expect(runtime.passes.withLock { $0 } == [[100], [2]])
        }
    }

    @Test func callerWhoWasCancelledBeforeNeverEnters() async throws {
        try await withBusyHost { host, runtime in
            let isCancelled = await withTaskGroup(of: Bool.self) { group in
                group.cancelAll()
                group.addTask {
                    do {
                        _ = try await host.embed(picture(1))
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                return await group.next()
            }
            #expect(isCancelled == true)
            #expect(host.state.withLock { $0.slots["a"]?.queue.isEmpty } == true)
        }
    }

    @Test func drainAnswersWhatWaitsAndRefusesWhatComes() async throws {
        try await withBusyHost { host, runtime in
            async let waiting = host.embed(picture(1))
            await decoded(1, host)
            let changes = host.changes()
            async let drained: Void = host.drain()
            for await status in changes where status.state == .draining { break }
            #expect(await code { try await host.embed(picture(2)) } == .modelNotReady)
            runtime.passGate.open()
            _ = try await waiting
            await drained
            #expect(host.models().map(\.state) == [.absent])
            #expect(runtime.liveSessions.load(ordering: .sequentiallyConsistent) == 0)
            #expect(await code { try await host.embed(picture(3)) } == .modelNotReady)
        }
    }

    @Test func drainWhileLoadingRefusesTheCallersAndEndsWithTheLoad() async throws {
        let runtime = FakeRuntime(loadGate: Gate())
        try await withHost(["a", "b", "c"], runtime: runtime, configure: { $0.parallelLoads = 1 }) { host in
            await runtime.loadGate.arrival(1)
            async let waiting = code { try await host.embed(picture(1)) }
            await entered(1, in: "a", of: host)
            async let drained: Void = host.drain()
            #expect(await waiting == .modelNotReady)
            runtime.loadGate.open()
            await drained
            #expect(runtime.loads.withLock { $0 } == ["a"], "loads that had not started do not start")
            #expect(host.models().map(\.state) == [.absent, .absent, .absent])
        }
    }

    @Test func cancelledHostAnswersThePassUnderWayAndRefusesTheRest() async throws {
        let runtime = FakeRuntime(passGate: Gate())
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fake("a"))]), runtime: runtime, codec: FakeCodec(),
            configuration: ModelHostConfiguration(), logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            await wait(host, for: "a", to: .ready)
            async let running = host.embed(picture(1))
            await runtime.passGate.arrival(1)
            async let waiting = code { try await host.embed(picture(2)) }
            await decoded(1, host)
            group.cancelAll()
            #expect(await waiting == .modelNotReady)
            runtime.passGate.open()
            _ = try await running
            try await group.waitForAll()
        }
        #expect(runtime.liveSessions.load(ordering: .sequentiallyConsistent) == 0)
        await host.drain()
        var after: [ModelState] = []
        for await status in host.changes() { after.append(status.state) }
        #expect(after == [.absent], "the stream of a host that has ended ends as well")
    }

    @Test(arguments: 1...8)
    func callersThatComeAndGoAllGetAnAnswer(seed: UInt64) async throws {
        let runtime = FakeRuntime()
        try await withHost(["a", "b"], runtime: runtime, configure: { $0.queueLimit = 64 }) { host in
            var random = RepeatableRandom(seed: seed)
            let answers = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<300 {
                    let model = Bool.random(using: &random) ? "a" : "b"
                    let value = UInt8.random(in: 1...200, using: &random)
                    let leavesEarly = Int.random(in: 0..<4, using: &random) == 0
                    let isLate = Int.random(in: 0..<6, using: &random) == 0
                    group.addTask {
                        await withTaskGroup(of: Bool.self) { call in
                            call.addTask {
                                do {
                                    let result = try await host.embed(
                                        picture(value, model: model, within: isLate ? 0 : 30))
                                    return Int((result.vector[0] / result.vector[1]).rounded()) == Int(value)
                                } catch let error as HearthError {
                                    return [.overloaded, .deadlineExceeded, .modelNotReady].contains(error.code)
                                } catch {
                                    return error is CancellationError
                                }
                            }
                            if leavesEarly {
                                for _ in 0..<(index % 7) { await Task.yield() }
                                call.cancelAll()
                            }
                            return await call.next() ?? false
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 300)
            #expect(answers.allSatisfy { $0 }, "seed \(seed)")
            #expect(host.state.withLock { $0.slots.values.allSatisfy(\.queue.isEmpty) }, "seed \(seed)")
        }
    }
}
