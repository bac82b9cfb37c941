import HearthCore

import struct Foundation.Data

/// Whether the files beside a sidecar are those that it describes. A folder may come from elsewhere, and a row lets its
/// file be read by everyone who may read the output: so bytes count, not what is said of them.
extension OutputSidecar {
    /// Reads the file and compares it with the sidecar: its length, its hash, and that it is the picture or the video
    /// that its format says.
    /// - Returns: the sidecar; without the small picture when that is not there, or is not what the sidecar says.
    /// - Throws: ``HearthError`` `invalid_request`; `not_found` for a symbolic link, and as files are read.
    func checked(with blobs: any BlobStore) async throws -> OutputSidecar {
        let reader = try await blobs.open(file.path)
        guard reader.size == file.bytes else {
            throw HearthError(.invalidRequest, "The file has another length than its sidecar says.")
        }
        guard try await Self.hash(of: reader) == file.sha256 else {
            throw HearthError(.invalidRequest, "The file is not the one of its sidecar.")
        }
        let named = file.path.split(separator: ".").last.map(String.init)
        guard named == format, try await Self.format(of: reader) == (format == "jpeg" ? "jpg" : format) else {
            throw HearthError(.invalidRequest, "The file is no \(format).")
        }
        var checked = self
        if try await !hasThumbnail(blobs) { (checked.thumbnailSHA256, checked.thumbnailBytes) = (nil, nil) }
        return checked
    }

    /// SHA-256 of a file, read in pieces.
    private static func hash(of reader: any BlobReader) async throws -> String {
        var (hash, rest) = (Digest256.Hasher(), 0..<reader.size)
        while !rest.isEmpty {
            try Task.checkCancellation()
            let piece = try await reader.read(rest.prefix(1 << 20))
            guard !piece.isEmpty else { throw HearthError(.invalidRequest, "The file has become shorter.") }
            hash.update(piece)
            rest = rest.dropFirst(piece.count)
        }
        return hash.finished.hex
    }

    /// What a file is by its bytes, as generators name it.
    private static func format(of reader: any BlobReader) async throws -> String {
        let head = try await reader.read(0..<12)
        if head.count == 12, head.dropFirst(4).prefix(4).elementsEqual("ftyp".utf8) { return "mp4" }
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "webm" }
        guard reader.size <= Limits.comfyUIPictureBytes else {
            throw HearthError(.invalidRequest, "The file is no video, and too large for a picture.")
        }
        return try InspectedImage(try await reader.read(0..<reader.size)).header.format.fileExtension
    }

    private func hasThumbnail(_ blobs: any BlobStore) async throws -> Bool {
        guard let sum = thumbnailSHA256, let count = thumbnailBytes else { return false }
        do {
            let reader = try await blobs.open(file.path + OutputFile.thumbnailSuffix)
            guard reader.size == count, count <= Limits.uploadBytes else { return false }
            let image = try InspectedImage(try await reader.read(0..<count))
            return image.sha256.hex == sum && image.header.format == .jpeg
        } catch let error as HearthError {
            // Waiting helps against what is wrong with the disk only.
            guard error.code != .storageUnavailable else { throw error }
            return false
        }
    }
}
