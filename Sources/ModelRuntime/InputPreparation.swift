import HearthCore
import HearthInference
import HearthModelLibrary

/// What turns the inputs of one model into what goes into its graph.
struct InputPreparation {
    let folder: ModelFolder
    let codec: any ImageCodec
    /// Nil for models that read no texts.
    let tokenizer: Tokenizer?

    /// - Throws: ``HearthError`` `invalid_request`, and what the codec throws.
    func content(of question: InferenceCall.Question) throws -> PreparedInput.Content {
        switch question {
        case .tensors(let tensors, let outputs): return .tensors(tensors, outputs: outputs)
        case .embedding(.image(let bytes), _):
            guard let image = folder.manifest.image else { throw wrongKind }
            return .picture(try codec.decode(bytes, for: image))
        case .embedding(.text(let text, let role), let truncates):
            guard let preprocessing = folder.manifest.text, let tokenizer else { throw wrongKind }
            let encoding = tokenizer.encode(
                preprocessing.prefix(for: role) + text, maximumTokens: preprocessing.maximumTokens, countsAll: false)
            if encoding.isTruncated, !truncates { throw tooLong(limit: preprocessing.maximumTokens) }
            return .text(encoding.ids)
        case .embedding(.tokens(let tokens), let truncates):
            guard let preprocessing = folder.manifest.text, let tokenizer else { throw wrongKind }
            guard !tokens.isEmpty, tokens.allSatisfy({ (0..<tokenizer.vocabularySize).contains(Int($0)) }) else {
                throw HearthError(
                    .invalidRequest, "The token ids are not of this model's vocabulary.",
                    hint: "At least one, each from 0 to \(tokenizer.vocabularySize - 1).")
            }
            if tokens.count > preprocessing.maximumTokens, !truncates {
                throw tooLong(limit: preprocessing.maximumTokens)
            }
            return .text(Array(tokens.prefix(preprocessing.maximumTokens)))
        }
    }

    private var wrongKind: HearthError {
        HearthError(.invalidRequest, "The model \(folder.id) does not take such input.")
    }

    private func tooLong(limit: Int) -> HearthError {
        HearthError(
            .invalidRequest, "The text is too long for the model \(folder.id).",
            hint: "At most \(limit) tokens; with `truncate` the end is cut off.")
    }
}
