package import struct Foundation.Data

/// Seals the scan file of a collection, so that the disk holds nothing of it in clear.
package protocol ScanCipher: Sendable {
    /// Bytes by which a sealed piece is longer than what was sealed.
    var overhead: Int { get }

    /// - Parameter context: the piece's place; it opens nowhere else.
    func seal(_ piece: Data, context: String) throws -> Data

    /// - Throws: when the bytes are not what was sealed for this place.
    func open(_ sealed: Data, context: String) throws -> Data
}
