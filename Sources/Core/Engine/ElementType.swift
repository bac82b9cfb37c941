/// The numbers that graphs take and give, by their names in the Open Inference Protocol (v2, "Tensor Data Types").
package enum ElementType: String, Sendable, Codable, CaseIterable {
    case float32 = "FP32"
    case int64 = "INT64"
    case int32 = "INT32"
    case uint8 = "UINT8"

    /// Bytes of one element.
    package var size: Int {
        switch self {
        case .float32, .int32: 4
        case .int64: 8
        case .uint8: 1
        }
    }
}
