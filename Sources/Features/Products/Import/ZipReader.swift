import HearthCore
import HearthJSON

import struct Foundation.Data

/// Products of an archive: a list `products.jsonl` or `products.csv` with pictures beside it, or one folder a product;
/// see ``ZipFolder``.
struct ZipReader: RowReader {
    private enum Rows: Sendable {
        case list(any RowReader)
        case folders([ZipFolder], next: Int)
    }

    let count: Int
    private let archive: ZipArchive
    private var rows: Rows
    /// Of the list within the archive, with its last slash.
    private let base: String

    init(_ archive: ZipArchive, from position: Int, line: Int) async throws {
        self.archive = archive
        let lists = archive.entries.filter { entry in
            let name = entry.name.split(separator: "/").last?.lowercased()
            return (name == "products.jsonl" || name == "products.csv") && !ZipFolder.isSystemFile(entry.name)
        }
        guard lists.count <= 1 else {
            throw HearthError(.invalidRequest, "The zip file has more than one list of products.")
        }
        if let list = lists.first {
            base = list.name.lastIndex(of: "/").map { String(list.name[...$0]) } ?? ""
            let source = MemorySource(try await archive.bytes(of: list))
            let reader: any RowReader =
                list.name.lowercased().hasSuffix(".csv")
                ? try await CSVReader(source, from: position, line: line)
                : JSONLinesReader(source, from: position, line: line)
            count = reader.count
            rows = .list(reader)
        } else {
            base = ""
            let folders = ZipFolder.folders(of: archive.entries)
            guard !folders.isEmpty else {
                throw HearthError(
                    .invalidRequest, "The zip file has no products.",
                    hint: "A list `products.jsonl` or `products.csv`, or one folder with pictures for each product.")
            }
            count = folders.count
            rows = .folders(folders, next: position)
        }
    }

    var header: CSVColumns? { if case .list(let reader) = rows { reader.header } else { nil } }

    mutating func next() async throws -> ImportRow? {
        switch rows {
        case .list(var reader):
            let row = try await reader.next()
            rows = .list(reader)
            return row
        case .folders(let folders, let place):
            guard place < folders.count else { return nil }
            rows = .folders(folders, next: place + 1)
            return try await folders[place].row(in: archive, next: place + 1)
        }
    }

    func picture(_ name: String) async throws -> Data { try await archive.bytes(of: entry(name)) }

    func pictureLength(_ name: String) throws(HearthError) -> Int { try entry(name).length }

    private func entry(_ name: String) throws(HearthError) -> ZipArchive.Entry {
        guard let entry = ZipName.normalised(base + name).flatMap({ archive[$0] }) else {
            throw HearthError(.invalidRequest, "There is no `\(name.prefix(100))` in the zip file.")
        }
        return entry
    }
}
