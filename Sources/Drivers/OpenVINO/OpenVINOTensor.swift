import COpenVINO
import HearthCore

/// Owns an `ov_tensor_t`: a view of memory, the caller's or the library's.
final class OpenVINOTensor {
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }

    /// A view of `memory`, which must outlive every pass that uses it; nothing is copied.
    init(viewing memory: UnsafeRawBufferPointer, type: ElementType, shape: [Int]) throws(OpenVINOError) {
        var dims = shape.map(Int64.init)
        // The C signature lacks the const; an input tensor is only read.
        let address = UnsafeMutableRawPointer(mutating: memory.baseAddress)
        var made: OpaquePointer?
        let status = dims.withUnsafeMutableBufferPointer { dims in
            ov_tensor_create_from_host_ptr(
                type.openVINO, ov_shape_t(rank: Int64(dims.count), dims: dims.baseAddress), address, &made)
        }
        handle = try make("ov_tensor_create_from_host_ptr") {
            $0.pointee = made
            return status
        }
    }

    deinit { ov_tensor_free(handle) }

    /// A copy of the tensor, whose elements are known to be of `type`.
    func copy(type: ElementType) throws(OpenVINOError) -> Tensor {
        var count = 0
        try check("ov_tensor_get_size") { ov_tensor_get_size(handle, &count) }
        let memory = try make("ov_tensor_data") { ov_tensor_data(handle, $0) }
        return Tensor(shape: try shape(), elements: type.elements(at: memory, count: count))
    }

    private func shape() throws(OpenVINOError) -> [Int] {
        var shape = ov_shape_t()
        try check("ov_tensor_get_shape") { ov_tensor_get_shape(handle, &shape) }
        defer { ov_shape_free(&shape) }
        return UnsafeBufferPointer(start: shape.dims, count: shape.dims == nil ? 0 : Int(shape.rank)).map(Int.init)
    }
}

extension ElementType {
    /// A copy of `count` elements.
    fileprivate func elements(at memory: UnsafeMutableRawPointer, count: Int) -> Tensor.Elements {
        switch self {
        case .float32: .float32(Self.array(at: memory, count: count))
        case .int64: .int64(Self.array(at: memory, count: count))
        case .int32: .int32(Self.array(at: memory, count: count))
        case .uint8: .uint8(Self.array(at: memory, count: count))
        }
    }

    private static func array<Element>(at memory: UnsafeMutableRawPointer, count: Int) -> [Element] {
        Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Element.self), count: count))
    }
}

extension Tensor.Elements {
    /// The elements' memory, for as long as `body` runs.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch self {
        case .float32(let values): try values.withUnsafeBytes(body)
        case .int64(let values): try values.withUnsafeBytes(body)
        case .int32(let values): try values.withUnsafeBytes(body)
        case .uint8(let values): try values.withUnsafeBytes(body)
        }
    }
}
