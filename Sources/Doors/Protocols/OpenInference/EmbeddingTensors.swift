import HearthCore
import HearthInference
import HearthJSON

/// Embedding models for clients of the Open Inference Protocol that have no tokeniser and no picture decoder: one input
/// of BYTES named `text`, or `image` in base64, gives the output `embedding`.
enum EmbeddingTensors {
    /// What a model's metadata says of it: `inputs`, of which one is sent, and `outputs`.
    static func metadata(of model: ModelStatus) -> JSONValue {
        let inputs = Modality.allCases.filter { model.kind.modalities.contains($0) }.map { modality -> JSONValue in
            ["name": .string(modality.rawValue), "datatype": "BYTES", "shape": [-1]]
        }
        let output: JSONValue = [
            "name": "embedding", "datatype": .string(ElementType.float32.rawValue),
            "shape": [-1, .int(Int64(model.dims ?? -1))],
        ]
        return ["inputs": .array(inputs), "outputs": [output]]
    }

    /// The texts or pictures of a request; nil when it is one for the graph itself.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func inputs(
        _ request: OpenInferenceRequest, of model: ModelStatus
    ) throws(HearthError) -> [EmbeddingInput]? {
        guard request.inputs.count == 1, let input = request.inputs.first, input.datatype == "BYTES",
            let modality = Modality(rawValue: input.name), !model.kind.modalities.isEmpty
        else { return nil }
        if let other = request.outputs.first(where: { $0 != "embedding" }) {
            throw HearthError(
                .invalidRequest, "Of `\(input.name)` there is no output `\(other.prefix(80))`.",
                hint: "There is `embedding`.")
        }
        guard (1...Limits.embeddingInputs).contains(input.values.count) else {
            throw HearthError(
                .invalidRequest, "The input `\(input.name)` has \(input.values.count) values.",
                hint: "1 to \(Limits.embeddingInputs) in one request.")
        }
        var inputs: [EmbeddingInput] = []
        for text in try TensorValues(input).texts() {
            switch modality {
            case .text: inputs.append(.text(text, role: nil))
            case .image:
                inputs.append(.image(try Base64.read(text, field: "data")))
            }
        }
        return inputs
    }

    /// The vectors as one tensor, shape `[inputs, dims]`.
    static func output(_ results: [EmbeddingResult]) -> NamedTensor {
        NamedTensor(
            name: "embedding",
            tensor: Tensor(shape: [results.count, results.first?.vector.count ?? 0], values: results.flatMap(\.vector)))
    }
}
