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

    /// Columns of one file that are asked about.
    private static let mostDoubts = 10

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
        guard columns.contains(.externalID) else {
            let near = named.first { NearestName.of($0, among: ["external_id", "sku"]) != nil }
            throw CSVHeader.refused(
                "has no column `external_id`", near: near.map { "Did you mean `external_id` by `\($0.prefix(60))`? " })
        }
        var seen: Set<String> = []
        for name in named where !seen.insert(name).inserted {
            throw CSVHeader.refused("has two columns `\(name.prefix(60))`")
        }
        self.columns = columns
    }

    /// What to ask about columns whose names are like known ones: each is kept as an attribute, which may be a mistake.
    /// - Parameter known: Names of the attributes that products have already.
    func doubts(knowing known: Set<String>) -> [String] {
        let given = columns.compactMap { column -> String? in
            if case .attribute(let name) = column { name } else { nil }
        }
        let unused = Self.meanings.filter { !columns.contains($0.meaning) }.flatMap(\.names)
        let candidates = unused + known.subtracting(given).sorted()
        let doubts = given.filter { !known.contains($0) }.compactMap { name in
            NearestName.of(name, among: candidates).map {
                "The column `\(name)` is kept as an attribute. Did you mean `\($0)`?"
            }
        }
        return Array(doubts.prefix(Self.mostDoubts))
    }

    /// What a record says.
    func content(_ fields: [String]) -> Result<ImportRow.Content, HearthError> {
        guard fields.count >= columns.count else {
            return .failure(
                CSVReader.broken("it has \(counted(fields.count, "field")), the header has \(columns.count)"))
        }
        guard fields[columns.count...].allSatisfy(\.isEmpty) else {
            return .failure(
                CSVReader.broken(
                    "it has \(counted(fields.count, "field")), the header names \(counted(columns.count, "column"))"))
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
