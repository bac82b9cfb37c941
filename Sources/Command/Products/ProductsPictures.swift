import Foundation
import HearthCore

/// Pictures of products in folders: one folder a product.
struct ProductsPictures {
    /// A picture and what it shows.
    struct Picture {
        let product: String
        let path: String
    }

    /// Photos.
    private(set) var views: [Picture] = []
    /// At most one a product: as a shop shows it.
    private(set) var shop: [Picture] = []

    /// - Throws: ``HearthError`` `not_found` when there is no picture in it.
    init(folder: String) throws {
        let endings = ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff"]
        for product in Self.contents(of: folder) {
            for name in Self.contents(of: "\(folder)/\(product)") {
                let parts = name.lowercased().split(separator: ".")
                guard let ending = parts.last, parts.count > 1, endings.contains(String(ending)) else { continue }
                let picture = Picture(product: product, path: "\(folder)/\(product)/\(name)")
                if ["iconic", "shop"].contains(parts[0]) { shop.append(picture) } else { views.append(picture) }
            }
        }
        guard !views.isEmpty else {
            throw HearthError(
                .notFound, "There are no pictures in \(folder).",
                hint: "Make one sub-folder for each product, with photos in it.")
        }
    }

    private static func contents(of folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}
