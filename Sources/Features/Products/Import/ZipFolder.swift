import HearthCore
import HearthJSON
import HearthText

import struct Foundation.Data

/// A folder of an archive that is one product: `description.txt` is its description, and every other file a picture of
/// it, told by its content. A file that is no picture is named as refused, and the product is made of the others.
struct ZipFolder: Sendable {
    /// The product's external id: the folder's name, or its whole path where another folder has the same name.
    private let externalID: String
    private let title: String
    private let entries: [ZipArchive.Entry]
    /// The number of its first file among those of all folders, from 1.
    private let line: Int

    /// The folders of an archive that have files of their own, by their paths. Files in no folder are a folder without
    /// a name, so that they are told of.
    static func folders(of entries: [ZipArchive.Entry]) -> [ZipFolder] {
        var files: [ByteKey: [ZipArchive.Entry]] = [:]
        for entry in entries where !isSystemFile(entry.name) {
            let folder = entry.name.split(separator: "/").dropLast().joined(separator: "/")
            files[ByteKey(folder), default: []].append(entry)
        }
        let counts = Dictionary(files.keys.map { (ByteKey(lastPart(of: $0.text)), 1) }, uniquingKeysWith: +)
        guard files.keys.contains(where: { !$0.text.isEmpty }) else { return [] }
        var line = 1
        return files.map { (path: $0.key.text, entries: $0.value) }.sorted { isBefore($0.path, $1.path) }.map {
            path, entries in
            defer { line += entries.count }
            let name = lastPart(of: path)
            return ZipFolder(
                externalID: counts[ByteKey(name)] == 1 ? name : path, title: name,
                entries: entries.sorted { isBefore($0.name, $1.name) }, line: line)
        }
    }

    /// By bytes: an attempt that goes on in another process must find the same order.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// What systems put beside the files of a person: hidden files, and notes on how a folder is shown.
    static func isSystemFile(_ name: String) -> Bool {
        let parts = name.split(separator: "/")
        return parts.contains { $0.hasPrefix(".") || $0 == "__MACOSX" }
            || ["thumbs.db", "desktop.ini"].contains(parts.last?.lowercased())
    }

    /// The product that it is.
    /// - Parameter next: the place of the folder that follows.
    /// - Throws: what storage throws.
    func row(in archive: ZipArchive, next: Int) async throws -> ImportRow {
        var content = ImportRow.Content(externalID: externalID, title: title)
        var problems: [ImportRow.Problem] = []
        var left = Limits.importPictureBytes
        for (place, entry) in entries.enumerated() {
            do {
                guard !externalID.isEmpty else { throw Self.refused(entry, "is in no folder") }
                if entry.name.lowercased().hasSuffix("/description.txt") {
                    content.description = try await Self.description(entry, in: archive)
                    continue
                }
                guard content.pictures.count < Limits.productImages else {
                    throw Self.refused(entry, "is one picture too many", hint: "At most \(Limits.productImages).")
                }
                guard entry.length <= left else {
                    throw Self.refused(
                        entry, "makes the pictures of its product too large",
                        hint: "At most \(Limits.importPictureBytes >> 20) MB for one product.")
                }
                left -= entry.length
                let bytes = try await archive.bytes(of: entry)
                _ = try ImageProbe.inspect(bytes)
                content.pictures.append(bytes)
            } catch let error as HearthError where Self.concernsFile(error) {
                problems.append(ImportRow.Problem(line: line + place, error: Self.named(entry, error)))
            }
        }
        let last = line + entries.count - 1
        guard content.pictures.isEmpty else {
            return ImportRow(line: line, lastLine: last, next: next, content: .success(content), problems: problems)
        }
        // Nothing of the folder can be used: its first problem is the row's.
        let first = problems.first ?? ImportRow.Problem(line: line, error: Self.withoutPicture(entries[0]))
        return ImportRow(
            line: first.line, lastLine: last, next: next, content: .failure(first.error),
            problems: Array(problems.dropFirst()))
    }

    private static func description(_ entry: ZipArchive.Entry, in archive: ZipArchive) async throws -> String {
        // A Unicode scalar has four bytes at most.
        guard entry.length <= 4 * Limits.productDescription else {
            throw refused(entry, "is too long", hint: "At most \(Limits.productDescription) characters.")
        }
        let bytes = try await archive.bytes(of: entry)
        let text = bytes.starts(with: ByteOrderMark.utf8) ? bytes.dropFirst(3) : bytes
        guard let description = String(clientText: text) else {
            throw refused(entry, "is not UTF-8, or \(CombiningMarks.problem)", hint: "Save the description as UTF-8.")
        }
        return description
    }

    private static func concernsFile(_ error: HearthError) -> Bool {
        [.invalidRequest, .invalidImage, .imageTooLarge, .unsupportedMediaType].contains(error.code)
    }

    private static func withoutPicture(_ entry: ZipArchive.Entry) -> HearthError {
        refused(entry, "is in a folder without a picture")
    }

    /// The error with the name of the file before it, where it is not said yet.
    private static func named(_ entry: ZipArchive.Entry, _ error: HearthError) -> HearthError {
        let name = "`\(entry.name.prefix(100))`"
        guard !error.message.hasPrefix(name) else { return error }
        return HearthError(error.code, "\(name): \(error.message)", hint: error.hint)
    }

    private static func refused(_ entry: ZipArchive.Entry, _ problem: String, hint: String? = nil) -> HearthError {
        HearthError(.invalidRequest, "`\(entry.name.prefix(100))` \(problem).", hint: hint)
    }
}
