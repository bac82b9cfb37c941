import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// An export as a response that is sent piece by piece.
struct ExportReply {
    private let export: CollectionExport
    private let format: CollectionExport.Format

    init(_ export: CollectionExport, _ format: CollectionExport.Format) {
        self.export = export
        self.format = format
    }

    var response: Response {
        var headers: HTTPFields = [.contentType: contentType, .contentLength: String(export.bytes)]
        // Two exports of one version belong together: vectors and their ids.
        if let name = HTTPField.Name("X-Collection-Version") { headers[name] = String(export.version) }
        let export = export
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(contentLength: export.bytes) { writer in
                while let bytes = try export.file.read(upToCount: Limits.exportChunk), !bytes.isEmpty {
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }

    private var contentType: String {
        switch format {
        case .jsonl, .ids: "application/jsonl; charset=utf-8"
        case .npy: "application/octet-stream"
        }
    }
}
