import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import Hummingbird
import NIOCore

extension OpenInferenceDoor {
    /// Runs a graph on tensors, or an embedding model on texts and pictures (``EmbeddingTensors``).
    func infer(_ call: DoorCall) async throws -> Response {
        if let name = HTTPField.Name("Inference-Header-Content-Length"), call.request.headers[name] != nil {
            throw OpenInferenceRequest.noBinary
        }
        let fields = try await call.fields()
        defer { withExtendedLifetime(fields) {} }
        let request = try OpenInferenceRequest(fields)
        let model = try await model(call)
        let outputs: [NamedTensor]
        if let inputs = try EmbeddingTensors.inputs(request, of: model) {
            let results = try await runner.all(
                inputs.map { .ready($0) }, EmbeddingWishes(model: model.id), for: call, sharing: fields.reservation,
                isNumbered: true)
            outputs = [EmbeddingTensors.output(results)]
        } else {
            outputs = try await service.run(
                request.tensors(for: model), outputs: request.outputs, by: model.id, tenant: call.tenant,
                until: call.deadline)
        }
        return Self.answer(outputs, to: request, by: model)
    }

    private static func answer(
        _ outputs: [NamedTensor], to request: OpenInferenceRequest, by model: ModelStatus
    ) -> Response {
        var body = ByteBuffer()
        body.writeStaticString(#"{"model_name":"#)
        body.writeJSONString(model.id)
        body.writeString(#","model_version":"\#(version)""#)
        if let id = request.id {
            body.writeStaticString(#","id":"#)
            body.writeJSONString(id)
        }
        body.writeStaticString(#","outputs":"#)
        body.writeJSONArray(outputs) { body, output in
            body.writeStaticString(#"{"name":"#)
            body.writeJSONString(output.name)
            body.writeString(#","datatype":"\#(output.tensor.elements.type.rawValue)","shape":"#)
            body.writeJSONNumbers(output.tensor.shape)
            body.writeStaticString(#","data":"#)
            switch output.tensor.elements {
            case .float32(let values): body.writeJSONNumbers(values)
            case .int64(let values): body.writeJSONNumbers(values)
            case .int32(let values): body.writeJSONNumbers(values)
            case .uint8(let values): body.writeJSONNumbers(values)
            }
            body.writeStaticString("}")
        }
        body.writeStaticString("}")
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}
