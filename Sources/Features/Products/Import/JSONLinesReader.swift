import HearthCore
import HearthJSON

import struct Foundation.Data

/// Products as JSON objects, one a line.
struct JSONLinesReader: RowReader {
    let count: Int
    private var lines: SourceLines
    private var line: Int

    /// - Parameter line: the number of the line that begins at `position`, from 1.
    init(_ source: any ByteSource, from position: Int = 0, line: Int = 1) {
        count = source.count
        lines = SourceLines(source, from: position, limit: Limits.importLineBytes)
        self.line = line
    }

    mutating func next() async throws -> ImportRow? {
        while let read = try await lines.next() {
            let number = line
            line += 1
            var bytes = read.bytes
            if number == 1, let marked = bytes, marked.starts(with: ByteOrderMark.utf8) {
                bytes = Data(marked.dropFirst(3))
            }
            if let bytes, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            return ImportRow(line: number, lastLine: number, next: read.next, content: Self.content(bytes))
        }
        return nil
    }

    private static func content(_ bytes: Data?) -> Result<ImportRow.Content, HearthError> {
        guard let bytes else { return .failure(ImportFormat.lineTooLong) }
        do throws(HearthError) {
            let value = try JSONParser.read(bytes)
            guard value.objectValue != nil else {
                throw HearthError(.invalidRequest, "The line is not a JSON object.")
            }
            return .success(try JSONValueDecoder.read(ProductLine.self, from: value).content())
        } catch {
            return .failure(error)
        }
    }
}

/// A line of JSON; keys that are not known are refused nowhere, as in the rest of the API.
private struct ProductLine: Sendable, Codable {
    var externalID: String
    var template: String?
    var sourceType: String?
    var title: String?
    var description: String?
    var attributes: JSONValue?
    var images: [String]?
    var imagesBase64: [Data]?

    func content() -> ImportRow.Content {
        ImportRow.Content(
            externalID: externalID, template: template, sourceType: sourceType, title: title,
            description: description, attributes: attributes, pictures: imagesBase64 ?? [],
            pictureNames: images ?? [])
    }
}

/// The bytes that some programs put before a text to say how it is written.
enum ByteOrderMark {
    static let utf8 = Data([0xEF, 0xBB, 0xBF])
    /// UTF-16 and UTF-32, both orders: none of them is read.
    static let others = [Data([0xFF, 0xFE]), Data([0xFE, 0xFF]), Data([0, 0, 0xFE, 0xFF])]
}
