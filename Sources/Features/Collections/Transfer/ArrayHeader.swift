import Foundation
package import HearthCore

/// The header of a NumPy array file (.npy, versions 1 to 3): a matrix of floats, one row a vector.
///
/// Format: `numpy/lib/format.py`, a magic text, a version, a length, and a Python dictionary as text.
package struct ArrayHeader: Sendable, Equatable {
    /// How a component is written; little-endian.
    package enum Element: String, Sendable, CaseIterable {
        case float16 = "<f2"
        case float32 = "<f4"
        case float64 = "<f8"

        package var bytes: Int {
            switch self {
            case .float16: 2
            case .float32: 4
            case .float64: 8
            }
        }
    }

    package var element: Element
    package var rows: Int
    package var dims: Int

    package init(element: Element, rows: Int, dims: Int) {
        self.element = element
        self.rows = rows
        self.dims = dims
    }

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads a header from the beginning of a file.
    /// - Returns: nil when more bytes are needed; otherwise the header and how many bytes it took.
    /// - Throws: ``HearthError`` `invalid_request` for what is no such file, or one of another shape or type.
    package static func read(_ bytes: [UInt8]) throws(HearthError) -> (header: ArrayHeader, length: Int)? {
        guard magic.prefix(bytes.count).elementsEqual(bytes.prefix(magic.count)) else { throw malformed("its magic") }
        guard bytes.count >= 12 else { return nil }
        let version = bytes[6]
        guard (1...3).contains(version), bytes[7] == 0 else { throw malformed("its version") }
        let start = version == 1 ? 10 : 12
        var length = Int(bytes[8]) | Int(bytes[9]) << 8
        if version > 1 { length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
        guard length <= Limits.arrayHeaderBytes else { throw malformed("its length") }
        guard bytes.count >= start + length else { return nil }
        guard let text = String(validating: bytes[start..<start + length], as: UTF8.self) else {
            throw malformed("its text")
        }
        var dictionary = ArrayDictionary(text)
        return (try dictionary.header(), start + length)
    }

    static func malformed(_ what: String) -> HearthError {
        HearthError(
            .invalidRequest, "This is not a .npy file that can be read: \(what) is not understood.",
            hint: "`numpy.save` of a matrix of float16, float32 or float64, in C order.")
    }

    /// The header as a file of version 1 begins, aligned to 64 bytes.
    package var bytes: [UInt8] {
        var text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(rows), \(dims)), }"
        let unaligned = Self.magic.count + 4 + text.utf8.count + 1
        text += String(repeating: " ", count: (64 - unaligned % 64) % 64) + "\n"
        let length = text.utf8.count
        return Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    }
}
