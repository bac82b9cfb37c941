import HearthCore
import HearthJSON

import struct Foundation.Data

/// The header of a CSV file: which columns it has, what is between them, and where the records begin.
struct CSVHeader {
    let columns: CSVColumns
    let delimiter: UInt8
    /// The header's line, from 1.
    let line: Int
    /// Offset of the line that follows.
    let next: Int

    /// Finds the header: the first line that is neither blank nor Excel's `sep=;`, which names the delimiter.
    /// - Throws: ``HearthError`` `invalid_request` when there is none, or it cannot be used.
    init(_ source: any ByteSource) async throws {
        var lines = SourceLines(source, limit: Limits.importQuotedBytes)
        var (number, named) = (0, UInt8?.none)
        while let read = try await lines.next() {
            number += 1
            guard var bytes = read.bytes else { break }
            if number == 1 {
                guard !ByteOrderMark.others.contains(where: bytes.starts(with:)) else {
                    throw Self.refused("is written in UTF-16 or UTF-32")
                }
                if bytes.starts(with: ByteOrderMark.utf8) { bytes = Data(bytes.dropFirst(3)) }
            }
            if CSVRecord.isEmpty(bytes) { continue }
            if named == nil, let separator = Self.separator(bytes) {
                named = separator
                continue
            }
            let delimiter = named ?? CSVRecord.delimiter(of: bytes)
            guard case .fields(let names) = CSVRecord.read(bytes, delimiter: delimiter, trims: true) else {
                throw Self.refused("has a header that is broken or not UTF-8")
            }
            self.delimiter = delimiter
            columns = try CSVColumns(names)
            (line, next) = (number, read.next)
            return
        }
        throw Self.refused("has no header")
    }

    /// The delimiter that a line such as `sep=;` names.
    private static func separator(_ line: Data) -> UInt8? {
        let text = String(decoding: line, as: UTF8.self).filter { $0 != "\"" }
        guard text.lowercased().hasPrefix("sep="), text.utf8.count <= 5 else { return nil }
        // `sep=` alone stands for a tab that an editor has cut off.
        return text.utf8.dropFirst(4).first ?? UInt8(ascii: "\t")
    }

    /// - Parameter near: What is probably meant, as a sentence before the hint.
    static func refused(_ problem: String, near: String? = nil) -> HearthError {
        HearthError(
            .invalidRequest, "The CSV file \(problem).",
            hint: "\(near ?? "")Its first line names the columns in UTF-8, `external_id` among them.")
    }
}
