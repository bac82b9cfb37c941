import Foundation
import HearthCore
import HearthInference

/// From inputs as clients write them to vectors: what the protocols of embeddings share.
struct EmbeddingRunner: Sendable {
    typealias Outcome = Result<EmbeddingResult, HearthError>

    let service: EmbeddingService
    let metrics: EmbeddingMetrics
    /// Nil: URLs are refused.
    let fetcher: (any PictureFetcher)?

    /// The vectors of several inputs, in their order; one that fails does not fail the others.
    /// - Throws: ``HearthError`` when all of them fail for one reason (no such model, dimensions that it has not, no
    ///   worker), and `CancellationError`.
    func run(
        _ sources: [Result<EmbeddingSource, HearthError>], _ wishes: EmbeddingWishes, _ caller: EmbeddingCaller
    ) async throws -> [Outcome] {
        let inputs = try await fetch(sources, caller)
        var outcomes: [Int: Outcome] = [:]
        var refusals: [HearthError] = []
        var places: [Modality: [Int]] = [:]
        for (index, input) in inputs.enumerated() {
            switch input.flatMap(Self.checked) {
            case .success(let input): places[input.modality, default: []].append(index)
            case .failure(let error): outcomes[index] = .failure(error)
            }
        }
        for modality in Modality.allCases {
            guard let indices = places[modality] else { continue }
            let chosen = indices.compactMap { try? inputs[$0].get() }
            let (made, refusal) = try await waves(chosen, wishes.options(caller))
            if let refusal { refusals.append(refusal) }
            for (index, outcome) in zip(indices, made) { outcomes[index] = outcome }
        }
        if !places.isEmpty, refusals.count == places.count, let refusal = refusals.first { throw refusal }
        let ordered = inputs.indices.compactMap { outcomes[$0] }
        for outcome in ordered { metrics.record(outcome) }
        return ordered
    }

    /// As ``run(_:_:_:)``, for protocols in which one bad input fails all.
    func all(
        _ sources: [EmbeddingSource], _ wishes: EmbeddingWishes, _ caller: EmbeddingCaller
    ) async throws -> [EmbeddingResult] {
        try await run(sources.map { .success($0) }, wishes, caller).map { try $0.get() }
    }

    /// Does what these inputs need where nobody waits for the thread: a few on the one that runs already, all else on
    /// the cooperative ones.
    func place<Reply>(
        for sources: [EmbeddingSource], _ body: () async throws -> Reply
    ) async rethrows -> Reply {
        let isQuick =
            sources.count <= Limits.quickInputs
            && sources.allSatisfy { if case .url = $0 { false } else { true } }
        guard !isQuick else { return try await body() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
    }

    /// What is no picture by its structure is refused here, so that it costs the worker nothing.
    private static func checked(_ input: EmbeddingInput) -> Result<EmbeddingInput, HearthError> {
        guard case .image(let bytes) = input else { return .success(input) }
        return Result { () throws(HearthError) in
            _ = try ImageProbe.inspect(bytes)
            return input
        }
    }

    /// The vectors of inputs of one kind, some at a time.
    /// - Returns: with the error that refused all of them, when one did.
    private func waves(
        _ inputs: [EmbeddingInput], _ options: EmbeddingService.Options
    ) async throws -> ([Outcome], refusal: HearthError?) {
        var options = options
        var outcomes: [Outcome] = []
        while outcomes.count < inputs.count {
            let wave = Array(inputs[outcomes.count...].prefix(Limits.embeddingWave))
            do {
                outcomes += try await service.embed(wave, options)
            } catch let error as HearthError {
                let isFirst = outcomes.isEmpty
                outcomes += inputs[outcomes.count...].map { _ in .failure(error) }
                return (outcomes, isFirst ? error : nil)
            }
            options.keepAlive = nil
        }
        return (outcomes, nil)
    }

    private func fetch(
        _ sources: [Result<EmbeddingSource, HearthError>], _ caller: EmbeddingCaller
    ) async throws -> [Result<EmbeddingInput, HearthError>] {
        var inputs: [Int: Result<EmbeddingInput, HearthError>] = [:]
        var urls: [(index: Int, url: String)] = []
        for (index, source) in sources.enumerated() {
            switch source {
            case .success(.ready(let input)): inputs[index] = .success(input)
            case .success(.url(let url)): urls.append((index: index, url: url))
            case .failure(let error): inputs[index] = .failure(error)
            }
        }
        guard urls.count <= Limits.fetchesPerRequest else {
            throw HearthError(
                .invalidRequest, "The request has \(urls.count) URLs.",
                hint: "At most \(Limits.fetchesPerRequest); send the other pictures in base64.")
        }
        while !urls.isEmpty {
            let some = urls.prefix(Limits.fetchesAtOnce)
            urls.removeFirst(some.count)
            let answers = try await concurrentMap(some) { try await fetched($0.url, caller) }
            for (place, input) in zip(some, answers) { inputs[place.index] = input }
        }
        return sources.indices.compactMap { inputs[$0] }
    }

    private func fetched(_ url: String, _ caller: EmbeddingCaller) async throws -> Result<EmbeddingInput, HearthError> {
        guard let fetcher else {
            return .failure(
                HearthError(
                    .invalidRequest, "This server does not fetch URLs.",
                    hint: "Send the picture itself in base64, or allow it by the setting `fetchUrls`."))
        }
        do {
            let bytes = try await fetcher.fetch(url, limit: Limits.fetchedBytes, deadline: caller.deadline)
            try caller.reservation.grow(by: bytes.count)
            return .success(.image(bytes))
        } catch let error as HearthError {
            return .failure(error)
        }
    }
}
