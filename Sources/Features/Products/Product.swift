import HearthCore
import HearthJSON
import HearthVectorStore
import HearthVectors

import struct Foundation.Data

/// Something that can be recognised in a picture or found by words.
struct Product: Sendable, Codable, SchemaDescribed {
    var productID: String
    var externalID: String
    var template: String
    var sourceType: String
    var title: String
    var description: String
    /// Flat: names and texts, numbers or flags.
    var attributes: JSONValue
    var images: [ProductImage]
    /// Whether searches find it with all that it is now.
    var isEmbedded: Bool
    /// Why a part of it could not be embedded.
    var embeddingFailure: String?
    var createdAt: Int64
    var updatedAt: Int64

    static let fields = [
        "product_id": FieldNote("Identifier, UUIDv7."),
        "external_id": FieldNote("Your own name for it, unique within the tenant."),
        "attributes": FieldNote("Flat: names with texts, numbers, true or false."),
        "is_embedded": FieldNote("Whether searches find it with all that it is now."),
        "embedding_failure": FieldNote("Why a picture or the text of it could not be embedded."),
        "created_at": FieldNote("Milliseconds since 1970."),
        "updated_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A picture of a product.
struct ProductImage: Sendable, Codable {
    var imageID: String
    /// Relative to the data folder.
    var path: String
    /// Where the picture is read, relative to the server.
    var url: String
    /// Of the bytes as they were sent.
    var sha256: String
    var bytes: Int
    var format: String
    /// Pixels, as the file's header says.
    var width: Int
    var height: Int
    var createdAt: Int64
}

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

/// What products are filtered by. Each of their vectors carries it, so that a search compares only what fits.
extension Product {
    static let templateAttribute = "template"
    static let sourceTypeAttribute = "source_type"

    /// The attributes by their names, and template and source type, which stand in the place of attributes that are
    /// called so.
    var filteredAttributes: [String: AttributeValue] {
        Self.filteredAttributes(template: template, sourceType: sourceType, attributes: attributes)
    }

    static func filteredAttributes(
        template: String, sourceType: String, attributes: JSONValue
    ) -> [String: AttributeValue] {
        var filtered: [String: AttributeValue] = [:]
        for member in attributes.objectValue?.members ?? [] {
            filtered[member.key] = AttributeText.attribute(member.value)
        }
        filtered[templateAttribute] = .text(template)
        filtered[sourceTypeAttribute] = .text(sourceType)
        return filtered
    }
}
