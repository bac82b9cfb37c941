import Foundation
import HearthCore

/// A folder as a zip file of stored entries, made one entry after the other: it is never held whole.
///
/// The same folder gives the same bytes, so that an upload that was interrupted can go on.
struct FolderZip {
    private struct File {
        let name: String
        let path: String
    }

    /// What is in the zip file already.
    private struct Entry {
        let name: String
        let crc: UInt32
        let bytes: UInt32
        let offset: UInt32
    }

    private var rest: ArraySlice<File>
    private var entries: [Entry] = []
    private var offset = 0
    private var isFinished = false

    /// Kinds of files that an import reads.
    private static let endings: Set<String> = [
        "jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "txt", "jsonl", "csv",
    ]
    /// The version of zip that is needed to unpack it, and names in UTF-8.
    private static let head: [UInt16] = [20, 0x0800]
    /// No compression, and the first moment that a zip file can hold, 1 January 1980: times would differ from copy to
    /// copy.
    private static let method: [UInt16] = [0, 0, 0x0021]

    /// - Throws: ``HearthError`` `not_found` when there is nothing to import in it, `invalid_request` for more than an
    ///   import takes.
    init(_ folder: String) throws(HearthError) {
        let root = URL(fileURLWithPath: folder).standardizedFileURL
        let files = Self.files(in: root, prefix: "")
        guard files.contains(where: { $0.name.contains("/") || $0.name.hasPrefix("products.") }) else {
            throw HearthError(
                .notFound, "There are no products in the folder \(folder).",
                hint: "Make one sub-folder for each product, with pictures and a description.txt; or put a "
                    + "products.jsonl or products.csv beside the pictures.")
        }
        guard files.count <= Limits.zipEntries else {
            throw HearthError(
                .invalidRequest, "The folder \(folder) has \(files.count) files; \(Limits.zipEntries) are allowed.",
                hint: "Import its sub-folders in several parts.")
        }
        rest = files[...]
    }

    private static func files(in folder: URL, prefix: String) -> [File] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        return names.filter { !$0.hasPrefix(".") && $0 != "__MACOSX" }.flatMap { name -> [File] in
            let url = folder.appending(path: name)
            // A link may lead to a folder above it.
            switch try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType {
            case .typeDirectory: return files(in: url, prefix: "\(prefix)\(name)/")
            case .typeRegular where endings.contains(url.pathExtension.lowercased()):
                return [File(name: prefix + name, path: url.path)]
            default: return []
            }
        }
    }

    /// The next part; nil at the end.
    /// - Throws: ``HearthError`` for a file that cannot be read or is too long.
    mutating func next() throws(HearthError) -> Data? {
        guard let file = rest.popFirst() else {
            guard !isFinished else { return nil }
            isFinished = true
            return try directory()
        }
        let bytes = try NamedFile.read(file.path)
        guard bytes.count <= Limits.zipEntryBytes else {
            throw HearthError(
                .invalidRequest,
                "The file \(file.path) has \(DownloadView.size(bytes.count)); "
                    + "\(DownloadView.size(Limits.zipEntryBytes)) are allowed.")
        }
        let place = try place()
        let crc = bytes.withUnsafeBytes { CRC32.checksum($0) }
        let entry = Entry(name: file.name, crc: crc, bytes: UInt32(bytes.count), offset: place)
        var part = Data()
        part.append(number: 0x0403_4B50 as UInt32)
        Self.append(entry, to: &part)
        part.append(contentsOf: Array(file.name.utf8))
        part.append(bytes)
        entries.append(entry)
        offset += part.count
        return part
    }

    /// Where the next part begins.
    private func place() throws(HearthError) -> UInt32 {
        guard let place = UInt32(exactly: offset) else {
            throw HearthError(
                .invalidRequest, "The folder holds more than 4 GB.", hint: "Import its sub-folders in several parts.")
        }
        return place
    }

    /// What the head of an entry and its line in the directory have in common, up to the length of the extra field.
    private static func append(_ entry: Entry, to part: inout Data) {
        for word in head + method { part.append(number: word) }
        for word in [entry.crc, entry.bytes, entry.bytes] { part.append(number: word) }
        part.append(number: UInt16(entry.name.utf8.count))
        part.append(number: 0 as UInt16)
    }

    /// The list of all entries, which ends the file.
    private func directory() throws(HearthError) -> Data {
        let place = try place()
        var part = Data()
        for entry in entries {
            part.append(number: 0x0201_4B50 as UInt32)
            part.append(number: Self.head[0])
            Self.append(entry, to: &part)
            // No comment, first volume, no attributes.
            part.append(Data(repeating: 0, count: 10))
            part.append(number: entry.offset)
            part.append(contentsOf: Array(entry.name.utf8))
        }
        let bytes = UInt32(part.count)
        part.append(number: 0x0605_4B50 as UInt32)
        part.append(number: 0 as UInt32)
        for _ in 0..<2 { part.append(number: UInt16(entries.count)) }
        part.append(number: bytes)
        part.append(number: place)
        part.append(number: 0 as UInt16)
        return part
    }
}

extension Data {
    /// Appends a little-endian number.
    fileprivate mutating func append(number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
