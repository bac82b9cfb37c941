import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

/// Vectors as Hearth itself answers.
enum NativeReply {
    /// One vector, and where its time went.
    static func one(_ result: EmbeddingResult, _ encoding: VectorEncoding, total: Duration) -> Response {
        var text = VectorText()
        text.raw("{")
        write(result, encoding, total: total, to: &text)
        text.raw("}")
        return text.response()
    }

    /// The outcome of each input; `model` stands outside when it is the same for all.
    static func batch(
        _ outcomes: [EmbeddingRunner.Outcome], _ encoding: VectorEncoding, total: Duration
    ) -> Response {
        let models = Set(outcomes.compactMap { try? $0.get().model })
        let failed = outcomes.count { (try? $0.get()) == nil }
        var text = VectorText()
        text.raw(#"{"model":"#)
        text.value(models.count == 1 ? models.first.map(identity) ?? .null : .null)
        text.raw(#","results":"#)
        text.list(Array(outcomes.enumerated())) { text, entry in
            text.raw(#"{"index":"#)
            text.value(.int(Int64(entry.offset)))
            text.raw(",")
            switch entry.element {
            case .success(let result): write(result, encoding, total: nil, to: &text)
            case .failure(let error):
                text.raw(#""error":"#)
                text.value(Self.error(error))
            }
            text.raw("}")
        }
        text.raw(#","failed":"#)
        text.value(.int(Int64(failed)))
        text.raw(#","total_ms":"#)
        text.value(.double(total.fractionalMilliseconds))
        text.raw("}")
        return text.response()
    }

    /// An error as an element of a batch: what the whole answer would have said.
    static func error(_ error: HearthError) -> JSONValue {
        [
            "code": .string(error.code.rawValue), "message": .string(error.message),
            "hint": .string(error.hint ?? ErrorTable.hint(for: error.code)),
        ]
    }

    private static func identity(_ model: ModelIdentity) -> JSONValue {
        [
            "id": .string(model.id), "digest": .string(model.digest), "dims": .int(Int64(model.dims)),
            "precision": .string(model.precision),
        ]
    }

    private static func write(
        _ result: EmbeddingResult, _ encoding: VectorEncoding, total: Duration?, to text: inout VectorText
    ) {
        text.raw(#""model":"#)
        text.value(identity(result.model))
        text.raw(#","embedding":"#)
        text.vector(result.vector, as: encoding)
        text.raw(#","tokens":"#)
        text.value(.int(Int64(result.tokens)))
        text.raw(#","cached":"#)
        text.value(.bool(result.isCached))
        var timings: JSONValue = [
            "decode": .double(result.timings.decode.fractionalMilliseconds),
            "queue": .double(result.timings.queue.fractionalMilliseconds),
            "compute": .double(result.timings.compute.fractionalMilliseconds),
        ]
        if let total { timings["total"] = .double(total.fractionalMilliseconds) }
        text.raw(#","timings_ms":"#)
        text.value(timings)
        text.raw(#","batch":"#)
        text.value(.int(Int64(result.timings.batch)))
    }
}
