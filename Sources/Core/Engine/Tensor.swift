/// A dense array, row-major.
package struct Tensor: Sendable, Equatable {
    /// The numbers of a tensor, in the type that a graph wants them.
    package enum Elements: Sendable, Equatable {
        case float32([Float])
        case int64([Int64])
        case int32([Int32])
        case uint8([UInt8])

        package var count: Int {
            switch self {
            case .float32(let values): values.count
            case .int64(let values): values.count
            case .int32(let values): values.count
            case .uint8(let values): values.count
            }
        }

        package var type: ElementType {
            switch self {
            case .float32: .float32
            case .int64: .int64
            case .int32: .int32
            case .uint8: .uint8
            }
        }
    }

    package var shape: [Int]
    package var elements: Elements

    package init(shape: [Int], elements: Elements) {
        self.shape = shape
        self.elements = elements
    }

    /// A tensor of float32.
    package init(shape: [Int], values: [Float]) {
        self.init(shape: shape, elements: .float32(values))
    }

    /// The elements when they are float32; empty otherwise.
    package var values: [Float] {
        if case .float32(let values) = elements { values } else { [] }
    }
}

/// A tensor and the port that it is for, or comes from.
package struct NamedTensor: Sendable, Equatable {
    package var name: String
    package var tensor: Tensor

    package init(name: String, tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}

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
