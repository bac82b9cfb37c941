import COpenVINO
package import HearthCore

/// A graph compiled by OpenVINO, with the buffers of one pass at a time.
///
/// `@unchecked Sendable`: ``ModelSession`` is used by one thread at a time, and nothing here is bound to a thread.
package final class OpenVINOSession: ModelSession, @unchecked Sendable {
    package let signature: GraphSignature
    private let model: OpenVINOCompiledModel
    private let request: OpenVINORequest
    private let outputs: [OpenVINOPort]

    init(_ model: OpenVINOCompiledModel) throws(OpenVINOError) {
        var inputs: [TensorPort] = []
        for index in 0..<(try model.inputCount()) {
            inputs.append(try model.input(at: index).description(index: index))
        }
        var ports: [OpenVINOPort] = []
        var descriptions: [TensorPort] = []
        for index in 0..<(try model.outputCount()) {
            let port = try model.output(at: index)
            descriptions.append(try port.description(index: index))
            ports.append(port)
        }
        signature = GraphSignature(inputs: inputs, outputs: descriptions)
        outputs = ports
        self.model = model
        request = try model.makeRequest()
    }

    /// A session on the same compiled model, for passes beside those of this one.
    /// - Throws: ``HearthError`` `internal_error` when the runtime gives no further request.
    package func sibling() throws -> any ModelSession {
        do {
            return try OpenVINOSession(model)
        } catch {
            throw HearthError(.internalError, "No memory is left for another pass of the model.", cause: error)
        }
    }

    /// Runs one pass and returns the outputs that are wanted, by their places, in that order.
    /// - Throws: ``HearthError`` `invalid_request` for tensors that do not fit, `internal_error`.
    package func run(_ inputs: [Tensor], outputs wanted: [Int]) throws -> [Tensor] {
        try check(inputs)
        do {
            return try bind(inputs[...], from: 0) {
                try request.infer()
                return try wanted.map { index in
                    guard let type = signature.outputs[index].type else {
                        throw HearthError(
                            .invalidRequest,
                            "The output \(signature.outputs[index].name) is of a type that is not read.")
                    }
                    return try request.output(at: outputs[index]).copy(type: type)
                }
            }
        } catch let error as HearthError {
            throw error
        } catch {
            throw HearthError(.internalError, "The model failed.", cause: error)
        }
    }

    /// Points each input at its tensor's memory, which must stay where it is while `body` runs.
    private func bind<Result>(_ tensors: ArraySlice<Tensor>, from index: Int, _ body: () throws -> Result) throws
        -> Result
    {
        guard let first = tensors.first else { return try body() }
        return try first.elements.withUnsafeBytes { memory in
            let view = try OpenVINOTensor(viewing: memory, type: first.elements.type, shape: first.shape)
            try request.setInput(view, at: index)
            return try bind(tensors.dropFirst(), from: index + 1, body)
        }
    }

    /// The library trusts shapes, and would read beyond the memory.
    private func check(_ tensors: [Tensor]) throws(HearthError) {
        guard tensors.count == signature.inputs.count else {
            throw HearthError(
                .invalidRequest, "\(tensors.count) tensors were given.",
                hint: "The graph takes \(signature.inputs.map(\.name).joined(separator: ", ")).")
        }
        for (tensor, port) in zip(tensors, signature.inputs) {
            guard tensor.elements.type == port.type else {
                throw HearthError(
                    .invalidRequest, "The input \(port.name) got \(tensor.elements.type.rawValue).",
                    hint: "It takes \(port.type?.rawValue ?? "a type that is not served").")
            }
            let fits =
                tensor.shape.count == port.shape.count
                && zip(tensor.shape, port.shape).allSatisfy { $0 >= 0 && ($1 == -1 || $0 == $1) }
            guard fits else {
                throw HearthError(
                    .invalidRequest, "The input \(port.name) got the shape \(tensor.shape).",
                    hint: "It takes \(port.shape), where -1 is any length.")
            }
            guard tensor.shape.reduce(1, *) == tensor.elements.count else {
                throw HearthError(
                    .invalidRequest, "The input \(port.name) has \(tensor.elements.count) values.",
                    hint: "Its shape \(tensor.shape) wants \(tensor.shape.reduce(1, *)).")
            }
        }
    }
}
