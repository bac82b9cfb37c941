import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Logging
import Synchronization
import Testing

@testable import HearthModelRuntime

extension Logger {
    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// Tells when a model has come to a state.
func wait(_ host: ModelHost, for model: String, to be: ModelState) async {
    for await status in host.changes() where status.id == model && status.state == be { return }
}

/// A host over fakes, run for as long as the body lasts.
func withHost(
    _ models: [String], runtime: FakeRuntime = FakeRuntime(), dims: Int = 4, refused: [ModelLibrary.Refusal] = [],
    skipped: [ModelLibrary.Refusal] = [],
    configure: (inout ModelHostConfiguration) -> Void = { _ in }, _ body: (ModelHost) async throws -> Void
) async throws {
    var configuration = ModelHostConfiguration()
    configuration.pictureLimit = 8
    configure(&configuration)
    let entries =
        models.map { ModelLibrary.Entry.usable(.fake($0, dims: dims)) }
        + refused.map { ModelLibrary.Entry.refused($0) } + skipped.map { ModelLibrary.Entry.skipped($0) }
    let host = ModelHost(
        library: ModelLibrary(entries: entries), runtime: runtime, codec: FakeCodec(),
        configuration: configuration, logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await host.run() }
        defer {
            // A body that failed half-way must not leave threads before closed gates.
            runtime.loadGate.open()
            runtime.passGate.open()
            group.cancelAll()
        }
        try await body(host)
    }
    #expect(runtime.liveSessions.load(ordering: .sequentiallyConsistent) == 0, "models are freed when run() has ended")
}

func picture(_ value: UInt8, model: String? = nil, within seconds: Double = 600) -> InferenceRequest {
    InferenceRequest(model: model, input: .image(Data([value])), deadline: .now.advanced(by: .seconds(seconds)))
}

/// A job's picture: it waits behind those that a client waits for.
func job(_ value: UInt8) -> InferenceRequest {
    var request = picture(value)
    request.priority = .background
    return request
}

func code(_ body: () async throws -> some Any) async -> HearthError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? HearthError)?.code
    }
}

@Suite(.timeLimit(.minutes(3))) struct ModelHostTests {
    @Test func loadsTheDefaultEmbedderFirstAndAnswers() async throws {
        let runtime = FakeRuntime()
        try await withHost(["a", "scatter", "b"], runtime: runtime, configure: { $0.parallelLoads = 1 }) { host in
            #expect(host.defaultEmbedderID == "scatter")
            let result = try await host.embed(picture(3))
            #expect(result.model == host.defaultEmbedder()?.identity)
            #expect(result.model.id == "scatter")
            let norm = Float(10).squareRoot()
            #expect(zip(result.vector, [3 / norm, 1 / norm, 0, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
            #expect(result.timings.batch == 1)
            for model in ["a", "scatter", "b"] { await wait(host, for: model, to: .ready) }
            #expect(runtime.loads.withLock { $0 } == ["scatter", "a", "b"])
            #expect(host.models().map(\.id) == ["a", "scatter", "b"])
            #expect(host.models().map(\.inferences) == [0, 1, 0])
        }
    }

    @Test func changesTellTheWholeStoryOfALoad() async throws {
        let runtime = FakeRuntime(loadGate: Gate())
        try await withHost(["a"], runtime: runtime) { host in
            await runtime.loadGate.arrival(1)
            let changes = host.changes()
            runtime.loadGate.open()
            var states: [ModelState] = []
            for await status in changes {
                states.append(status.state)
                if status.state == .ready { break }
            }
            #expect(states == [.loading, .warming, .ready])
        }
    }

    @Test func callsToAnAbsentModelShareOneLoad() async throws {
        let runtime = FakeRuntime()
        try await withHost(["scatter", "other"], runtime: runtime, configure: { $0.preload = [] }) { host in
            await wait(host, for: "scatter", to: .ready)
            #expect(!host.isReady("other"))
            let values = try await withThrowingTaskGroup(of: EmbeddingResult.self) { group in
                for value in 1...20 { group.addTask { try await host.embed(picture(UInt8(value), model: "other")) } }
                return try await group.reduce(into: []) { $0.append($1.vector[0] / $1.vector[1]) }
            }
            #expect(values.map { Int($0.rounded()) }.sorted() == Array(1...20), "each caller gets his own vector")
            #expect(runtime.loads.withLock { $0 } == ["scatter", "other"])
        }
    }

    @Test func failedLoadSaysWhyAndTheOthersGoOn() async throws {
        let runtime = FakeRuntime()
        runtime.failing.withLock { $0 = ["bad"] }
        try await withHost(["bad", "good"], runtime: runtime) { host in
            await wait(host, for: "bad", to: .failed)
            let error = await #expect(throws: HearthError.self) { try await host.embed(picture(1, model: "bad")) }
            #expect(error?.code == .modelNotReady)
            #expect(error?.message.contains("The graph of bad is broken.") == true)
            #expect(host.models().first?.reason == "The graph of bad is broken.")
            #expect(try await host.embed(picture(1, model: "good")).model.id == "good")

            runtime.failing.withLock { $0 = [] }
            try host.load("bad")
            #expect(try await host.embed(picture(1, model: "bad")).model.id == "bad")
        }
    }

    @Test func callersWhoWaitForALoadThatFailsAreTold() async throws {
        let runtime = FakeRuntime(loadGate: Gate())
        runtime.failing.withLock { $0 = ["a"] }
        try await withHost(["a"], runtime: runtime) { host in
            await runtime.loadGate.arrival(1)
            async let answer = code { try await host.embed(picture(1)) }
            await entered(1, in: "a", of: host)
            runtime.loadGate.open()
            #expect(await answer == .modelNotReady)
        }
    }

    @Test func callThatWaitsForAModelBeyondItsDeadlineGetsModelNotReady() async throws {
        let runtime = FakeRuntime(loadGate: Gate())
        try await withHost(["a"], runtime: runtime) { host in
            await runtime.loadGate.arrival(1)
            let error = await #expect(throws: HearthError.self) { try await host.embed(picture(1, within: 0.02)) }
            #expect(error?.code == .modelNotReady)
            #expect(error?.retryAfter != nil)
            runtime.loadGate.open()
            await wait(host, for: "a", to: .ready)
            _ = try await host.embed(picture(2))
            #expect(runtime.passes.withLock { $0 } == [[2]], "nobody computes for a caller who has left")
        }
    }

    @Test func unknownModelIsNotFound() async throws {
        try await withHost(["a"]) { host in
            #expect(await code { try await host.embed(picture(1, model: "nobody")) } == .notFound)
            #expect(throws: HearthError.self) { try host.load("nobody") }
        }
        try await withHost([]) { host in
            #expect(host.defaultEmbedder() == nil)
            #expect(await code { try await host.embed(picture(1)) } == .notFound)
        }
    }

    @Test func configuredEmbedderThatIsMissingIsListedAndNeverReplaced() async throws {
        try await withHost(["scatter"], configure: { $0.defaultEmbedder = "clip" }) { host in
            await wait(host, for: "scatter", to: .ready)
            #expect(host.defaultEmbedder()?.state == .failed)
            #expect(host.defaultEmbedder()?.reason?.contains("clip") == true)
            #expect(await code { try await host.embed(picture(1)) } == .modelNotReady)
            #expect(!host.isReady())
        }
    }

    @Test func productsHaveAModelOfTheirOwnWhichIsLoadedSecond() async throws {
        let runtime = FakeRuntime()
        try await withHost(
            ["a", "scatter", "b"], runtime: runtime,
            configure: {
                $0.parallelLoads = 1
                $0.productEmbedder = "b"
            }
        ) { host in
            for model in ["a", "scatter", "b"] { await wait(host, for: model, to: .ready) }
            #expect(runtime.loads.withLock { $0 } == ["scatter", "b", "a"])
            #expect(host.defaultEmbedderID == "scatter" && host.productEmbedder()?.id == "b")
            let unnamed = try await host.embed(picture(1))
            #expect(unnamed.model.id == "scatter", "what names no model is not theirs")
        }
        try await withHost(["scatter"]) { host in #expect(host.productEmbedder()?.id == "scatter") }
        try await withHost(["scatter"], configure: { $0.productEmbedder = "clip" }) { host in
            #expect(host.productEmbedder()?.state == .failed, "it is not replaced silently")
            #expect(host.productEmbedder()?.reason?.contains("clip") == true)
        }
    }

    @Test func refusedFoldersAreListedWithTheirReason() async throws {
        let refusal = ModelLibrary.Refusal(id: "odd", kind: .unknown, reason: "It has no model.json.")
        try await withHost(["a"], refused: [refusal]) { host in
            #expect(host.models().last?.state == .failed)
            #expect(host.models().last?.reason == "It has no model.json.")
            #expect(await code { try await host.embed(picture(1, model: "odd")) } == .modelNotReady)
            try host.load("odd")
            #expect(host.models().last?.state == .failed)
        }
    }

    @Test func skippedFoldersAreListedAndMissedByNobody() async throws {
        let refusal = ModelLibrary.Refusal(id: "faces", kind: .faceDetection, reason: "It is not served yet.")
        try await withHost(["a"], skipped: [refusal]) { host in
            await wait(host, for: "a", to: .ready)
            func status() -> EngineStatus {
                EngineStatus(
                    worker: "w", pid: 1, models: host.models(), defaultEmbedder: host.defaultEmbedderID,
                    memoryBytes: 0, endedJobs: 0)
            }
            #expect(host.models().map(\.state) == [.ready, .skipped])
            #expect(host.models().last?.reason == "It is not served yet.")
            #expect(status().isSettled)
            #expect(status().lostModels.isEmpty)
            #expect(await code { try await host.embed(picture(1, model: "faces")) } == .modelNotReady)
            try host.load("faces")
            #expect(host.models().last?.state == .skipped)
        }
    }

    @Test func aSkippedFolderIsMissedWhenAnchorsNeedIt() async throws {
        let refusal = ModelLibrary.Refusal(id: "faces", kind: .faceDetection, reason: "It is not served yet.")
        try await withHost(["a"], skipped: [refusal], configure: { $0.defaultEmbedder = "faces" }) { host in
            await wait(host, for: "a", to: .ready)
            let status = EngineStatus(
                worker: "w", pid: 1, models: host.models(), defaultEmbedder: host.defaultEmbedderID, memoryBytes: 0,
                endedJobs: 0)
            #expect(status.lostModels.map(\.id) == ["faces"])
        }
    }

    @Test func modelThatGivesOtherDimensionsThanItsManifestFails() async throws {
        try await withHost(["a"], runtime: FakeRuntime(dims: 5)) { host in
            await wait(host, for: "a", to: .failed)
            #expect(host.models().first?.reason?.contains("5 values; model.json says 4") == true)
        }
    }

    @Test func compiledGraphsOfEarlierWeightsAreRemoved() async throws {
        let cache = FileManager.default.temporaryDirectory.appendingPathComponent("hearth-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: cache) }
        let current = "a/\(ModelFolder.fake("a").digest.prefix(16))"
        for folder in ["a/earlier", current, "b/other"] {
            try FileManager.default.createDirectory(
                at: cache.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        try await withHost(["a"], configure: { $0.cacheFolder = cache.path }) { host in
            await wait(host, for: "a", to: .ready)
            let exists = ["a/earlier", current, "b/other"].map {
                FileManager.default.fileExists(atPath: cache.appendingPathComponent($0).path)
            }
            #expect(exists == [false, true, true])
        }
    }

    @Test func damagedPictureFailsAlone() async throws {
        try await withHost(["a"]) { host in
            var damaged = job(0)
            damaged.input = .image(FakeCodec.damaged)
            async let before = host.embed(job(1))
            async let refusal = code { [damaged] in try await host.embed(damaged) }
            async let after = host.embed(job(2))
            let vectors = try await [before.vector, after.vector]
            #expect(vectors[0][0] < vectors[1][0])
            #expect(await refusal == .invalidImage)
        }
    }

    @Test func eachOfManyPicturesGetsItsOwnVector() async throws {
        try await withHost(["a"]) { host in
            let values = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for value in 1...200 {
                    group.addTask {
                        let vector = try await host.embed(job(UInt8(value))).vector
                        return (value, Int((vector[0] / vector[1]).rounded()))
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
            }
            #expect(values == Dictionary(uniqueKeysWithValues: (1...200).map { ($0, $0) }))
            #expect(host.models().first?.inferences == 200)
        }
    }

    @Test func secondRunReturnsAtOnce() async throws {
        try await withHost(["a"]) { host in
            await wait(host, for: "a", to: .ready)
            await host.run()
            _ = try await host.embed(picture(1))
        }
    }
}

/// Returns when so many calls are in a model's queue; they get there on other tasks, at no known time.
func entered(_ count: Int, in model: String, of host: ModelHost) async {
    while host.state.withLock({ $0.slots[model]?.queue.count ?? 0 }) < count {
        try? await Task.sleep(for: .milliseconds(1))
    }
}
