import Foundation
package import HearthCore
package import HearthInference
package import HearthModelLibrary

/// One model without a host around it: loaded as the host loads it, run on the caller's thread. For measuring and
/// checking.
package final class LoneModel {
    package let precision: String
    private let graphs: ModelGraphs
    private let preparation: InputPreparation

    /// - Throws: ``HearthError`` `invalid_configuration` when the model cannot be loaded.
    package init(
        _ folder: ModelFolder, runtime: any ModelRuntime, codec: any ImageCodec, configuration: ModelHostConfiguration
    ) throws {
        let free =
            configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
        let precision = folder.precision(free: free)
        self.precision = precision
        var tokenizer: Tokenizer?
        if let text = folder.manifest.text {
            let read = try Tokenizer(json: Data(contentsOf: URL(fileURLWithPath: folder.path(of: text.tokenizer))))
            try text.checkPrefixes(with: read)
            tokenizer = read
        }
        preparation = InputPreparation(folder: folder, codec: codec, tokenizer: tokenizer)
        let paddingID = tokenizer?.paddingID ?? 0
        graphs = try ModelGraphs(folder, readers: configuration.readers, paddingID: paddingID) { weights in
            try runtime.load(
                ModelLoadRequest(
                    path: folder.path(of: weights), precision: precision, cacheFolder: nil,
                    threads: configuration.threads))
        }
    }

    /// What of an input goes into the graph.
    package struct Prepared {
        fileprivate let input: PreparedInput
    }

    /// - Throws: ``HearthError`` as ``ModelHost/answer(_:)``.
    package func prepare(_ input: EmbeddingInput) throws -> Prepared {
        let content = try preparation.content(of: .embed(input))
        return Prepared(input: PreparedInput(content: content, duration: .zero, isAmongTexts: false))
    }

    /// The vector of a prepared input.
    package func run(_ prepared: Prepared) throws -> [Float] {
        guard let vector = try graphs.run([prepared.input]).first?.vectors.first else {
            throw HearthError(.internalError, "The model gave no vector.")
        }
        return vector.values
    }
}
