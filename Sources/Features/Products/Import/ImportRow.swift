import HearthCore
import HearthJSON

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

/// One line, record or folder of an import.
struct ImportRow: Sendable {
    /// Of the file, from 1; of an archive without a list, the number of the folder's first file.
    let line: Int
    /// The last line of it: a quoted field may go over several.
    let lastLine: Int
    /// Where the next row begins.
    let next: Int
    /// What it says, or why it cannot be used.
    let content: Result<Content, HearthError>
    /// Files of a folder that cannot be used, by their numbers; the others are.
    var problems: [Problem] = []

    /// A file of a folder, and why it cannot be used.
    struct Problem: Sendable {
        let line: Int
        let error: HearthError
    }

    /// A product as it is written.
    struct Content: Sendable {
        var externalID: String
        var template: String?
        var sourceType: String?
        var title: String?
        var description: String?
        var attributes: JSONValue?
        /// Pictures in the row itself.
        var pictures: [Data] = []
        /// Names of pictures in the archive, which a list gives.
        var pictureNames: [String] = []
    }
}

/// Gives the rows of an import, one after the other.
protocol RowReader: Sendable {
    /// Offsets below this are done.
    var count: Int { get }

    /// What the columns of the rows mean; nil where rows have no columns.
    var header: CSVColumns? { get }

    /// The next row; nil at the end.
    /// - Throws: what concerns the whole import.
    mutating func next() async throws -> ImportRow?

    /// How long a picture is, by the name that a row gives; nothing is unpacked for that.
    /// - Throws: ``HearthError`` `invalid_request` when there is none.
    func pictureLength(_ name: String) throws(HearthError) -> Int

    /// A picture by the name that a row gives.
    /// - Throws: ``HearthError`` `invalid_request`, what storage throws.
    func picture(_ name: String) async throws -> Data
}

extension RowReader {
    var header: CSVColumns? { nil }

    func picture(_ name: String) async throws -> Data { throw Self.noArchive }

    func pictureLength(_ name: String) throws(HearthError) -> Int { throw Self.noArchive }

    private static var noArchive: HearthError {
        HearthError(
            .invalidRequest, "The row names a picture, and there is no archive with it.",
            hint: "Send a zip file with the list and the pictures, or pictures in base64 as `images_base64`.")
    }
}
