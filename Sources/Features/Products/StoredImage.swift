import Crypto
import HearthCore

import struct Foundation.Data

/// A picture that has passed inspection, on its way into a file and a row.
struct StoredImage: Sendable {
    let bytes: Data
    let image: ProductImage

    /// - Parameter product: the folder's name; a product that turns out to be another keeps the file where it is.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    init(_ bytes: Data, product: String, now: Int64) throws(HearthError) {
        let header = try ImageProbe.inspect(bytes)
        let id = Identifier.make(now: now)
        self.bytes = bytes
        image = ProductImage(
            imageID: id, path: "\(Products.folder)/\(product)/\(id).\(header.format.fileExtension)",
            url: StoredFile.url(of: id), sha256: Self.sha256(bytes), bytes: bytes.count, format: header.format.rawValue,
            width: header.width,
            height: header.height, createdAt: now)
    }

    /// In hex.
    static func sha256(_ bytes: Data) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }
}
