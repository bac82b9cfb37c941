import HearthCore
import HearthJSON

/// What the columns of a CSV file mean.
///
/// Of several names for one meaning the first in ``meanings`` wins, and the other columns are attributes, as are
/// columns of any other name. Columns without a name at the end, which spreadsheets add, must be empty.
struct CSVColumns: Sendable {
    /// What a column gives.
    private enum Meaning: Sendable, Equatable {
        case externalID, template, sourceType, title, description, images
        case attribute(String)
    }

    /// Names of a meaning, the strongest first; in lower case, with `_` for blanks.
    private static let meanings: [(meaning: Meaning, names: [String])] = [
        (.externalID, ["external_id", "externalid", "sku", "id"]),
        (.template, ["template", "business_template", "businesstemplate"]),
        (.sourceType, ["source_type", "sourcetype"]),
        (.title, ["title", "name"]),
        (.description, ["description"]),
        (.images, ["images"]),
    ]

    private let columns: [Meaning]

    /// - Throws: ``HearthError`` `invalid_request` when columns have no name or one name, or none is `external_id`.
    init(_ header: [String]) throws(HearthError) {
        let named = header.lastIndex { !$0.isEmpty }.map { header[...$0] } ?? []
        guard !named.contains("") else { throw CSVHeader.refused("has a column without a name between others") }
        var columns: [Meaning] = named.map { .attribute($0) }
        let plain = named.map { $0.lowercased().replacing(" ", with: "_") }
        for (meaning, names) in Self.meanings {
            let winner = names.lazy.compactMap { name in plain.firstIndex(of: name) }.first
            if let winner { columns[winner] = meaning }
        }
        guard columns.contains(.externalID) else { throw CSVHeader.refused("has no column `external_id`") }
        var seen: Set<String> = []
        for name in named where !seen.insert(name).inserted {
            throw CSVHeader.refused("has two columns `\(name.prefix(60))`")
        }
        self.columns = columns
    }

    /// What a record says.
    func content(_ fields: [String]) -> Result<ImportRow.Content, HearthError> {
        guard fields.count >= columns.count else {
            return .failure(CSVReader.broken("it has \(fields.count) fields, the header has \(columns.count)"))
        }
        guard fields[columns.count...].allSatisfy(\.isEmpty) else {
            return .failure(
                CSVReader.broken("it has \(fields.count) fields, the header names \(columns.count) columns"))
        }
        var content = ImportRow.Content(externalID: "")
        var attributes = JSONObject()
        for (column, field) in zip(columns, fields) {
            switch column {
            case .externalID: content.externalID = field
            case .template: content.template = field.isEmpty ? nil : field
            case .sourceType: content.sourceType = field.isEmpty ? nil : field
            case .title: content.title = field
            case .description: content.description = field
            case .images: content.pictureNames = field.split(separator: "|").map(String.init)
            case .attribute(let name): if !field.isEmpty { attributes[name] = .string(field) }
            }
        }
        if !attributes.isEmpty { content.attributes = .object(attributes) }
        return .success(content)
    }
}
