import COpenVINO

/// Owns an `ov_output_const_port_t`: one input or output of a compiled graph.
final class OpenVINOPort {
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { ov_output_const_port_free(handle) }

    func elementType() throws(OpenVINOError) -> ov_element_type_e {
        var type = F32
        try check("ov_port_get_element_type") { ov_port_get_element_type(handle, &type) }
        return type
    }
}
