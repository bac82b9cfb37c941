import HearthCore
import HearthJSON

import struct Foundation.Data

/// Products as the records of a CSV file with a header; see ``CSVRecord``.
///
/// A record that is broken costs its own line: reading goes on in the next one, also when a quote is never closed.
struct CSVReader: RowReader {
    let count: Int
    private let columns: [String]
    private let delimiter: UInt8
    private let source: any ByteSource
    private var lines: SourceLines
    private var line: Int

    /// Reads the header, which the file always begins with.
    /// - Parameters:
    ///   - position: where a record begins; 0 or what a row has given.
    ///   - line: the number of the line that begins there.
    /// - Throws: ``HearthError`` `invalid_request` when the header cannot be used.
    init(_ source: any ByteSource, from position: Int = 0, line: Int = 1) async throws {
        self.source = source
        count = source.count
        var lines = SourceLines(source, limit: Limits.importQuotedBytes)
        guard let first = try await lines.next(), var header = first.bytes else {
            throw Self.refused("has no header")
        }
        guard !ByteOrderMark.others.contains(where: header.starts(with:)) else {
            throw Self.refused("is written in UTF-16 or UTF-32")
        }
        if header.starts(with: ByteOrderMark.utf8) { header = Data(header.dropFirst(3)) }
        delimiter = CSVRecord.delimiter(of: header)
        guard case .fields(let names) = CSVRecord.read(header, delimiter: delimiter) else {
            throw Self.refused("has a header that is broken or not UTF-8")
        }
        columns = names.map { Self.column($0) }
        guard columns.contains("external_id") else { throw Self.refused("has no column `external_id`") }
        guard Set(columns).count == columns.count, !columns.contains("") else {
            throw Self.refused("has a column without a name, or two of one name")
        }
        let isResumed = position > first.next
        self.lines = SourceLines(
            source, from: isResumed ? position : first.next, limit: Limits.importQuotedBytes)
        self.line = isResumed ? line : 2
    }

    mutating func next() async throws -> ImportRow? {
        while let first = try await lines.next() {
            let number = line
            line += 1
            guard let bytes = first.bytes else {
                return ImportRow(
                    line: number, lastLine: number, next: first.next, content: .failure(ImportFormat.lineTooLong))
            }
            if bytes.isEmpty { continue }
            return try await row(bytes, number: number, next: first.next)
        }
        return nil
    }

    private mutating func row(_ first: Data, number: Int, next: Int) async throws -> ImportRow {
        var (bytes, end, ahead, taken) = (first, next, lines, 0)
        while true {
            switch CSVRecord.read(bytes, delimiter: delimiter) {
            case .fields(let fields):
                lines = ahead
                line += taken
                return ImportRow(line: number, lastLine: number + taken, next: end, content: content(fields))
            case .broken(let reason):
                return ImportRow(
                    line: number, lastLine: number, next: next, content: .failure(Self.broken(reason)))
            case .open:
                // A line without a quote, or with pairs of them only, closes nothing: the record is read again only
                // when it may have ended, so that each byte is looked at a few times, however many lines there are.
                var mayBeClosed = false
                while !mayBeClosed {
                    guard bytes.count <= Limits.importQuotedBytes, let more = try await ahead.next(),
                        let added = more.bytes
                    else {
                        // Nothing closes it: the quote is a mistake of this line, and the others are still good.
                        return ImportRow(
                            line: number, lastLine: number, next: next,
                            content: .failure(Self.broken("a quote is not closed")))
                    }
                    bytes += [UInt8(ascii: "\n")] + added
                    end = more.next
                    taken += 1
                    mayBeClosed = !added.count { $0 == UInt8(ascii: "\"") }.isMultiple(of: 2)
                }
            }
        }
    }

    private func content(_ fields: [String]) -> Result<ImportRow.Content, HearthError> {
        guard fields.count == columns.count else {
            return .failure(Self.broken("it has \(fields.count) fields, the header has \(columns.count)"))
        }
        var content = ImportRow.Content(externalID: "")
        var attributes = JSONObject()
        for (column, field) in zip(columns, fields) {
            switch column {
            case "external_id": content.externalID = field
            case "template": content.template = field.isEmpty ? nil : field
            case "source_type": content.sourceType = field.isEmpty ? nil : field
            case "title": content.title = field
            case "description": content.description = field
            case "images": content.pictureNames = field.split(separator: "|").map(String.init)
            default: if !field.isEmpty { attributes[column] = .string(field) }
            }
        }
        if !attributes.isEmpty { content.attributes = .object(attributes) }
        return .success(content)
    }

    /// The names that others give to the columns that mean something; the rest are attributes.
    private static func column(_ name: String) -> String {
        let plain = name.lowercased().replacing(" ", with: "_")
        switch plain {
        case "external_id", "externalid", "id", "sku": return "external_id"
        case "template", "businesstemplate", "business_template": return "template"
        case "source_type", "sourcetype": return "source_type"
        case "title", "name": return "title"
        case "description", "images": return plain
        default: return name
        }
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The CSV file \(problem).",
            hint: "Its first line names the columns in UTF-8, `external_id` among them.")
    }

    private static func broken(_ reason: String) -> HearthError {
        HearthError(.invalidRequest, "The record is broken: \(reason).")
    }
}
