import Foundation
package import HearthCore

/// Which of the models that were measured are taken first where none is named: `ModelFolders/preferences.json`.
package struct ModelPreferences: Sendable, Hashable, Codable {
    /// A model, and what speaks for it.
    package struct Entry: Sendable, Hashable, Codable {
        package let id: String
        /// A few words for people, without a full stop.
        package let because: String
        /// Whether it also finds what was written in another language.
        package let isMultilingual: Bool?
    }

    /// What models are taken for.
    package enum Use: Sendable, CaseIterable {
        case characters, products, texts

        /// What such a model reads.
        package var modality: Modality { self == .texts ? .text : .image }
    }

    /// The best one first.
    private let characters: [Entry]
    private let products: [Entry]
    private let texts: [Entry]

    /// Reads the list.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package init(at path: String) throws(HearthError) {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            self = try JSONDecoder().decode(ModelPreferences.self, from: data)
        } catch {
            throw HearthError(
                .invalidConfiguration, "The list of preferred models at \(path) cannot be read.",
                hint: "Keep the folder ModelFolders beside the programs, or name it by HEARTH_BUILT_IN_MODELS.",
                cause: error)
        }
    }

    /// All for one use, the best one first.
    package func entries(for use: Use) -> [Entry] {
        switch use {
        case .characters: characters
        case .products: products
        case .texts: texts
        }
    }

    /// The first one that is there and can be used; nil when there is none.
    package func best(for use: Use, in library: ModelLibrary) -> Entry? {
        entries(for: use).first { entry in
            library.folder(entry.id)?.manifest.kind.modalities.contains(use.modality) == true
        }
    }
}
