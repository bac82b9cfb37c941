import Foundation
import HearthCore
import HearthJSON
import HearthVectorStore

/// Writes records into a file without a name.
struct ExportWriter {
    private let format: CollectionExport.Format
    private let file: FileHandle
    private let share: ExportSpace.Share

    /// - Throws: ``HearthError`` `overloaded`, `insufficient_storage`, `storage_unavailable`.
    init(_ format: CollectionExport.Format, in space: ExportSpace, for tenant: Tenant) throws {
        self.format = format
        share = try space.share(for: tenant)
        file = try space.file()
    }

    /// Writes what stands before the records.
    func begin(_ collection: NamedCollection, count: Int) throws {
        guard format == .npy else { return }
        guard let dims = collection.dims else {
            throw HearthError(.conflict, "The collection has no vectors yet.")
        }
        try write(Data(ArrayHeader(element: .float32, rows: count, dims: dims).bytes))
    }

    /// Writes a page of records.
    /// - Returns: the id of the last one; nil when the page is empty.
    func write(_ page: [CollectionTable.Record]) throws -> String? {
        guard let last = page.last else { return nil }
        var bytes = Data()
        for record in page { try append(record, to: &bytes) }
        try write(bytes)
        return last.item
    }

    func finish(version: Int64) throws -> CollectionExport {
        let end = try file.offset()
        try file.seek(toOffset: 0)
        return CollectionExport(file: file, bytes: Int(end), version: version, share: share)
    }

    private func write(_ bytes: Data) throws {
        try share.grow(by: bytes.count)
        do {
            try file.write(contentsOf: bytes)
        } catch {
            throw HearthError(
                .insufficientStorage, "The file of the export cannot be written.",
                hint: "It is made on the disk of the data folder.", cause: error)
        }
    }

    private func append(_ record: CollectionTable.Record, to bytes: inout Data) throws {
        switch format {
        case .npy: bytes.append(Data(littleEndian: record.vector))
        case .ids:
            bytes.append(JSONValue.string(record.item).encoded())
            bytes.append(0x0A)
        case .jsonl:
            var line: JSONValue = [
                "id": .string(record.item),
                "vector": .string(Data(littleEndian: record.vector).base64EncodedString()),
            ]
            if let payload = try record.payloadObject() { line["payload"] = .object(payload) }
            if let document = record.document { line["document"] = .string(document) }
            bytes.append(line.encoded())
            bytes.append(0x0A)
        }
    }
}
