import HTTPTypes
package import HearthCore
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

import struct Foundation.Data

/// Projects as zip files, which no operation can answer because they do not fit into memory.
package struct ArchiveDoor: Door {
    private let owner: any ArchiveOwner
    private let blobs: any BlobStore

    package init(owner: any ArchiveOwner, blobs: any BlobStore) {
        self.owner = owner
        self.blobs = blobs
    }

    package var routes: [DoorRoute] {
        ["/api", "/api/anime"].map { base in
            DoorRoute(
                .get, "\(base)/projects/{project}/export", streamsAnswer: true,
                describe: OpenAPIEntry(
                    base == "/api" ? "studio.projects.export" : "studio.projects.export:\(base)",
                    "A project as a zip file: pictures of characters, outputs, and the recipes beside them.",
                    parameters: [
                        [
                            "name": "project", "in": "path", "required": true, "description": "Its name or identifier.",
                            "schema": ["type": "string", "format": "name"],
                        ]
                    ], mediaType: "application/zip", answer: BodyRule.file), answer: export)
        }
    }

    private func export(_ call: DoorCall) async throws -> Response {
        let archive = try await owner.archive(of: call.parameter("project"), for: call.tenant)
        guard let size = ZipWriter.size(of: archive.entries.map { ($0.name, $0.bytes) }) else {
            throw HearthError(
                .unprocessable, "The project does not fit into a zip file.", hint: "At most 4 GB and 65,534 files.")
        }
        let blobs = blobs
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .contentLength: String(size),
                .contentDisposition: "attachment; filename=\"\(archive.name).zip\"",
            ],
            body: ResponseBody(contentLength: size) { writer in
                var zip = ZipWriter()
                for entry in archive.entries {
                    try await writer.write(ByteBuffer(data: zip.begin(entry.name)))
                    switch entry.content {
                    case .bytes(let bytes): try await writer.write(ByteBuffer(data: zip.add(bytes)))
                    case .file(let path, let bytes):
                        let reader = try await blobs.open(path)
                        guard reader.size == bytes else {
                            throw HearthError(.storageUnavailable, "A file has changed while it was read.")
                        }
                        var rest = 0..<bytes
                        while !rest.isEmpty {
                            let piece = try await reader.read(rest.prefix(Limits.fileChunk))
                            guard !piece.isEmpty else {
                                throw HearthError(.storageUnavailable, "A file has become shorter.")
                            }
                            try await writer.write(ByteBuffer(data: zip.add(piece)))
                            rest = rest.dropFirst(piece.count)
                        }
                    }
                    try await writer.write(ByteBuffer(data: zip.end()))
                }
                try await writer.write(ByteBuffer(data: zip.directory()))
                try await writer.finish(nil)
            })
    }
}
