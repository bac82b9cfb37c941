import HearthCore

/// An input that needs nothing but a pass.
struct PreparedInput: Batchable {
    /// What goes into the graph.
    enum Content: Sendable {
        /// Shape `[3, height, width]` or `[height, width, 3]`.
        /// - frame: The picture as it was before that; nil when nothing depends on it.
        case picture(Tensor, frame: PictureFrame? = nil)
        /// Token ids, special ones included; not padded.
        case text([Int32])
        /// Tensors for the graph as they are, and the names of the outputs that are wanted.
        case tensors([NamedTensor], outputs: [String])
    }

    let content: Content
    /// Time that the preparation took.
    let duration: Duration
    /// Whether its model reads texts as well.
    let isAmongTexts: Bool

    var form: Int? {
        switch content {
        case .picture: 0
        case .text: 1
        case .tensors: nil
        }
    }

    var length: Int {
        switch content {
        // Beside texts a picture fills a pass of its own.
        case .picture: isAmongTexts ? Limits.inferenceTokens : 1
        case .tensors: 1
        case .text(let tokens): tokens.count
        }
    }

    /// Tokens that the model reads.
    var tokens: Int {
        if case .text(let tokens) = content { tokens.count } else { 0 }
    }
}
