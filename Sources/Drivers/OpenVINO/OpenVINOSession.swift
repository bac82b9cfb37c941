import COpenVINO
package import HearthCore

/// A graph compiled by OpenVINO: one float32 input with a leading batch dimension, one float32 output that is read.
///
/// `@unchecked Sendable`: ``ModelSession`` is used by one thread at a time, and nothing here is bound to a thread.
package final class OpenVINOSession: ModelSession, @unchecked Sendable {
    private let request: OpenVINORequest
    private let output: OpenVINOPort

    /// - Throws: ``HearthError`` `invalid_configuration` when the graph has not the inputs and outputs that are needed.
    init(_ model: OpenVINOCompiledModel, output name: String?) throws {
        guard try model.inputCount() == 1 else {
            throw HearthError(
                .invalidConfiguration, "The graph has \(try model.inputCount()) inputs.", hint: "It must have one.")
        }
        output = try Self.output(of: model, named: name)
        guard try model.input(at: 0).elementType() == F32, try output.elementType() == F32 else {
            throw HearthError(
                .invalidConfiguration, "The graph's input or output is not float32.",
                hint: "Convert the model so that it takes and gives float32.")
        }
        request = try model.makeRequest()
    }

    package func run(_ input: Tensor) throws -> Tensor {
        // The library trusts the shape and would read beyond the memory.
        guard input.shape.reduce(1, *) == input.values.count else {
            throw HearthError(.internalError, "A tensor's shape \(input.shape) does not fit its values.")
        }
        do {
            let values = try input.values.withUnsafeBufferPointer { values in
                try request.setInput(OpenVINOTensor(viewing: values, shape: input.shape))
                try request.infer()
                return try request.output(at: output).values()
            }
            let batch = max(1, input.shape.first ?? 1)
            return Tensor(shape: [batch, values.count / batch], values: values)
        } catch {
            throw HearthError(.internalError, "The model failed.", cause: error)
        }
    }

    /// Names differ between conversions of one model, so an index ("0") is accepted as well.
    private static func output(of model: OpenVINOCompiledModel, named name: String?) throws -> OpenVINOPort {
        guard let name else { return try model.output(at: 0) }
        if let index = Int(name), (0..<(try model.outputCount())).contains(index) {
            return try model.output(at: index)
        }
        do {
            return try model.output(named: name)
        } catch {
            throw HearthError(
                .invalidConfiguration, "The graph has no output \"\(name)\".",
                hint: "model.json names the output, or gives its index.", cause: error)
        }
    }
}
