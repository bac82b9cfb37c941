package import HearthCore

/// How a model wants its texts: data of the model, never code of the task.
package struct TextPreprocessing: Sendable, Hashable, Codable {
    /// How the sequences of a pass are brought to one length.
    package enum Padding: String, Sendable, Codable, CaseIterable {
        /// To the longest one of the pass.
        case longest
        /// To `maximumTokens`, always: the model was trained so.
        case maximum
    }

    /// How the vectors of the tokens become one.
    package enum Pooling: String, Sendable, Codable, CaseIterable {
        /// Mean over the tokens that are no padding.
        case mean
        /// The first token's.
        case cls
        /// That of the last token that is no padding.
        case last
        /// The graph gives one vector a text already.
        case none
    }

    /// File name of the Hugging Face `tokenizer.json`.
    package var tokenizer: String
    /// Longest sequence, special tokens included.
    package var maximumTokens: Int
    package var padding: Padding
    package var pooling: Pooling
    /// Put before a text that is searched for, and before one that is found.
    package var queryPrefix: String
    package var documentPrefix: String
    /// File name of the text tower's own graph; nil: the model has one graph only.
    package var weights: String?
    /// The text tower's own output; nil: as the model's `output`.
    package var output: ModelManifest.Output?

    package init(
        tokenizer: String, maximumTokens: Int, padding: Padding = .longest, pooling: Pooling = .mean,
        queryPrefix: String = "", documentPrefix: String = "", weights: String? = nil,
        output: ModelManifest.Output? = nil
    ) {
        self.tokenizer = tokenizer
        self.maximumTokens = maximumTokens
        self.padding = padding
        self.pooling = pooling
        self.queryPrefix = queryPrefix
        self.documentPrefix = documentPrefix
        self.weights = weights
        self.output = output
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        tokenizer = try container.decode(String.self, forKey: .tokenizer)
        maximumTokens = try container.decode(Int.self, forKey: .maximumTokens)
        padding = try container.decodeIfPresent(Padding.self, forKey: .padding) ?? .longest
        pooling = try container.decodeIfPresent(Pooling.self, forKey: .pooling) ?? .mean
        queryPrefix = try container.decodeIfPresent(String.self, forKey: .queryPrefix) ?? ""
        documentPrefix = try container.decodeIfPresent(String.self, forKey: .documentPrefix) ?? ""
        weights = try container.decodeIfPresent(String.self, forKey: .weights)
        output = try container.decodeIfPresent(ModelManifest.Output.self, forKey: .output)
    }

    /// The prefix of a role; none when the text is taken as it is.
    package func prefix(for role: TextRole?) -> String {
        switch role {
        case .query: queryPrefix
        case .document: documentPrefix
        case nil: ""
        }
    }
}
