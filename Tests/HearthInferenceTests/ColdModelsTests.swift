import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

/// Callers of models that are not in memory wait a bounded time, and are told how far the models are.
@Suite struct ColdModelsTests {
    private static func model(_ state: ModelState, took milliseconds: Double? = nil) -> ModelStatus {
        var model = ModelStatus.ready("minilm", .textEmbedding, dims: 2)
        model.state = state
        model.loadMilliseconds = milliseconds
        return model
    }

    /// A service whose engine answers nothing until the deadline of a call, and then this.
    private func service(_ model: ModelStatus, wait: Duration, _ code: HearthError.Code) -> EmbeddingService {
        let engine = ScriptedEngine([model]) { request in
            try await Task.sleep(until: request.deadline, clock: .continuous)
            throw HearthError(code, "No answer.", retryAfter: 1)
        }
        return EmbeddingService(engine: engine, coldWait: wait)
    }

    private func failure(of service: EmbeddingService, within limit: Duration = .seconds(600)) async -> HearthError? {
        let options = EmbeddingService.Options(tenant: .local, deadline: .now + limit)
        return await #expect(throws: HearthError.self) {
            try await service.embed([.text("a", role: nil)], options)
        }
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            (ModelState.absent, "loading"), (.loading, "loading"), (.warming, "warming"), (.draining, "loading"),
        ])
    func aCallTellsHowFarAModelIs(state: ModelState, told: String) async throws {
        for code in [HearthError.Code.deadlineExceeded, .modelNotReady] {
            let error = try #require(await failure(of: service(Self.model(state), wait: .milliseconds(20), code)))
            #expect(error.code == .modelNotReady)
            #expect(error.retryAfter.map { $0 >= 1 } == true)
            #expect(
                error.details == [
                    "loading": ["model": "minilm", "state": .string(told), "progress": nil, "eta_seconds": nil]
                ])
        }
    }

    @Test func itsLastLoadSaysHowLongItTakes() async throws {
        let service = service(Self.model(.loading, took: 8_000_000), wait: .milliseconds(20), .deadlineExceeded)
        let loading = try #require(await failure(of: service)?.details?["loading"])
        let progress = try #require(loading["progress"]?.doubleValue)
        #expect(progress > 0 && progress < 1)
        let rest = try #require(loading["eta_seconds"]?.integerValue)
        #expect((1...8_000).contains(rest))
        // A second caller counts from when the first one saw it.
        let later = try #require(await failure(of: service)?.details?["loading"]?["progress"]?.doubleValue)
        #expect(later > progress)
    }

    @Test func aModelThatTakesLongerThanEverIsNeverDone() async throws {
        let service = service(Self.model(.loading, took: 1), wait: .milliseconds(20), .deadlineExceeded)
        let error = try #require(await failure(of: service))
        #expect(error.details?["loading"]?["progress"] == 0.99)
        #expect(error.details?["loading"]?["eta_seconds"] == 1)
        #expect(error.retryAfter == 1)
    }

    @Test func aModelThatIsReadyHasTheWholeTimeOfACall() async throws {
        let service = service(Self.model(.ready), wait: .zero, .deadlineExceeded)
        let start = ContinuousClock.now
        let options = EmbeddingService.Options(tenant: .local, deadline: start + .milliseconds(200))
        let results = try await service.embed([.text("a", role: nil)], options)
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        guard case .failure(let error) = try #require(results.first) else {
            Issue.record("a vector where none was made")
            return
        }
        #expect(error.code == .deadlineExceeded)
    }

    @Test(arguments: [HearthError.Code.overloaded, .invalidRequest, .internalError])
    func otherErrorsStayAsTheyAre(code: HearthError.Code) async throws {
        let options = EmbeddingService.Options(tenant: .local, deadline: .now + .seconds(600))
        let results = try await service(Self.model(.loading), wait: .milliseconds(5), code)
            .embed([.text("a", role: nil)], options)
        guard case .failure(let error) = try #require(results.first) else {
            Issue.record("a vector where none was made")
            return
        }
        #expect(error.code == code && error.details == nil)
    }
}
