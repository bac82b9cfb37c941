import Foundation
import HearthCore

/// A file, or a folder as a zip file, that is sent in pieces.
struct ImportUpload {
    private enum Source {
        case file(FileHandle)
        case folder(FolderZip)
    }

    private var source: Source
    /// What has been read and not sent.
    private var pending = Data()

    private static let pieceBytes = 8 << 20

    /// - Throws: ``HearthError`` that names what cannot be read.
    init(_ path: String) throws(HearthError) {
        source = NamedFile.isFolder(path) ? .folder(try FolderZip(path)) : .file(try NamedFile.open(path))
    }

    var isFolder: Bool { if case .folder = source { true } else { false } }

    /// Sends all but the first `start` bytes.
    mutating func send(from start: Int, _ piece: (_ offset: Int, Data) async throws -> Void) async throws {
        var offset = 0
        while let bytes = try read() {
            defer { offset += bytes.count }
            guard offset + bytes.count > start else { continue }
            let skipped = max(0, start - offset)
            try await piece(offset + skipped, Data(bytes.dropFirst(skipped)))
        }
    }

    /// The next piece; nil at the end.
    private mutating func read() throws -> Data? {
        switch source {
        case .file(let handle):
            let bytes = try handle.read(upToCount: Self.pieceBytes) ?? Data()
            if bytes.isEmpty { try handle.close() }
            return bytes.isEmpty ? nil : bytes
        case .folder(var zip):
            var isAtEnd = false
            while !isAtEnd, pending.count < Self.pieceBytes {
                if let part = try zip.next() { pending.append(part) } else { isAtEnd = true }
            }
            source = .folder(zip)
            guard !pending.isEmpty else { return nil }
            let piece = Data(pending.prefix(Self.pieceBytes))
            pending = Data(pending.dropFirst(piece.count))
            return piece
        }
    }
}
