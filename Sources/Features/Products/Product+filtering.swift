import HearthCore
import HearthJSON
import HearthVectorStore
import HearthVectors

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
