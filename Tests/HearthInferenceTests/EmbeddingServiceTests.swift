import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthInference

/// What all embedding doors share: which model is meant, and how its vectors are cut and scaled.
@Suite struct EmbeddingServiceTests {
    private let calls = Locked<[String]>([])

    /// A service over a text model and two picture models; each vector is `[3, 4, 0, 12] / 13` of length 13.
    private func service(_ change: (inout ScriptedEngine) -> Void = { _ in }) -> EmbeddingService {
        let calls = calls
        var clip = ModelStatus.ready("clip", .imageTextEmbedding, dims: 4)
        clip.aliases = ["openai/clip-vit"]
        let models = [.ready("minilm", .textEmbedding, dims: 4), clip, .ready("scatter", .imageEmbedding, dims: 4)]
        var engine = ScriptedEngine(models, anchorModel: "scatter") { request in
            calls.withLock { $0.append("embed \(request.model ?? "-")") }
            let model = models.first { $0.id == request.model } ?? models[0]
            if request.input == .text("bad", role: nil) { throw HearthError(.invalidRequest, "Bad.") }
            var result = EmbeddingResult.of([3, 4, 0, 12].map { $0 / 13 }, by: model)
            result.norm = 13
            return result
        }
        engine.loading = { model, keepAlive in calls.withLock { $0.append("load \(model) \(keepAlive?.text ?? "-")") } }
        change(&engine)
        return EmbeddingService(engine: engine)
    }

    private var options: EmbeddingService.Options { .init(tenant: .local, deadline: .now + .seconds(600)) }
    private let picture = EmbeddingInput.image(Data([1]))
    private let text = EmbeddingInput.text("a", role: nil)

    private func close(_ left: [Float], _ right: [Float]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 }
    }

    private func code(_ body: () async throws -> some Any) async -> HearthError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func withoutANameEachInputGoesToAModelThatSeesIt() async throws {
        let results = try await service().embed([text, picture, text], options)
        #expect(try results.map { try $0.get().model.id } == ["minilm", "scatter", "minilm"])
    }

    @Test func aModelThatSeesBothTakesAMixture() async throws {
        var options = options
        options.model = "openai/clip-vit"
        let results = try await service().embed([text, picture], options)
        #expect(try results.map { try $0.get().model.id } == ["clip", "clip"])
        options.model = "minilm"
        #expect(await code { try await service().embed([text, picture], options) } == .invalidRequest)
        options.model = "nobody"
        #expect(await code { try await service().embed([text], options) } == .notFound)
    }

    @Test func oneInputThatFailsDoesNotFailTheOthers() async throws {
        let results = try await service().embed([text, .text("bad", role: nil), text], options)
        let codes = results.map { if case .failure(let error) = $0 { error.code } else { nil as HearthError.Code? } }
        #expect(codes == [nil, .invalidRequest, nil])
        let alone = try await service().embed([.text("bad", role: nil)], options)
        #expect(throws: HearthError.self) { try alone[0].get() }
        #expect(try await service().embed([], options).isEmpty)
    }

    @Test func vectorsAreCutAndScaled() async throws {
        func vector(_ dimensions: Int?, _ normalises: Bool) async throws -> EmbeddingResult {
            var options = options
            options.dimensions = dimensions
            options.normalises = normalises
            return try await service().embed([text], options)[0].get()
        }
        #expect(close(try await vector(nil, true).vector, [3, 4, 0, 12].map { $0 / 13 }))
        #expect(close(try await vector(nil, false).vector, [3, 4, 0, 12]))
        let cut = try await vector(2, true)
        #expect(close(cut.vector, [0.6, 0.8]) && cut.model.dims == 2 && abs(cut.norm - 5) < 1e-5)
        let raw = try await vector(2, false)
        #expect(close(raw.vector, [3, 4]) && raw.norm == 1)
        #expect(close(try await vector(4, true).vector, [3, 4, 0, 12].map { $0 / 13 }))
    }

    @Test(arguments: [0, -1, .min, 5, .max])
    func dimensionsThatAModelHasNotAreRefused(dimensions: Int) async {
        var options = options
        options.dimensions = dimensions
        let error = await #expect(throws: HearthError.self) { try await service().embed([text], options) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.hint == "1 to 4 are allowed.")
        #expect(calls.withLock { $0.isEmpty }, "no model is asked")
    }

    @Test(arguments: [0, -1])
    func dimensionsAreCountedEvenWhereNobodyKnowsHowManyThereAre(dimensions: Int) async {
        var options = options
        options.dimensions = dimensions
        let service = service { $0.statuses = [.ready("minilm", .textEmbedding)] }
        #expect(await code { try await service.embed([text], options) } == .invalidRequest)
    }

    @Test func aWishToKeepAModelLoadsItFirst() async throws {
        var options = options
        options.keepAlive = .idle(.seconds(300))
        _ = try await service().embed([text, text], options)
        #expect(calls.withLock { $0 } == ["load minilm 300s", "embed minilm", "embed minilm"])
    }

    @Test func anAbilityIsAskedOfTheFirstModelThatHasIt() async throws {
        let answers = try await service().answer([picture, picture], for: .embedImages, options)
        #expect(try answers.map { try $0.get().model?.id } == ["scatter", "scatter"])
        let texts = try await service().answer([text, .text("bad", role: nil)], for: .embedTexts, options)
        #expect(try texts[0].get().model?.id == "minilm")
        #expect(throws: HearthError.self, "one that fails does not fail the others") { try texts[1].get() }
    }

    @Test func anAbilityThatNoModelHasIsRefusedByItsName() async throws {
        var options = options
        let ability = ModelAbility(rawValue: "find birds")
        let nobody = await #expect(throws: HearthError.self) {
            try await service().answer([picture], for: ability, options)
        }
        #expect(nobody?.code == .notFound && nobody?.message == "There is no model that can find birds.")
        options.model = "clip"
        let other = await #expect(throws: HearthError.self) {
            try await service().answer([picture], for: ability, options)
        }
        #expect(other?.code == .invalidRequest && other?.message.contains("does not find birds") == true)
        #expect(calls.withLock { $0.isEmpty }, "no model is asked")
    }

    /// Clients of every protocol get this hint: a server without a model for texts has the built-in one only.
    @Test func whereNoModelReadsTextsTheHintSaysHowToGetOne() async throws {
        let pictures = EmbeddingService(engine: ScriptedEngine([.ready("scatter", .imageEmbedding, dims: 4)]))
        func hint(_ service: EmbeddingService, _ model: String?, _ ability: ModelAbility?) async throws -> String {
            let error = await #expect(throws: HearthError.self) {
                try await service.model(model, for: ability, until: .now + .seconds(600))
            }
            return try #require(error?.hint)
        }
        for (model, ability) in [("minilm", ModelAbility?.some(.embedTexts)), ("minilm", nil), (nil, .embedTexts)] {
            let said = try await hint(pictures, model, ability)
            #expect(said.contains("`make models`"), "\(said)")
            #expect(said.contains("`hearth models pull all-minilm-l6-v2`"), "\(said)")
        }
        #expect(try await hint(pictures, "minilm", nil).hasPrefix("There are: scatter. None of them can embed texts."))
        #expect(try await hint(pictures, "scatter", .embedTexts).contains("`make models`"))
        #expect(try await hint(service(), "e5", .embedTexts) == "There are: minilm, clip, scatter.")
    }

    @Test func productsGoToTheirModelOnlyAndToThatOfAnchorsWithoutOne() async throws {
        let own = service { $0.productModel = "clip" }
        #expect(try await own.embedProduct(Picture(Data([1])), options).model.id == "clip")
        #expect(try await own.embedAnchor(Picture(Data([1])), options).model.id == "scatter")
        #expect(try await service().embedProduct(Picture(Data([1])), options).model.id == "scatter")
        let gone = service { $0.productModel = "gone" }
        #expect(await code { try await gone.embedProduct(Picture(Data([1])), options) } == .notFound)
    }

    @Test func anchorsGoToTheirModelOnly() async throws {
        #expect(try await service().embedAnchor(Picture(Data([1])), options).model.id == "scatter")
        let without = service { $0.anchorModel = nil }
        #expect(await code { try await without.embedAnchor(Picture(Data([1])), options) } == .notFound)
    }

    @Test func aWorkerThatIsBeingStartedIsWaitedForUntilTheDeadline() async throws {
        /// An engine that knows nothing at first.
        struct LateEngine: InferenceEngine {
            let engine: ScriptedEngine
            let failures: Locked<Int>
            func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
                try await engine.answer(requests)
            }
            func defaultEmbedder() async throws -> ModelStatus? { nil }
            func productEmbedder() async throws -> ModelStatus? { nil }
            func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {}
            func unload(_ model: String) async throws {}
            func models() async throws -> [ModelStatus] {
                let isLate = failures.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if isLate { throw HearthError(.modelNotReady, "There is no worker yet.") }
                return try await engine.models()
            }
        }
        let engine = ScriptedEngine([.ready("minilm", .textEmbedding, dims: 4)])
        let late = EmbeddingService(
            engine: LateEngine(engine: engine, failures: Locked(3)), coldWait: .seconds(600))
        #expect(try await late.model("minilm", for: .embedTexts, until: .now + .seconds(600)).id == "minilm")
        let never = EmbeddingService(engine: LateEngine(engine: engine, failures: Locked(.max)))
        #expect(await code { try await never.model("minilm", for: .embedTexts, until: .now) } == .modelNotReady)
    }
}
