import HearthCore
import HearthInference
import HearthJSON

/// What `POST …/infer` takes.
struct OpenInferenceRequest: Sendable, Equatable {
    /// A tensor as it was sent.
    struct Input: Sendable, Equatable {
        var name: String
        var shape: [Int]
        /// One of the protocol's names; which of them are computed with is checked later.
        var datatype: String
        /// The values in row-major order: numbers, texts or truth values.
        var values: [JSONValue]
    }

    /// Echoed in the answer.
    var id: String?
    var inputs: [Input]
    /// Names of the wanted outputs; empty: all.
    var outputs: [String]

    /// What it may be, for `/openapi.json`.
    static let schema: JSONValue = [
        "type": "object", "required": ["inputs"],
        "properties": [
            "id": EmbeddingSchema.text, "parameters": EmbeddingSchema.object,
            "inputs": [
                "type": "array", "minItems": 1, "maxItems": .int(Int64(Limits.tensors)),
                "items": [
                    "type": "object", "required": ["name", "shape", "datatype", "data"],
                    "properties": [
                        "name": EmbeddingSchema.text, "datatype": EmbeddingSchema.text,
                        "shape": ["type": "array", "items": ["type": "integer", "minimum": 0]],
                        "data": ["type": "array"], "parameters": EmbeddingSchema.object,
                    ],
                ],
            ],
            "outputs": [
                "type": "array", "maxItems": .int(Int64(Limits.tensors)), "items": EmbeddingSchema.object,
            ],
        ],
    ]

    static let noBinary = HearthError(
        .invalidRequest, "Tensors in binary form are not read.",
        hint: "Send them as JSON in `data` (`binary_data=False` in Triton's client).")

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields) throws(HearthError) {
        id = try fields.string("id")
        _ = try fields.fields("parameters")
        let inputs = try fields.array("inputs") ?? []
        guard (1...Limits.tensors).contains(inputs.count) else {
            throw HearthError(.invalidRequest, "`inputs` must have 1 to \(Limits.tensors) tensors.")
        }
        self.inputs = []
        for input in inputs { self.inputs.append(try Self.input(input)) }
        outputs = []
        for output in try fields.array("outputs") ?? [] { outputs.append(try Self.output(output)) }
        guard outputs.count <= Limits.tensors else {
            throw HearthError(.invalidRequest, "`outputs` must have at most \(Limits.tensors) names.")
        }
        try Self.requireUnique(self.inputs.map(\.name), "input")
        try Self.requireUnique(outputs, "output")
    }

    /// The inputs for a model's graph.
    ///
    /// A graph cannot be stopped, and a transformer's work grows with the square of its text: one request with a
    /// hundred thousand tokens would keep the model from everybody for minutes, long after its caller has left.
    /// - Throws: ``HearthError`` `invalid_request` for a type that Hearth does not compute with, values beyond it, a
    ///   tensor without values, or more tokens than the model reads.
    func tensors(for model: ModelStatus) throws(HearthError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        for input in inputs {
            let tensor = try TensorValues(input).tensor()
            guard tensor.elements.count > 0 else {
                throw HearthError(.invalidRequest, "The input `\(input.name.prefix(80))` has no values.")
            }
            if let longest = model.maximumTokens, [.int64, .int32].contains(tensor.elements.type) {
                guard (input.shape.last ?? 0) <= longest, tensor.elements.count <= max(Limits.tensorTokens, longest)
                else {
                    throw HearthError(
                        .invalidRequest, "The input `\(input.name.prefix(80))` has more tokens than can be computed.",
                        hint: "\(longest) for each text, \(max(Limits.tensorTokens, longest)) in all.")
                }
            }
            tensors.append(NamedTensor(name: input.name, tensor: tensor))
        }
        return tensors
    }

    private static func input(_ value: JSONValue) throws(HearthError) -> Input {
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "An input must be an object.")
        }
        let fields = RequestFields(object)
        guard let name = try fields.string("name"), !name.isEmpty else {
            throw HearthError(.invalidRequest, "An input has no `name`.")
        }
        let parameters = try fields.fields("parameters")
        if parameters?["binary_data_size"] != nil { throw noBinary }
        if parameters?["shared_memory_region"] != nil {
            throw HearthError(.invalidRequest, "Tensors in shared memory are not read.", hint: "Send them as `data`.")
        }
        guard let shape = try fields.array("shape"), let datatype = try fields.string("datatype"),
            let data = try fields.array("data")
        else {
            throw HearthError(
                .invalidRequest, "The input `\(name.prefix(80))` is not complete.",
                hint: "It needs `shape`, `datatype` and `data`.")
        }
        let lengths = try TensorShape.lengths(shape, of: name)
        let values = try TensorShape.flat(data, lengths, of: name)
        return Input(name: name, shape: lengths, datatype: datatype, values: values)
    }

    private static func output(_ value: JSONValue) throws(HearthError) -> String {
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "An output must be an object with a `name`.")
        }
        let fields = RequestFields(object)
        guard let name = try fields.string("name"), !name.isEmpty else {
            throw HearthError(.invalidRequest, "An output has no `name`.")
        }
        // Wanted in binary form, it comes as JSON: clients of that extension read both.
        for parameter in ["classification", "shared_memory_region"]
        where try fields.fields("parameters")?[parameter] != nil {
            throw HearthError(.invalidRequest, "The parameter `\(parameter)` of an output is not supported.")
        }
        return name
    }

    private static func requireUnique(_ names: [String], _ what: String) throws(HearthError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw HearthError(.invalidRequest, "The \(what) `\(name.prefix(80))` is there twice.")
        }
    }
}
