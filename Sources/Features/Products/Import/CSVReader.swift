import HearthCore
import HearthJSON

import struct Foundation.Data

/// Products as the records of a CSV file with a header; see ``CSVRecord``.
///
/// A record that is broken costs its own line: reading goes on in the next one, also when a quote is never closed.
struct CSVReader: RowReader {
    let count: Int
    var header: CSVColumns? { columns }
    private let columns: CSVColumns
    private let delimiter: UInt8
    private var lines: SourceLines
    private var line: Int

    /// Reads the header: the first line that says anything, behind `sep=;` if that is there.
    /// - Parameters:
    ///   - position: where a record begins; 0 or what a row has given.
    ///   - line: the number of the line that begins there.
    /// - Throws: ``HearthError`` `invalid_request` when the header cannot be used.
    init(_ source: any ByteSource, from position: Int = 0, line: Int = 1) async throws {
        count = source.count
        let header = try await CSVHeader(source)
        columns = header.columns
        delimiter = header.delimiter
        let isResumed = position > header.next
        lines = SourceLines(source, from: isResumed ? position : header.next, limit: Limits.importQuotedBytes)
        self.line = isResumed ? line : header.line + 1
    }

    mutating func next() async throws -> ImportRow? {
        while let first = try await lines.next() {
            let number = line
            line += 1
            guard let bytes = first.bytes else {
                return ImportRow(
                    line: number, lastLine: number, next: first.next, content: .failure(ImportFormat.lineTooLong))
            }
            if CSVRecord.isEmpty(bytes) { continue }
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
                return ImportRow(
                    line: number, lastLine: number + taken, next: end, content: columns.content(fields))
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

    static func broken(_ reason: String) -> HearthError {
        HearthError(.invalidRequest, "The record is broken: \(reason).")
    }
}
