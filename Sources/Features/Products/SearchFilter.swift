import HearthCore
import HearthJSON
import HearthVectorStore
import HearthVectors

/// Which products a search or a list is limited to: conditions on what products are filtered by.
struct SearchFilter: Sendable {
    let conditions: VectorFilter

    /// - Parameters:
    ///   - template: The one that products must have; nil for any.
    ///   - sourceType: The one that products must have; nil for any.
    ///   - filter: Conditions as collections have them, on any attribute, `template` and `source_type`.
    /// - Throws: ``HearthError`` `invalid_request`, `unprocessable_content`.
    init(template: String?, sourceType: String?, filter: JSONValue?) throws(HearthError) {
        var all: [VectorFilter] = []
        if let template = try ProductDraft.optionalWord(template, field: "template") {
            all.append(.equals(Product.templateAttribute, .text(template)))
        }
        if let sourceType = try ProductDraft.optionalWord(sourceType, field: "source_type") {
            all.append(.equals(Product.sourceTypeAttribute, .text(sourceType)))
        }
        let others = try FilterLanguage.parse(filter, rule: .automatic)
        if others != .everything { all.append(others) }
        conditions = all.isEmpty ? .everything : all.count == 1 ? all[0] : .all(all)
    }

    /// Whether a product's row fits; rows are newer than vectors while a product is being embedded again.
    func holds(_ product: Product) -> Bool {
        conditions == .everything
            || conditions.matches(item: product.productID, attributes: product.filteredAttributes)
    }
}
