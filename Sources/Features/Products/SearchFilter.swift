import HearthCore
import HearthVectors

/// Which products a search is limited to.
struct SearchFilter: Sendable {
    let template: String?
    let sourceType: String?

    /// - Throws: ``HearthError`` `invalid_request`.
    init(template: String?, sourceType: String?) throws(HearthError) {
        self.template = try ProductDraft.optionalWord(template, field: "template")
        self.sourceType = try ProductDraft.optionalWord(sourceType, field: "source_type")
    }

    /// On the attributes that each vector carries.
    var vectors: VectorFilter {
        var filters: [VectorFilter] = []
        if let template { filters.append(.equals("template", .text(template))) }
        if let sourceType { filters.append(.equals("source_type", .text(sourceType))) }
        return filters.isEmpty ? .everything : filters.count == 1 ? filters[0] : .all(filters)
    }

    /// On the rows, which are newer than a vector's attributes while a product is being embedded again.
    func holds(_ product: Product) -> Bool {
        (template ?? product.template) == product.template
            && (sourceType ?? product.sourceType) == product.sourceType
    }
}
