import COpenVINO
import HearthCore

/// Owns an `ov_output_const_port_t`: one input or output of a compiled graph.
final class OpenVINOPort {
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { ov_output_const_port_free(handle) }

    /// The port as Hearth describes it; a port that lost its names is called by `index`.
    func description(index: Int) throws(OpenVINOError) -> TensorPort {
        var type = F32
        try check("ov_port_get_element_type") { ov_port_get_element_type(handle, &type) }
        var shape = ov_partial_shape_t()
        try check("ov_port_get_partial_shape") { ov_port_get_partial_shape(handle, &shape) }
        defer { ov_partial_shape_free(&shape) }
        let dims = UnsafeBufferPointer(start: shape.dims, count: shape.dims == nil ? 0 : Int(shape.rank.max))
            .map { $0.min == $0.max ? Int($0.max) : -1 }
        return TensorPort(name: name ?? String(index), type: ElementType(type), shape: dims)
    }

    /// Nil: conversions may drop the names of outputs.
    private var name: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard ov_port_get_any_name(handle, &text).rawValue == 0, let text else { return nil }
        defer { ov_free(text) }
        return String(cString: text)
    }
}

extension ElementType {
    /// Nil: a type that Hearth does not compute with.
    init?(_ type: ov_element_type_e) {
        switch type {
        case F32: self = .float32
        case I64: self = .int64
        case I32: self = .int32
        case U8: self = .uint8
        default: return nil
        }
    }

    var openVINO: ov_element_type_e {
        switch self {
        case .float32: F32
        case .int64: I64
        case .int32: I32
        case .uint8: U8
        }
    }
}
