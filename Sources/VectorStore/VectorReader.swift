import Foundation
package import HearthCore
package import HearthJSON

/// Vectors as clients write them: numbers, or base64 of little-endian float32.
package enum VectorReader {
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func vector(_ value: JSONValue, field: String) throws(HearthError) -> [Float] {
        switch value {
        case .string(let text):
            let bytes = try Base64.read(text, field: field)
            guard bytes.count % 4 == 0 else {
                throw HearthError(
                    .invalidRequest, "`\(field)` has \(counted(bytes.count, "byte")).",
                    hint: "Base64 of little-endian float32: a multiple of 4 bytes.")
            }
            return bytes.littleEndianFloats
        case .array(let elements):
            var vector: [Float] = []
            vector.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                guard let number = element.doubleValue else {
                    throw HearthError(.invalidRequest, "`\(field)[\(index)]` must be a number.")
                }
                vector.append(Float(number))
            }
            return vector
        default:
            throw HearthError(
                .invalidRequest, "`\(field)` must be a list of numbers, or base64 of little-endian float32.")
        }
    }

    /// A vector as replies show it: each number as short as it reads back.
    package static func json(_ vector: [Float]) -> JSONValue { .array(vector.map { $0.json }) }
}
