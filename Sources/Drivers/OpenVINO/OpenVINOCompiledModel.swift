import COpenVINO

/// Owns an `ov_compiled_model_t`: a graph ready to run on a device.
///
/// `@unchecked Sendable`: `ov::CompiledModel` is shared by its requests, and OpenVINO lets several threads make them.
final class OpenVINOCompiledModel: @unchecked Sendable {
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { ov_compiled_model_free(handle) }

    func makeRequest() throws(OpenVINOError) -> OpenVINORequest {
        OpenVINORequest(
            adopting: try make("ov_compiled_model_create_infer_request") {
                ov_compiled_model_create_infer_request(handle, $0)
            })
    }

    func inputCount() throws(OpenVINOError) -> Int {
        var count = 0
        try check("ov_compiled_model_inputs_size") { ov_compiled_model_inputs_size(handle, &count) }
        return count
    }

    func outputCount() throws(OpenVINOError) -> Int {
        var count = 0
        try check("ov_compiled_model_outputs_size") { ov_compiled_model_outputs_size(handle, &count) }
        return count
    }

    func input(at index: Int) throws(OpenVINOError) -> OpenVINOPort {
        OpenVINOPort(
            adopting: try make("ov_compiled_model_input_by_index") {
                ov_compiled_model_input_by_index(handle, index, $0)
            })
    }

    func output(at index: Int) throws(OpenVINOError) -> OpenVINOPort {
        OpenVINOPort(
            adopting: try make("ov_compiled_model_output_by_index") {
                ov_compiled_model_output_by_index(handle, index, $0)
            })
    }
}
