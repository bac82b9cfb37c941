import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Texts through the host, by one stream and by two.
@Suite(.timeLimit(.minutes(2))) struct ModelHostTextTests {
    private func request(_ text: String, role: TextRole? = nil, truncates: Bool = true) -> InferenceRequest {
        InferenceRequest(
            model: "text", input: .text(text, role: role), truncates: truncates, deadline: .now + .seconds(600))
    }

    private func refusal(of request: InferenceRequest, by host: ModelHost) async -> HearthError.Code? {
        await code { try await host.embed(request) }
    }

    /// Waits until so many texts are prepared behind a pass, so that the second stream has been asked for.
    private func gather(_ count: Int, on host: ModelHost, _ runtime: FakeTextRuntime) async throws {
        try await eventually("\(count) texts are prepared") {
            host.state.withLock { $0.slots["text"]?.queue.decodedCount ?? 0 } >= count
        }
        try await eventually("the second stream is being loaded") { runtime.streams.withLock { $0.count } == 2 }
    }

    private func second(of host: ModelHost) -> ModelStreams.Second? {
        host.state.withLock { $0.slots["text"]?.streams.second }
    }

    @Test func textsArePreparedByTheModelsOwnTokeniser() async throws {
        try await withTextHost { host in
            let tokenizer = try TokenizerFixtures.tokenizer("wordpiece")
            let plain = tokenizer.encode("hearth", maximumTokens: 32)
            let result = try await host.embed(request("hearth"))
            #expect(result.tokens == plain.ids.count)
            let mean = plain.ids.reduce(0) { $0 + Double($1) } / Double(plain.ids.count)
            #expect(abs(Double(result.vector[0] / result.vector[1]) - mean) < 1e-3 * mean)
            #expect(result.model.id == "text" && result.model.dims == 4)
            let asked = try await host.embed(request("hearth", role: .query))
            #expect(asked.tokens == plain.ids.count + 1, "the prefix is one token")
            #expect(try await host.embed(request("hearth", role: .document)).tokens == plain.ids.count)
            #expect(try await host.embed(request("")).tokens == 2, "an empty text is its two special tokens")
        }
    }

    /// What a graph reads for an id that it does not have is not defined.
    @Test func tensorsOfTokensThatTheModelDoesNotHaveAreRefused() async throws {
        try await withTextHost { host in
            let size = Int64(try TokenizerFixtures.tokenizer("wordpiece").vocabularySize)
            func run(_ ids: [Int64], name: String = "input_ids") async -> HearthError.Code? {
                let tensors = [(name, ids), ("attention_mask", ids.map { _ in 1 })].map { name, values in
                    NamedTensor(name: name, tensor: Tensor(shape: [1, ids.count], elements: .int64(values)))
                }
                return await code {
                    try await host.answer([
                        InferenceRequest(.run(tensors), of: "text", deadline: .now + .seconds(600))
                    ])[0].get()
                }
            }
            #expect(await run([0, size - 1]) == nil)
            for id in [size, -1, .max, .min] { #expect(await run([0, id]) == .invalidRequest, "\(id)") }
        }
    }

    @Test func aPrefixThatLeavesNoRoomForATextIsRefusedAtTheLoad() throws {
        let tokenizer = try TokenizerFixtures.tokenizer("wordpiece")
        let length = tokenizer.encode("hearth ", maximumTokens: .max).ids.count
        for (tokens, isFine) in [(length + 1, true), (length, false), (1, false)] {
            let text = TextPreprocessing(tokenizer: "", maximumTokens: tokens, documentPrefix: "hearth ")
            let isLoaded = (try? text.checkPrefixes(with: tokenizer)) != nil
            #expect(isLoaded == isFine, "\(tokens) tokens")
        }
    }

    @Test func theTextModelOfTheConfigurationComesFirst() throws {
        func host(_ wanted: String?) -> ModelHost {
            var configuration = ModelHostConfiguration()
            configuration.textEmbedder = wanted
            return ModelHost(
                library: ModelLibrary(
                    entries: [.usable(.fake("scatter")), .usable(.fakeText("a")), .usable(.fakeText("b"))]),
                runtime: FakeTextRuntime(), codec: FakeCodec(), configuration: configuration, logger: .silent)
        }
        #expect(host(nil).models().map(\.id) == ["scatter", "a", "b"])
        #expect(host("b").models().map(\.id) == ["b", "scatter", "a"])
        #expect(host("b").defaultEmbedderID == "scatter", "pictures have their own")
        let missing = try #require(host("c").models().first)
        #expect(missing.id == "c" && missing.state == .failed, "it is not replaced silently")
        #expect(missing.kind == .textEmbedding && missing.reason?.contains("No model folder is named c") == true)
    }

    @Test func whatIsTooLongIsCutOrRefused() async throws {
        try await withTextHost { host in
            let long = String(repeating: "hearth ", count: 100)
            let cut = [try await host.embed(request(long)), try await host.embed(tokens(9, count: 500))]
            #expect(cut.map(\.tokens) == [32, 32])
            #expect(await refusal(of: request(long, truncates: false), by: host) == .invalidRequest)
            var whole = tokens(9, count: 33)
            whole.truncates = false
            #expect(await refusal(of: whole, by: host) == .invalidRequest)
            whole.input = .tokens(Array(repeating: 9, count: 32))
            let fits = try await host.embed(whole)
            #expect(fits.tokens == 32)
        }
    }

    @Test(arguments: [[], [-1], [1_001], [5, .max], [.min]] as [[Int32]])
    func idsOfAnotherVocabularyAreRefused(ids: [Int32]) async throws {
        try await withTextHost { host in
            let odd = InferenceRequest(model: "text", input: .tokens(ids), deadline: .now + .seconds(600))
            let error = await #expect(throws: HearthError.self) { try await host.embed(odd) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.hint?.contains("0 to 1000") == true)
        }
    }

    @Test func inputsGoToModelsThatSeeThem() async throws {
        try await withTextHost { host in
            #expect(await refusal(of: picture(1, model: "text"), by: host) == .invalidRequest)
            var wrong = request("hearth")
            wrong.model = "scatter"
            #expect(await refusal(of: wrong, by: host) == .invalidRequest)
            wrong.model = nil
            let answers = [try await host.embed(wrong), try await host.embed(picture(7))]
            #expect(answers.map(\.model.id) == ["text", "scatter"])
        }
    }

    @Test(arguments: 1...6)
    func everyCallerGetsItsOwnVectorWhileTheSecondStreamOpens(seed: UInt64) async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        var random = RepeatableRandom(seed: seed)
        let calls = (0..<400).map { _ in
            (
                id: Int32.random(in: 2...999, using: &random), count: Int.random(in: 1...40, using: &random),
                tenant: Tenant(rawValue: "t\(Int.random(in: 0..<3, using: &random))")
            )
        }
        try await withTextHost(runtime) { host in
            await wait(host, for: "text", to: .ready)
            let wrong = try await withThrowingTaskGroup(of: String?.self) { group in
                for (place, call) in calls.enumerated() {
                    if place == 1 { await runtime.passGate.arrival(1) }
                    group.addTask {
                        let result = try await host.embed(tokens(call.id, count: call.count, tenant: call.tenant))
                        return result.token == Int(call.id) && result.tokens == min(32, call.count)
                            ? nil : "\(call) got \(result.token)"
                    }
                }
                try await gather(20, on: host, runtime)
                runtime.passGate.open()
                return try await group.reduce(into: [String]()) { if let text = $1 { $0.append(text) } }
            }
            #expect(wrong.isEmpty, "seed \(seed): \(wrong.prefix(3))")
            #expect(runtime.streams.withLock { $0 } == [1, 2], "seed \(seed): the second stream was opened once")
            let status = try #require(host.models().last)
            #expect(status.inferences == 400 && status.waiting == 0 && status.passes ?? 400 < 400, "seed \(seed)")
            let shapes = runtime.passes.withLock { $0 }
            #expect(Set(shapes.map { $0[0] }).isSubset(of: [1, 2, 4, 8]), "seed \(seed)")
            #expect(shapes.contains { $0[0] > 1 }, "seed \(seed): some shared a pass")
        }
    }

    @Test func aSecondStreamThatCannotBeOpenedCostsNobodyAnAnswer() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        runtime.failsNarrow.withLock { $0 = true }
        try await withTextHost(runtime) { host in
            await wait(host, for: "text", to: .ready)
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 2...60 {
                    if id == 3 { await runtime.passGate.arrival(1) }
                    group.addTask { try await host.embed(tokens(Int32(id))).token == id }
                }
                try await gather(10, on: host, runtime)
                runtime.passGate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 59 && answers.allSatisfy(\.self))
            #expect(runtime.streams.withLock { $0 } == [1, 2], "it is tried once")
            #expect(try await host.embed(tokens(5)).token == 5)
        }
    }

    @Test func drainWithTwoStreamsAnswersAllAndFreesAll() async throws {
        let runtime = FakeTextRuntime(passGate: Gate())
        try await withTextHost(runtime) { host in
            await wait(host, for: "text", to: .ready)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 2...40 {
                    if id == 3 { await runtime.passGate.arrival(1) }
                    group.addTask { try await host.embed(tokens(Int32(id))).token == id }
                }
                try await eventually("the second stream is open") { second(of: host) == .open }
                try await eventually("all calls are in") {
                    let taken = runtime.passes.withLock { $0.reduce(0) { $0 + $1[0] } }
                    return taken + host.state.withLock { $0.slots["text"]?.queue.count ?? 0 } == 39
                }
                let changes = host.changes()
                async let drained: Void = host.drain()
                for await status in changes where status.id == "text" && status.state == .draining { break }
                runtime.passGate.open()
                let answers = try await group.reduce(into: [Bool]()) { $0.append($1) }
                #expect(answers.count == 39 && answers.allSatisfy(\.self))
                await drained
            }
            #expect(runtime.liveSessions.withLock { $0 } == 0)
        }
    }

    @Test func aSecondStreamThatOpensAfterTheModelHasLeftHoldsNoMemory() async throws {
        let runtime = FakeTextRuntime(narrowGate: Gate(), passGate: Gate())
        try await withTextHost(runtime) { host in
            await wait(host, for: "text", to: .ready)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for id in 2...10 {
                    if id == 3 { await runtime.passGate.arrival(1) }
                    group.addTask { try await host.embed(tokens(Int32(id))).token }
                }
                await runtime.narrowGate.arrival(1)
                runtime.passGate.open()
                let sum = try await group.reduce(0) { $0 + $1 }
                #expect(sum == 54)
            }
            try await host.unload("text")
            #expect(host.models().last?.state == .absent)
            runtime.narrowGate.open()
            try await eventually("the late stream is gone") { runtime.liveSessions.withLock { $0 } == 0 }
            #expect(try await host.embed(tokens(7)).token == 7, "and the model comes back")
        }
    }

    @Test func graphsOfOneInputAreGivenOne() async throws {
        let runtime = FakeTextRuntime(passGate: Gate(), batch: 1)
        try await withTextHost(runtime) { host in
            await wait(host, for: "text", to: .ready)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 2...30 {
                    if id == 3 { await runtime.passGate.arrival(1) }
                    group.addTask { try await host.embed(tokens(Int32(id))).token == id }
                }
                try await gather(10, on: host, runtime)
                runtime.passGate.open()
                for try await isRight in group { #expect(isRight) }
            }
            #expect(runtime.passes.withLock { $0.allSatisfy { $0[0] == 1 } })
        }
    }
}
