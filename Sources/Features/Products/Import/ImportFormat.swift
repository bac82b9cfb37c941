import HearthCore

import struct Foundation.Data

/// How an import is written.
enum ImportFormat: String, Sendable, Codable, CaseIterable {
    case jsonl, csv, zip

    /// What the first bytes say: zip by its mark, JSON by its brace, and CSV otherwise.
    init(of start: Data) {
        let text = start.starts(with: ByteOrderMark.utf8) ? start.dropFirst(3) : start
        if start.starts(with: [0x50, 0x4B]) {
            self = .zip
        } else if text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            self = .jsonl
        } else {
            self = .csv
        }
    }

    static let lineTooLong = HearthError(
        .invalidRequest, "The line is too long.",
        hint: "At most \(Limits.importLineBytes) bytes, in CSV \(Limits.importQuotedBytes).")

    /// A reader of the rows from a place on.
    /// - Throws: ``HearthError`` `invalid_request` for what concerns the whole import.
    func reader(
        _ source: any ByteSource, from position: Int, line: Int, inflater: (any Inflater)?
    ) async throws -> any RowReader {
        switch self {
        case .jsonl: return JSONLinesReader(source, from: position, line: line)
        case .csv: return try await CSVReader(source, from: position, line: line)
        case .zip:
            guard let inflater else { throw HearthError(.internalError, "This worker cannot unpack.") }
            return try await ZipReader(
                ZipArchive(source, inflater: inflater), from: position, line: line)
        }
    }
}
