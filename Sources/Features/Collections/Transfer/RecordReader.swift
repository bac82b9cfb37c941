package import HearthCore
import HearthJSON

package import struct Foundation.Data

/// Records of a file that arrives in pieces: JSON lines, or the rows of a matrix; numbered from 1.
package struct RecordReader: Sendable {
    /// How the file is written.
    package enum Format: String, Sendable, CaseIterable {
        case jsonl, npy
    }

    private enum Input: Sendable {
        case lines(LineReader)
        case rows(ArrayRows)
    }

    private var input: Input
    private let idPrefix: String
    private let first: Int
    /// Lines or rows that were read.
    package private(set) var count = 0

    private static let emptyLines = LineReader(limit: Limits.recordLineBytes)

    /// - Parameters:
    ///   - idPrefix: rows of a matrix are called by it and their number from 0.
    ///   - first: the number of the first record that is wanted; those before it are passed over.
    package init(_ format: Format, idPrefix: String = "", first: Int = 1) {
        input =
            switch format {
            case .jsonl: .lines(Self.emptyLines)
            case .npy: .rows(ArrayRows())
            }
        self.idPrefix = idPrefix
        self.first = first
    }

    /// Adds the next bytes.
    package mutating func append(_ bytes: Data) {
        switch input {
        case .lines(var reader):
            input = .lines(Self.emptyLines)
            reader.append(bytes)
            input = .lines(reader)
        case .rows(var rows):
            input = .rows(ArrayRows())
            rows.append(bytes)
            input = .rows(rows)
        }
    }

    /// The next record; nil when more bytes are needed. Empty lines count, and are passed over.
    /// - Throws: ``HearthError`` when nothing that follows can be read.
    package mutating func next() throws(HearthError) -> NumberedRecord? {
        while true {
            guard let source = try read(atEnd: false) else { return nil }
            if let record = source { return record }
        }
    }

    /// The record that the end of the file completes; nil when there is none.
    /// - Throws: ``HearthError`` when the file is not whole.
    package mutating func last() throws(HearthError) -> NumberedRecord? {
        if case .rows(let rows) = input { try rows.finish() }
        return try read(atEnd: true) ?? nil
    }

    /// The next record; the inner nil stands for one that is passed over, the outer for no more bytes.
    private mutating func read(atEnd: Bool) throws(HearthError) -> NumberedRecord?? {
        let source: RecordSource
        switch input {
        case .lines(var reader):
            input = .lines(Self.emptyLines)
            defer { input = .lines(reader) }
            guard let line = atEnd ? reader.last() : reader.next() else { return nil }
            count += 1
            guard count >= first, let read = Self.source(line) else { return .some(nil) }
            source = read
        case .rows(var rows):
            input = .rows(ArrayRows())
            defer { input = .rows(rows) }
            guard !atEnd, let vector = try rows.next() else { return nil }
            count += 1
            guard count >= first else { return .some(nil) }
            source = .draft(RecordDraft(id: "\(idPrefix)\(count - 1)", source: .vector(vector)))
        }
        return NumberedRecord(count, source)
    }

    /// What a line says; nil for an empty one.
    private static func source(_ line: LineReader.Line) -> RecordSource? {
        do throws(HearthError) {
            guard let bytes = line.bytes else {
                let limit = Limits.recordLineBytes
                throw HearthError(
                    .bodyTooLarge, "The line is longer than \(limit) bytes.", hint: "At most \(limit) bytes a line.")
            }
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
            return .json(try JSONParser.read(bytes))
        } catch {
            return .broken(error)
        }
    }
}
