import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthModelLibrary

/// The flags that say what a model is, for weights that come without a `model.json`.
struct ManifestOptions: ParsableArguments {
    @Option(help: "A model.json to begin with; the flags below change it.") var manifest: String?
    @Option(help: "image-embedding, text-embedding, image-text-embedding, face-detection, …") var kind: String?
    @Option(help: "SPDX name of the weights' licence.") var licence: String?
    @Flag(help: "The licence forbids commercial use.") var nonCommercial = false
    @Option(help: "Where the weights come from.") var source: String?
    @Option(help: "Which version of them.") var revision: String?
    @Option(help: "What the model is good for, and what not.") var description: String?
    @Option(name: .customLong("alias"), help: "Another name for it; may be repeated.") var aliases: [String] = []
    @Option(help: "Input of pictures: 224x224.") var size: String?
    @Option(help: "stretch, cover or letterbox.") var resize: String?
    @Option(help: "nearest, bilinear, bicubic or lanczos.") var interpolation: String?
    @Option(help: "RGB or BGR.") var channels: String?
    @Option(help: "NCHW or NHWC.") var layout: String?
    @Option(help: "Factor of the values 0…255, before mean and std; 1/255 when absent.") var scale: Double?
    @Option(help: "One value or three: 0.5 or 0.485,0.456,0.406.") var mean: String?
    @Option(help: "One value or three, as mean.") var std: String?
    @Option(help: "Length of the vectors.") var dims: Int?
    @Option(help: "Name of the output that is the vector; the first one when absent.") var output: String?
    @Flag(help: "The vectors are used as the graph gives them, not brought to length 1.") var noNormalise = false
    @Option(help: "File name of the tokenizer.json, beside the graph.") var tokenizer: String?
    @Option(help: "Longest text in tokens.") var maxTokens: Int?
    @Option(help: "longest or maximum.") var padding: String?
    @Option(help: "mean, cls, last or none.") var pooling: String?
    @Option(help: "Put before a text that is searched for.") var queryPrefix: String?
    @Option(help: "Put before a text that is found.") var documentPrefix: String?
    @Option(help: "File name of the text tower's graph, beside the other.") var textWeights: String?
    @Option(help: "f32 or bf16, when the vectors are right in one only.") var precision: String?

    /// Whether anything was said.
    var isEmpty: Bool { manifest == nil && changes.allSatisfy { $0.1 == nil } && size == nil && !nonCommercial }

    /// What was said, on top of `--manifest` or of a manifest that was found.
    func draft(over found: JSONValue? = nil) throws -> ManifestDraft {
        var draft = ManifestDraft(try manifest.map(Self.read) ?? found ?? [:])
        for (field, value) in changes { draft.set(field, value) }
        if let size {
            let sides = size.lowercased().split(separator: "x").compactMap { Int64($0) }
            guard (1...2).contains(sides.count), let width = sides.first, let height = sides.last else {
                throw HearthError(.invalidRequest, "`\(size)` is no size.", hint: "Width x height, as 224x224.")
            }
            draft.set("image.width", .int(width))
            draft.set("image.height", .int(height))
        }
        if let mean { draft.set("image.mean", try Self.three(mean, "mean")) }
        if let std { draft.set("image.std", try Self.three(std, "std")) }
        if nonCommercial { draft.set("commercial", false) }
        if noNormalise { draft.set("output.normalise", false) }
        if !aliases.isEmpty { draft.set("aliases", .array(aliases.map(JSONValue.string))) }
        return draft
    }

    private var changes: [(String, JSONValue?)] {
        [
            ("kind", kind), ("licence", licence), ("source", source), ("revision", revision),
            ("description", description), ("image.resize", resize), ("image.interpolation", interpolation),
            ("image.channels", channels), ("image.layout", layout), ("output.name", output),
            ("text.tokenizer", tokenizer), ("text.padding", padding), ("text.pooling", pooling),
            ("text.queryPrefix", queryPrefix), ("text.documentPrefix", documentPrefix),
            ("text.weights", textWeights), ("precision", precision),
        ].map { ($0.0, $0.1.map(JSONValue.string)) } + [
            ("image.scale", scale.map(JSONValue.double)), ("output.dims", dims.map { .int(Int64($0)) }),
            ("text.maximumTokens", maxTokens.map { .int(Int64($0)) }),
        ]
    }

    private static func three(_ text: String, _ name: String) throws -> JSONValue {
        let parts = text.split(separator: ",")
        let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.count == parts.count, [1, 3].contains(numbers.count) else {
            throw HearthError(
                .invalidRequest, "`\(text)` is no \(name).", hint: "One number, or three: 0.485,0.456,0.406.")
        }
        return .array((numbers.count == 1 ? Array(repeating: numbers[0], count: 3) : numbers).map(JSONValue.double))
    }

    /// A manifest file as JSON.
    static func read(_ path: String) throws -> JSONValue {
        let bytes = try NamedFile.read(path)
        do {
            return try JSONParser.read(bytes)
        } catch {
            throw HearthError(.invalidRequest, "\(path) is not JSON: \(error.message)")
        }
    }
}
