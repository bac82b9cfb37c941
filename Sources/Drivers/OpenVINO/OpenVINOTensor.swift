import COpenVINO

/// Owns an `ov_tensor_t`: a view of float32 memory, the caller's or the library's.
final class OpenVINOTensor {
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    /// A view of `values`, which must outlive every pass that uses it; nothing is copied.
    init(viewing values: UnsafeBufferPointer<Float>, shape: [Int]) throws(OpenVINOError) {
        var dims = shape.map(Int64.init)
        // The C signature lacks the const; an input tensor is only read.
        let memory = UnsafeMutableRawPointer(mutating: values.baseAddress)
        var made: OpaquePointer?
        let status = dims.withUnsafeMutableBufferPointer { dims in
            ov_tensor_create_from_host_ptr(
                F32, ov_shape_t(rank: Int64(dims.count), dims: dims.baseAddress), memory, &made)
        }
        handle = try make("ov_tensor_create_from_host_ptr") {
            $0.pointee = made
            return status
        }
    }

    deinit { ov_tensor_free(handle) }

    /// A copy of the float32 elements.
    func values() throws(OpenVINOError) -> [Float] {
        var count = 0
        try check("ov_tensor_get_size") { ov_tensor_get_size(handle, &count) }
        let memory = try make("ov_tensor_data") { ov_tensor_data(handle, $0) }
        return Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Float.self), count: count))
    }
}
