import Foundation
import HearthCore

/// Pictures in a folder with what they show: one sub-folder for each character or product, or one beginning of names.
struct LabelledPictures {
    /// A picture and what it shows.
    struct Picture {
        let owner: String
        let path: String
    }

    /// Photos, drawings, …
    private(set) var views: [Picture] = []
    /// At most one a product: as a shop shows it.
    private(set) var shop: [Picture] = []

    private static let endings: Set<String> = ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff"]

    /// How pictures must lie in a folder, for hints.
    static let layout =
        "Make one sub-folder for each character or product, with its pictures in it (JPEG, PNG, WebP, "
        + "GIF or TIFF); or begin the names of its pictures alike: bolt-1.jpg and bolt-2.jpg show bolt."

    /// Reads a folder. Sub-folders of sub-folders count too, with both names; pictures that lie in no sub-folder are
    /// told apart by their names: `bolt-1.png`, `bolt-2.png` and `bolt_side.png` show `bolt`.
    /// - Parameter separatesShop: Whether pictures that are called `iconic` or `shop` are kept apart.
    /// - Throws: ``HearthError`` `not_found` when there is no such folder, or no picture in it.
    init(folder: String, separatesShop: Bool = false) throws {
        try NamedFile.requireFolder(folder, hint: Self.layout)
        func read(_ path: String, owner: String?) {
            for name in Self.contents(of: path) {
                let file = "\(path)/\(name)"
                if let stem = Self.stem(ofPicture: name) {
                    let picture = Picture(owner: owner ?? Self.owner(of: stem), path: file)
                    let isShop = separatesShop && ["iconic", "shop"].contains(stem.lowercased())
                    if isShop { shop.append(picture) } else { views.append(picture) }
                } else if owner?.contains("/") != true, NamedFile.isFolder(file) {
                    read(file, owner: owner.map { "\($0)/\(name)" } ?? name)
                }
            }
        }
        read(folder, owner: nil)
        guard !views.isEmpty else {
            throw HearthError(.notFound, "There are no pictures in \(folder).", hint: Self.layout)
        }
    }

    /// - Parameters:
    ///   - subject: What the pictures show: `character`.
    ///   - folder: Where they lie, for the message.
    /// - Throws: ``HearthError`` `invalid_request` when all show the same: then every model finds everything.
    func requireSeveralOwners(_ subject: String, in folder: String) throws(HearthError) {
        let owners = Set((views + shop).map(\.owner))
        guard owners.count == 1, let owner = owners.first else { return }
        let count = counted(views.count + shop.count, "picture")
        throw HearthError(
            .invalidRequest,
            "All of \(folder) shows one \(subject), \(owner) (\(count)): there is no other to tell it from.",
            hint: Self.layout)
    }

    /// The name of a picture's file without its ending; nil for another file.
    static func stem(ofPicture name: String) -> String? {
        guard let place = name.lastIndex(of: "."), endings.contains(name[name.index(after: place)...].lowercased())
        else { return nil }
        return String(name[..<place])
    }

    /// What a picture shows by the name of its file, without its ending: the name without the number at its end, or
    /// without the last word when there is no number.
    static func owner(of stem: String) -> String {
        let separators: Set<Character> = ["-", "_", " ", "."]
        let plain = stem.trimmingSuffix(while: \.isNumber)
        let cut = plain.count < stem.count ? plain : plain.lastIndex(where: separators.contains).map { plain[..<$0] }
        let owner = (cut ?? plain).trimmingSuffix(while: separators.contains)
        return owner.isEmpty ? stem : String(owner)
    }

    private static func contents(of folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}

extension StringProtocol {
    /// Without the characters at the end that a condition holds for.
    fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> SubSequence {
        guard let last = lastIndex(where: { !isUnwanted($0) }) else { return self[startIndex..<startIndex] }
        return self[...last]
    }
}
