import HearthCore
import HearthInference

extension EmbeddingService {
    /// The vectors of many inputs, all or none, in waves that leave room for others in a model's queue.
    ///
    /// Each wave has the time of one call, counted from its own start.
    /// - Throws: ``HearthError`` of the first input that fails, by its number.
    func vectors(_ inputs: [EmbeddingInput], _ options: Options) async throws -> [EmbeddingResult] {
        guard inputs.count <= Limits.embeddingInputs else {
            throw HearthError(
                .invalidRequest, "There are \(inputs.count) inputs.",
                hint: "At most \(Limits.embeddingInputs) in one request.")
        }
        if let long = inputs.firstIndex(where: { $0.modality == .text && $0.byteCount > Limits.textBytes }) {
            throw HearthError(
                .invalidRequest, "The text \(long) is too long.", hint: "At most \(Limits.textBytes) bytes.")
        }
        var options = options
        var results: [EmbeddingResult] = []
        results.reserveCapacity(inputs.count)
        for start in stride(from: 0, to: inputs.count, by: Limits.embeddingWave) {
            if start > 0 {
                options.deadline = .now + Limits.inferenceDeadline
                options.keepAlive = nil
            }
            let wave = inputs[start..<min(start + Limits.embeddingWave, inputs.count)]
            for (index, result) in try await embed(Array(wave), options).enumerated() {
                results.append(try Self.value(of: result, number: start + index, of: inputs.count))
            }
        }
        return results
    }

    private static func value(
        of result: Result<EmbeddingResult, HearthError>, number: Int, of count: Int
    ) throws(HearthError) -> EmbeddingResult {
        do {
            return try result.get()
        } catch {
            guard count > 1 else { throw error }
            throw HearthError(
                error.code, "Input \(number): \(error.message)", hint: error.hint, retryAfter: error.retryAfter,
                cause: error.cause)
        }
    }
}
