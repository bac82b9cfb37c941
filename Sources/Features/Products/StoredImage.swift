import HearthCore

import struct Foundation.Data

/// A picture that has passed inspection, on its way into a file and a row.
struct StoredImage: Sendable {
    let bytes: Data
    let image: ProductImage

    /// - Parameter product: the folder's name; a product that turns out to be another keeps the file where it is.
    init(_ picture: InspectedImage, product: String, now: Int64) {
        let (id, header) = (Identifier.make(now: now), picture.header)
        bytes = picture.bytes
        image = ProductImage(
            imageID: id, path: "\(Products.folder)/\(product)/\(id).\(header.format.fileExtension)",
            url: StoredFile.url(of: id), sha256: picture.sha256.hex, bytes: bytes.count,
            format: header.format.rawValue, width: header.width,
            height: header.height, createdAt: now)
    }
}
