/// Fields as bytes that can be read in one way only: each text stands behind its length, numbers have eight bytes.
///
/// "ab" followed by "c" therefore differs from "a" followed by "bc". Texts are compared by their bytes, not as Swift
/// compares them: "é" and "e" with an accent after it are two texts for a model.
struct CanonicalFields {
    private(set) var bytes: [UInt8] = []

    /// - Parameter purpose: what the bytes are for, with the version of their form; the first field.
    init(_ purpose: String) {
        bytes.reserveCapacity(256)
        append(purpose)
    }

    mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Little-endian.
    mutating func append(_ number: Int) {
        withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { bytes.append(contentsOf: $0) }
    }
}
