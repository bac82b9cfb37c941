import Foundation
package import HearthCore
import HearthHTTP
package import HearthInference

/// From inputs as clients write them to vectors: what all protocols of embeddings share.
package struct EmbeddingRunner: Sendable {
    typealias Outcome = Result<EmbeddingResult, HearthError>

    let service: EmbeddingService
    private let metrics: EmbeddingMetrics
    private let fetcher: (any PictureFetcher)?

    /// - Parameter fetcher: gets pictures behind URLs; nil: URLs are refused.
    package init(service: EmbeddingService, metrics: MetricsRegistry, fetcher: (any PictureFetcher)? = nil) {
        self.service = service
        self.metrics = EmbeddingMetrics(metrics)
        self.fetcher = fetcher
    }

    /// The vectors of several inputs, in their order; one that fails does not fail the others.
    ///
    /// They are computed in chunks, so that they do not fill a model's queue. Each chunk has the time of one call,
    /// counted from its own start, unless the request said how long it waits.
    /// - Parameter share: the body's share of the budget; pictures that are fetched are added to it.
    /// - Throws: ``HearthError`` when all of them fail for one reason (no such model, dimensions that it has not, no
    ///   worker), and `CancellationError`.
    func run(
        _ sources: [Result<EmbeddingSource, HearthError>], _ wishes: EmbeddingWishes, for call: DoorCall,
        sharing share: BodyReservation?
    ) async throws -> [Outcome] {
        try await embed(fetch(sources, call, share).map { $0.flatMap(Self.checked) }, wishes, for: call)
    }

    private func embed(
        _ inputs: [Result<EmbeddingInput, HearthError>], _ wishes: EmbeddingWishes, for call: DoorCall
    ) async throws -> [Outcome] {
        var outcomes: [Int: Outcome] = [:]
        var refusals: [HearthError] = []
        var places: [Modality: [Int]] = [:]
        for (index, input) in inputs.enumerated() {
            switch input {
            case .success(let input): places[input.modality, default: []].append(index)
            case .failure(let error): outcomes[index] = .failure(error)
            }
        }
        for modality in Modality.allCases {
            guard let indices = places[modality] else { continue }
            let chosen = indices.compactMap { try? inputs[$0].get() }
            let (made, refusal) = try await chunks(chosen, wishes.options(call), isBounded: call.hasOwnDeadline)
            if let refusal { refusals.append(refusal) }
            for (index, outcome) in zip(indices, made) { outcomes[index] = outcome }
        }
        if !places.isEmpty, refusals.count == places.count, let refusal = refusals.first {
            metrics.record(.failure(refusal))
            throw refusal
        }
        let ordered = inputs.indices.compactMap { outcomes[$0] }
        for outcome in ordered { metrics.record(outcome) }
        return ordered
    }

    /// As ``run(_:_:for:sharing:)``, for protocols in which one bad input fails all.
    /// - Parameter isNumbered: whether an error says which of several inputs it is about.
    /// - Throws: ``HearthError`` of the first input that fails.
    func all(
        _ sources: [EmbeddingSource], _ wishes: EmbeddingWishes, for call: DoorCall, sharing share: BodyReservation?,
        isNumbered: Bool = false
    ) async throws -> [EmbeddingResult] {
        let inputs = try await fetch(sources.map { .success($0) }, call, share).map { $0.flatMap(Self.checked) }
        let isNumbered = isNumbered && inputs.count > 1
        // Nothing is computed when one of them cannot be.
        _ = try Self.values(inputs, isNumbered: isNumbered)
        return try Self.values(await embed(inputs, wishes, for: call), isNumbered: isNumbered)
    }

    private static func values<Value>(
        _ results: [Result<Value, HearthError>], isNumbered: Bool
    ) throws(HearthError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(results.count)
        for (number, result) in results.enumerated() {
            do {
                values.append(try result.get())
            } catch {
                guard isNumbered else { throw error }
                throw HearthError(
                    error.code, "Input \(number): \(error.message)", hint: error.hint, retryAfter: error.retryAfter,
                    details: error.details, cause: error.cause)
            }
        }
        return values
    }

    /// Runs the body on a thread for which no other work waits: a few on the one that runs already, all else on
    /// those for requests.
    func place<Reply>(
        for sources: [EmbeddingSource], _ body: () async throws -> Reply
    ) async rethrows -> Reply {
        let isQuick =
            sources.count <= Limits.quickInputs
            && sources.allSatisfy { if case .url = $0 { false } else { true } }
        guard !isQuick else { return try await body() }
        return try await withTaskExecutorPreference(RequestThreads.shared, operation: body)
    }

    /// What is too long, or no picture by its structure, is refused here, so that it costs the worker nothing.
    private static func checked(_ input: EmbeddingInput) -> Result<EmbeddingInput, HearthError> {
        Result { () throws(HearthError) in
            switch input {
            case .image(let picture): _ = try ImageProbe.inspect(picture.bytes)
            case .text(let text, _):
                guard text.utf8.count <= Limits.textBytes else {
                    throw HearthError(
                        .invalidRequest, "The text is too long.", hint: "At most \(Limits.textBytes) bytes.")
                }
            case .tokens: break
            }
            return input
        }
    }

    /// The vectors of inputs of one kind, some at a time.
    /// - Returns: with the error that refused all of them, when one did.
    /// - Parameter isBounded: all chunks together have the time of one call.
    private func chunks(
        _ inputs: [EmbeddingInput], _ options: EmbeddingService.Options, isBounded: Bool
    ) async throws -> ([Outcome], refusal: HearthError?) {
        var options = options
        var outcomes: [Outcome] = []
        while outcomes.count < inputs.count {
            if !isBounded, !outcomes.isEmpty { options.deadline = .now + Limits.inferenceDeadline }
            let chunk = Array(inputs[outcomes.count...].prefix(Limits.embeddingChunk))
            do {
                outcomes += try await service.embed(chunk, options)
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
        _ sources: [Result<EmbeddingSource, HearthError>], _ call: DoorCall, _ share: BodyReservation?
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
            let answers = try await concurrentMap(some) { try await fetched($0.url, call, share) }
            for (place, input) in zip(some, answers) { inputs[place.index] = input }
        }
        return sources.indices.compactMap { inputs[$0] }
    }

    private func fetched(
        _ url: String, _ call: DoorCall, _ share: BodyReservation?
    ) async throws -> Result<EmbeddingInput, HearthError> {
        guard let fetcher else {
            return .failure(
                HearthError(
                    .invalidRequest, "This server does not fetch URLs.",
                    hint: "Send the picture itself in base64, or allow it by the setting `fetchUrls`."))
        }
        do {
            let bytes = try await fetcher.fetch(url, limit: Limits.fetchedBytes, deadline: call.deadline)
            try share?.grow(by: bytes.count)
            return .success(.image(bytes))
        } catch let error as HearthError {
            return .failure(error)
        }
    }
}
