import HearthCore
import HearthJSON

import struct Foundation.Data

/// Products of an archive: a list `products.jsonl` or `products.csv` with pictures beside it, or one folder a product.
///
/// In folders, the name is the external id and the title, `description.txt` the description, and every picture a
/// picture of it.
struct ZipReader: RowReader {
    private enum Rows: Sendable {
        case list(any RowReader)
        case folders([(name: String, entries: [ZipArchive.Entry])], next: Int)
    }

    let count: Int
    private let archive: ZipArchive
    private var rows: Rows
    /// Of the list within the archive, with its last slash.
    private let base: String

    init(_ archive: ZipArchive, from position: Int, line: Int) async throws {
        self.archive = archive
        let lists = archive.entries.filter { entry in
            let name = entry.name.split(separator: "/").last ?? ""
            return name == "products.jsonl" || name == "products.csv"
        }
        guard lists.count <= 1 else {
            throw HearthError(.invalidRequest, "The zip file has more than one list of products.")
        }
        if let list = lists.first {
            base = list.name.lastIndex(of: "/").map { String(list.name[...$0]) } ?? ""
            let source = MemorySource(try await archive.bytes(of: list))
            let reader: any RowReader =
                list.name.hasSuffix(".csv")
                ? try await CSVReader(source, from: position, line: line)
                : JSONLinesReader(source, from: position, line: line)
            count = reader.count
            rows = .list(reader)
        } else {
            base = ""
            let folders = Self.folders(archive.entries)
            guard !folders.isEmpty else {
                throw HearthError(
                    .invalidRequest, "The zip file has no products.",
                    hint: "A list `products.jsonl` or `products.csv`, or one folder with pictures for each product.")
            }
            count = folders.count
            rows = .folders(folders, next: position)
        }
    }

    mutating func next() async throws -> ImportRow? {
        switch rows {
        case .list(var reader):
            let row = try await reader.next()
            rows = .list(reader)
            return row
        case .folders(let folders, let place):
            guard place < folders.count else { return nil }
            rows = .folders(folders, next: place + 1)
            let (name, entries) = folders[place]
            return ImportRow(
                line: place + 1, lastLine: place + 1, next: place + 1, content: try await content(name, entries))
        }
    }

    func picture(_ name: String) async throws -> Data {
        guard let entry = archive[base + name] else {
            throw HearthError(.invalidRequest, "There is no `\(name.prefix(100))` in the zip file.")
        }
        return try await archive.bytes(of: entry)
    }

    private func content(
        _ name: String, _ entries: [ZipArchive.Entry]
    ) async throws -> Result<ImportRow.Content, HearthError> {
        var content = ImportRow.Content(externalID: name, title: name)
        do {
            for entry in entries.sorted(by: { $0.name < $1.name }) {
                if entry.name.hasSuffix("/description.txt") {
                    let bytes = try await archive.bytes(of: entry)
                    guard let text = String(clientText: bytes) else {
                        throw HearthError(
                            .invalidRequest, "The description is not UTF-8, or \(CombiningMarks.problem).")
                    }
                    content.description = text
                } else if Self.isPicture(entry.name) {
                    content.pictureNames.append(entry.name)
                }
            }
            return .success(content)
        } catch let error as HearthError where error.code == .invalidRequest {
            return .failure(error)
        }
    }

    /// The innermost folders that have pictures, by their names.
    private static func folders(
        _ entries: [ZipArchive.Entry]
    ) -> [(name: String, entries: [ZipArchive.Entry])] {
        var folders: [ByteKey: [ZipArchive.Entry]] = [:]
        for entry in entries {
            let parts = entry.name.split(separator: "/")
            guard parts.count >= 2, !parts.contains(where: { $0.hasPrefix(".") || $0 == "__MACOSX" }) else { continue }
            folders[ByteKey(parts.dropLast().joined(separator: "/")), default: []].append(entry)
        }
        return folders.filter { $0.value.contains { isPicture($0.name) } }
            .map { (path: $0.key.text, entries: $0.value) }.sorted { $0.path < $1.path }
            .map { folder in (String(folder.path.split(separator: "/").last ?? ""), folder.entries) }
    }

    private static func isPicture(_ name: String) -> Bool {
        let ending = name.split(separator: ".").last?.lowercased() ?? ""
        return ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff"].contains(ending)
    }
}
