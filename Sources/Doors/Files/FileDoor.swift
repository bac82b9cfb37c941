import Foundation
import HTTPTypes
package import HearthCore
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// The files that features keep, for callers who may read what they belong to: whole, or a range of their bytes.
package struct FileDoor: Door {
    private let store: any Store
    private let blobs: SealedBlobs
    private let owners: [any FileOwner]

    /// - Parameter keys: open files that are sealed; nil where there are none.
    package init(store: any Store, blobs: any BlobStore, owners: [any FileOwner], keys: SealKeys? = nil) {
        self.store = store
        self.blobs = SealedBlobs(store: store, blobs: blobs, keys: keys)
        self.owners = owners
    }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .get, "/files/{file_id}", streamsAnswer: true,
                describe: OpenAPIEntry(
                    "files.read", "A picture of a character or a product, or a part of it (`Range`).",
                    parameters: [
                        OpenAPIEntry.query(
                            "download", "Whether a browser is to save it; it shows it when absent.",
                            ["type": "boolean"])
                    ], mediaType: "*/*", answer: BodyRule.file), answer: read),
            DoorRoute(
                .get, "/files/{file_id}/thumbnail", streamsAnswer: true,
                describe: OpenAPIEntry(
                    "files.thumbnail", "A small picture of an output, or of a frame of it.", mediaType: "*/*",
                    answer: BodyRule.file), answer: readThumbnail),
        ]
    }

    private func read(_ call: DoorCall) async throws -> Response {
        try await answer(call) { owner, id, db in try owner.file(id, of: call.tenant, in: db) }
    }

    private func readThumbnail(_ call: DoorCall) async throws -> Response {
        try await answer(call) { owner, id, db in try owner.thumbnail(id, of: call.tenant, in: db) }
    }

    /// - Parameter find: asks each owner of files in turn.
    private func answer(
        _ call: DoorCall, _ find: @escaping @Sendable (any FileOwner, String, any SQLConnection) throws -> StoredFile?
    ) async throws -> Response {
        let (id, owners) = (try call.parameter("file_id"), owners)
        let file = try await store.read { db in
            for owner in owners {
                if let file = try find(owner, id, db) { return file }
            }
            throw HearthError(.notFound, "There is no such file.")
        }
        let tag = "\"\(file.sha256)\""
        var headers = try headers(of: file, tag: tag, isDownload: call.query().bool("download") ?? false)
        let answer = FileRequest(call.request.headers).answer(size: file.bytes, tag: tag)
        switch answer {
        case .notModified:
            return Response(status: .notModified, headers: headers)
        case .preconditionFailed:
            return Response(status: .preconditionFailed, headers: headers)
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(file.bytes)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        case .whole:
            return try await response(file, 0..<file.bytes, .ok, headers)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.bytes)"
            return try await response(file, range, .partialContent, headers)
        }
    }

    /// A file's bytes never change under its identifier, but it may be deleted, and a key may lose its permission: so
    /// a client may keep it, and asks each time whether it still may show it.
    private func headers(of file: StoredFile, tag: String, isDownload: Bool) throws -> HTTPFields {
        let name = file.path.split(separator: "/").last ?? "file"
        return [
            .acceptRanges: "bytes", .eTag: tag, .cacheControl: "private, no-cache",
            .contentDisposition: "\(isDownload ? "attachment" : "inline"); filename=\"\(name)\"",
            .xContentTypeOptions: "nosniff",
        ]
    }

    private func response(
        _ file: StoredFile, _ range: Range<Int>, _ status: HTTPResponse.Status, _ headers: HTTPFields
    ) async throws -> Response {
        let reader = try await blobs.open(file)
        var headers = headers
        headers[.contentType] = file.mediaType
        headers[.contentLength] = String(range.count)
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: range.count) { writer in
                var rest = range
                while !rest.isEmpty {
                    let piece = try await reader.read(rest.prefix(Limits.fileChunk))
                    guard !piece.isEmpty else {
                        throw HearthError(.storageUnavailable, "The file has become shorter.")
                    }
                    try await writer.write(ByteBuffer(data: piece))
                    rest = rest.dropFirst(piece.count)
                }
                try await writer.finish(nil)
            })
    }
}

extension FileRequest {
    init(_ headers: HTTPFields) {
        self.init(
            ifNoneMatch: headers[.ifNoneMatch], ifMatch: headers[.ifMatch], range: headers[.range],
            ifRange: headers[.ifRange])
    }
}
