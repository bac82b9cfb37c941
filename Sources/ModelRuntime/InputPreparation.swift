import HearthCore
import HearthInference
import HearthModelLibrary

/// What turns the inputs of one model into what goes into its graph.
struct InputPreparation {
    let folder: ModelFolder
    let codec: any ImageCodec
    /// Nil for models that read no texts.
    let tokenizer: Tokenizer?

    /// - Parameter isWanted: asked while a picture is decoded; false ends that.
    /// - Throws: ``HearthError`` `invalid_request`, and what the codec throws.
    func content(
        of question: InferenceQuestion, while isWanted: () -> Bool = { true }
    ) throws -> PreparedInput.Content {
        if case .run(let tensors, let outputs) = question {
            if let tokenizer { try Self.checkTokens(tensors, vocabulary: tokenizer.vocabularySize) }
            return .tensors(tensors, outputs: outputs)
        }
        switch question.input {
        case .image(let picture):
            guard let image = folder.manifest.image else { throw wrongKind }
            // Only what reads places off a picture has to know how large it is.
            let frame = try folder.manifest.postprocess.map { _ in PictureFrame(try ImageProbe.inspect(picture.bytes)) }
            return .picture(try codec.decode(picture.bytes, for: image, while: isWanted), frame: frame)
        case .text(let text, let role):
            guard let preprocessing = folder.manifest.text, let tokenizer else { throw wrongKind }
            let encoding = tokenizer.encode(
                preprocessing.prefix(for: role) + text, maximumTokens: preprocessing.maximumTokens, countsAll: false)
            if encoding.isTruncated, !question.truncates { throw tooLong(limit: preprocessing.maximumTokens) }
            return .text(encoding.ids)
        case .tokens(let tokens):
            guard let preprocessing = folder.manifest.text, let tokenizer else { throw wrongKind }
            guard !tokens.isEmpty, tokens.allSatisfy({ (0..<tokenizer.vocabularySize).contains(Int($0)) }) else {
                throw HearthError(
                    .invalidRequest, "The token ids are not of this model's vocabulary.",
                    hint: "At least one, each from 0 to \(tokenizer.vocabularySize - 1).")
            }
            if tokens.count > preprocessing.maximumTokens, !question.truncates {
                throw tooLong(limit: preprocessing.maximumTokens)
            }
            return .text(Array(tokens.prefix(preprocessing.maximumTokens)))
        case nil: throw wrongKind
        }
    }

    /// Checks the token ids among tensors for the graph: what it reads for an id that it does not have is not defined.
    /// - Throws: ``HearthError`` `invalid_request`.
    private static func checkTokens(_ tensors: [NamedTensor], vocabulary: Int) throws(HearthError) {
        for tensor in tensors where TextPass.tokenPorts.contains(tensor.name) {
            let isKnown =
                switch tensor.tensor.elements {
                case .int64(let ids): ids.allSatisfy { $0 >= 0 && $0 < vocabulary }
                case .int32(let ids): ids.allSatisfy { $0 >= 0 && $0 < vocabulary }
                case .uint8(let ids): ids.allSatisfy { $0 < vocabulary }
                case .float32: true
                }
            guard isKnown else {
                throw HearthError(
                    .invalidRequest, "The token ids in `\(tensor.name)` are not all of this model's vocabulary.",
                    hint: "Each from 0 to \(vocabulary - 1).")
            }
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

extension TextPreprocessing {
    /// Checks that at least one token of a text fits behind the prefixes: otherwise all texts would be cut to
    /// nothing, and have one vector.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    func checkPrefixes(with tokenizer: Tokenizer) throws(HearthError) {
        for prefix in [queryPrefix, documentPrefix] where !prefix.isEmpty {
            let count = tokenizer.encode(prefix, maximumTokens: .max).ids.count
            guard count < maximumTokens else {
                throw HearthError(
                    .invalidConfiguration,
                    "A prefix in model.json has \(count) tokens, and texts \(maximumTokens) at most.",
                    hint: "Shorten text.queryPrefix or text.documentPrefix, or raise text.maximumTokens.")
            }
        }
    }
}
