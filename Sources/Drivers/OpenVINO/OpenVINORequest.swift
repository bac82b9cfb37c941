import COpenVINO

/// Owns an `ov_infer_request_t`: the buffers of one pass at a time. Used by one thread at a time.
final class OpenVINORequest {
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { ov_infer_request_free(handle) }

    /// Makes the pass read an input from `tensor`.
    func setInput(_ tensor: OpenVINOTensor, at index: Int) throws(OpenVINOError) {
        try check("ov_infer_request_set_input_tensor_by_index") {
            ov_infer_request_set_input_tensor_by_index(handle, index, tensor.handle)
        }
    }

    /// Runs the pass to its end on the library's threads; the caller waits.
    func infer() throws(OpenVINOError) { try check("ov_infer_request_infer") { ov_infer_request_infer(handle) } }

    /// The result of the last pass at `port`, in the request's own memory: valid until the next pass.
    func output(at port: OpenVINOPort) throws(OpenVINOError) -> OpenVINOTensor {
        OpenVINOTensor(
            adopting: try make("ov_infer_request_get_tensor_by_const_port") {
                ov_infer_request_get_tensor_by_const_port(handle, port.handle, $0)
            })
    }
}
