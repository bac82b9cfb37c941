import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Models that come and go.
@Suite(.timeLimit(.minutes(2))) struct ModelHostResidencyTests {
    private func state(_ host: ModelHost) -> ModelState? { host.models().first { $0.id == "text" }?.state }

    private func load(_ host: ModelHost, keepAlive: KeepAlive? = nil) async throws {
        try await host.load("text", keepAlive: keepAlive, deadline: .now + .seconds(600))
    }

    /// When the model was used last: its idle time is counted from then.
    private func lastUse(_ host: ModelHost) throws -> ContinuousClock.Instant {
        try #require(host.state.withLock { $0.slots["text"]?.lastUsed })
    }

    /// What the keeper would do at an instant.
    private func keep(_ host: ModelHost, at now: ContinuousClock.Instant) {
        for signal in host.state.withLock({ $0.keep(now: now) }) { signal.signal() }
    }

    @Test func aModelLeavesWhenNobodyHasWantedItForItsTimeAndComesBackByACall() async throws {
        try await withTextHost { host in
            try await load(host, keepAlive: .idle(.seconds(1_000)))
            let used = try lastUse(host)
            keep(host, at: used + .seconds(999))
            #expect(state(host) == .ready)
            keep(host, at: used + .seconds(1_000))
            await wait(host, for: "text", to: .absent)
            #expect(host.models().last?.idleMilliseconds == nil)
            #expect(try await host.embed(tokens(5)).token == 5)
            let status = try #require(host.models().last)
            #expect(status.loads == 2)
            #expect(status.keepAlive == .idle(.seconds(1_000)), "it is kept for as long as before")
        }
    }

    @Test func idleTimeIsCountedFromTheLastCallAndWhoIsBusyIsNotIdle() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        try await withTextHost(runtime) { host in
            try await load(host, keepAlive: .idle(.seconds(10)))
            let slot = try #require(host.state.withLock { $0.slots["text"] })
            let used = try #require(slot.lastUsed)
            #expect(!slot.isExpired(now: used + .seconds(9)))
            #expect(slot.isExpired(now: used + .seconds(10)))
            async let call = host.embed(tokens(5))
            await runtime.passGate.arrival(1)
            let busy = try #require(host.state.withLock { $0.slots["text"] })
            #expect(!busy.isExpired(now: used + .seconds(1_000)))
            #expect(host.models().last?.idleMilliseconds == 0, "nobody takes a model that computes for an idle one")
            runtime.passGate.open()
            #expect(try await call.token == 5)
            try await eventually("the pass has ended") { host.models().last?.idleMilliseconds != 0 }
            let after = try #require(host.state.withLock { $0.slots["text"]?.lastUsed })
            #expect(after > used)
        }
    }

    @Test func pinnedModelsStayAndAreTouched() async throws {
        let runtime = FakeTextRuntime()
        try await withTextHost(runtime) { host in
            try await load(host)
            let used = try lastUse(host)
            let lengths = TextPass.lengths(upTo: 32).count
            let sizes = host.state.withLock { $0.slots["text"]?.queue.passSizes.filter { $0 > 1 }.count } ?? 0
            // Each length, all weights once, and then each size of a pass.
            let prepared = lengths + 1 + sizes
            try await eventually("all sizes are prepared") { runtime.idlePasses.withLock { $0 } == prepared }
            keep(host, at: used + Limits.modelTouch - .milliseconds(1))
            #expect(host.state.withLock { $0.slots["text"]?.wantsTouch } == false)
            keep(host, at: used + Limits.modelTouch)
            try await eventually("the weights are read") { runtime.idlePasses.withLock { $0 } == prepared + 1 }
            keep(host, at: used + Limits.modelTouch + .seconds(1))
            #expect(host.state.withLock { $0.slots["text"]?.wantsTouch } == false, "once a minute")
            #expect(host.models().last?.inferences == 0, "that is no call")
            keep(host, at: used + .seconds(1_000_000))
            #expect(state(host) == .ready)
        }
    }

    @Test func theModelOfAnchorsStaysWhateverIsAsked() async throws {
        let policy = ResidencyPolicy(keepAlive: ["scatter": .idle(.seconds(1))])
        try await withTextHost(configure: { $0.policy = policy }) { host in
            await wait(host, for: "scatter", to: .ready)
            #expect(host.models().first?.keepAlive == .pinned)
            #expect(host.models().first?.group == nil, "it lives in the process that is always there")
            try await host.load("scatter", keepAlive: .idle(.zero), deadline: .now + .seconds(600))
            keep(host, at: .now + .seconds(1_000))
            #expect(host.isReady("scatter"))
            #expect(await code { try await host.unload("scatter") } == .conflict)
        }
    }

    @Test func unloadingAnswersWhoWaitsAndWhoComesLaterLoadsAgain() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        try await withTextHost(runtime) { host in
            try await load(host)
            async let first = host.embed(tokens(5))
            await runtime.passGate.arrival(1)
            async let second = host.embed(tokens(6))
            try await eventually("one waits") { host.models().last?.waiting == 1 }
            let changes = host.changes()
            async let gone: Void = host.unload("text")
            for await status in changes where status.id == "text" && status.state == .draining { break }
            #expect(await code { try await host.embed(tokens(7)) } == .modelNotReady)
            runtime.passGate.open()
            #expect(try await [first.token, second.token] == [5, 6])
            try await gone
            #expect(state(host) == .absent)
            try await host.unload("text")
            #expect(try await host.embed(tokens(7)).token == 7)
            #expect(await code { try await host.unload("nobody") } == .notFound)
        }
    }

    @Test func aLoadThatIsAskedForBeforeTheHostRunsIsGivenUpWhenItNeverDoes() async throws {
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fakeText())]), runtime: FakeTextRuntime(), codec: FakeCodec(),
            configuration: ModelHostConfiguration(), logger: .silent)
        try host.load("text")
        await host.drain()
        #expect(state(host) == .absent)
    }

    @Test func aLoadThatIsAskedForBeforeTheHostRunsIsDoneWhenItDoes() async throws {
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fakeText())]), runtime: FakeTextRuntime(), codec: FakeCodec(),
            configuration: ModelHostConfiguration(), logger: .silent)
        try host.load("text")
        #expect(state(host) == .loading, "who waits for it is not told that it is absent")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            try await load(host)
            #expect(state(host) == .ready)
            group.cancelAll()
        }
    }

    @Test func aLoadThatIsAskedForTheMomentTheLastOneFailedIsNotLost() async throws {
        let runtime = FakeRuntime()
        runtime.failing.withLock { $0 = ["a"] }
        try await withHost(["a"], runtime: runtime) { host in
            // Each failure is answered by the next load, from the listener that hears of it.
            var failures = 0
            for await status in host.changes() where status.state == .failed {
                failures += 1
                guard failures < 200 else { break }
                try host.load("a")
            }
            #expect(runtime.loads.withLock { $0.count } == 200)
        }
    }

    @Test func aLoadThatComesWhileAModelLeavesBringsItBack() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        try await withTextHost(runtime) { host in
            try await load(host)
            async let first = host.embed(tokens(5))
            await runtime.passGate.arrival(1)
            let changes = host.changes()
            async let gone: Void = host.unload("text")
            for await status in changes where status.id == "text" && status.state == .draining { break }
            async let back: Void = load(host)
            runtime.passGate.open()
            _ = try await first
            try await back
            #expect(host.models().last?.loads == 2)
            _ = try? await gone
        }
    }

    @Test func loadingSaysWhyItFails() async throws {
        let runtime = FakeRuntime()
        runtime.failing.withLock { $0 = ["b"] }
        try await withHost(["a", "b"], runtime: runtime, configure: { $0.preload = [] }) { host in
            let error = await #expect(throws: HearthError.self) {
                try await host.load("b", keepAlive: nil, deadline: .now + .seconds(600))
            }
            #expect(error?.code == .modelNotReady)
            #expect(error?.message.contains("The graph of b is broken.") == true)
            #expect(
                await code { try await host.load("c", keepAlive: nil, deadline: .now + .seconds(600)) } == .notFound)
        }
    }

    /// A codec that a test holds back.
    private struct HeldCodec: ImageCodec {
        let gate: Gate
        func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
            gate.pass()
            return try FakeCodec().decode(bytes, for: preprocessing)
        }

        func pixels(of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool) throws -> PixelPicture {
            gate.pass()
            return try FakeCodec().pixels(of: bytes, keeping: side, limit: limit, while: isWanted)
        }
    }

    @Test func callersWhoLeaveADrainingModelLetItGo() async throws {
        let gate = Gate()
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fake("scatter")), .usable(.fake("b"))]),
            runtime: FakeRuntime(), codec: HeldCodec(gate: gate), configuration: ModelHostConfiguration(),
            logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer {
                gate.open()
                group.cancelAll()
            }
            await wait(host, for: "b", to: .ready)
            try await withThrowingTaskGroup(of: Void.self) { calls in
                calls.addTask { _ = try? await host.embed(picture(1, model: "b")) }
                await gate.arrival(1)
                let changes = host.changes()
                async let gone: Void = host.unload("b")
                for await status in changes where status.id == "b" && status.state == .draining { break }
                // Its only call is in the codec's hands when its caller leaves.
                calls.cancelAll()
                await wait(host, for: "b", to: .absent)
                try await gone
            }
        }
    }

    @Test func callsThatAreLateDoNotKeepADrainingModel() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        let ahead = Locked(Duration.zero)
        try await withTextHost(runtime, configure: { $0.now = { .now + ahead.withLock { $0 } } }) { host in
            try await load(host)
            async let first = host.embed(tokens(5, within: 10_000))
            await runtime.passGate.arrival(1)
            async let second = code { try await host.embed(tokens(6, within: 1_000)) }
            try await eventually("the second one waits") { host.models().last?.waiting == 1 }
            let changes = host.changes()
            async let gone: Void = host.unload("text")
            for await status in changes where status.id == "text" && status.state == .draining { break }
            ahead.withLock { $0 = .seconds(2_000) }
            runtime.passGate.open()
            _ = try await first
            #expect(await second == .modelNotReady)
            await wait(host, for: "text", to: .absent)
            try await gone
            #expect(host.models().last?.inferences == 1, "nobody computes for a caller whose time is over")
        }
    }

    /// One that no thread has prepared yet is found late by the thread that would prepare it, and not by the model's.
    @Test func lateCallsThatWereNotPreparedDoNotKeepADrainingModel() async throws {
        let gate = Gate()
        let ahead = Locked(Duration.zero)
        var configuration = ModelHostConfiguration()
        configuration.decodeThreads = 1
        configuration.now = { .now + ahead.withLock { $0 } }
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fake("scatter")), .usable(.fake("b"))]),
            runtime: FakeRuntime(), codec: HeldCodec(gate: gate), configuration: configuration, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer {
                gate.open()
                group.cancelAll()
            }
            await wait(host, for: "b", to: .ready)
            async let first = host.embed(picture(1, model: "scatter", within: 10_000))
            await gate.arrival(1)
            async let late = code { try await host.embed(picture(2, model: "b", within: 1_000)) }
            try await eventually("it waits") { host.models().last?.waiting == 1 }
            let changes = host.changes()
            async let gone: Void = host.unload("b")
            for await status in changes where status.id == "b" && status.state == .draining { break }
            ahead.withLock { $0 = .seconds(2_000) }
            gate.open()
            _ = try await first
            #expect(await late == .modelNotReady)
            await wait(host, for: "b", to: .absent)
            try await gone
            #expect(host.models().last?.inferences == 0)
        }
    }

    @Test func callsBehindLateOnesArePreparedWhenThoseAreGone() async throws {
        let runtime = FakeRuntime(passGate: Gate())
        let ahead = Locked(Duration.zero)
        let limits = { (configuration: inout ModelHostConfiguration) in
            configuration.pictureLimit = 1
            configuration.batchLimit = 1
            configuration.now = { .now + ahead.withLock { $0 } }
        }
        try await withHost(["a"], runtime: runtime, configure: limits) { host in
            await wait(host, for: "a", to: .ready)
            async let first = host.embed(picture(1, within: 10_000))
            await runtime.passGate.arrival(1)
            // As many as are prepared ahead, and one behind them.
            async let second = code { try await host.embed(picture(2, within: 1_000)) }
            async let third = code { try await host.embed(picture(3, within: 1_000)) }
            try await eventually("two wait") { host.models().first?.waiting == 2 }
            async let last = host.embed(picture(4, within: 10_000))
            try await eventually("three wait") { host.models().first?.waiting == 3 }
            ahead.withLock { $0 = .seconds(2_000) }
            runtime.passGate.open()
            _ = try await first
            #expect(await [second, third] == [.deadlineExceeded, .deadlineExceeded])
            #expect(try await last.vector.count == 4)
        }
    }
}
