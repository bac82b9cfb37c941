package import HearthCore
import HearthHTTP
import HearthJSON
import NIOCore

/// Gets the pictures that calls name.
package struct MCPPictures: Sendable {
    private let uploads: UploadTable
    private let local: (any LocalPictures)?
    private let fetcher: (any PictureFetcher)?

    /// - Parameters:
    ///   - local: the folders of the server's own user; nil: none of its files are read.
    ///   - fetcher: nil: nothing is fetched from addresses.
    package init(uploads: UploadTable, local: (any LocalPictures)?, fetcher: (any PictureFetcher)?) {
        self.uploads = uploads
        self.local = local
        self.fetcher = fetcher
    }

    /// The picture, inspected and hashed.
    /// - Throws: ``HearthError`` that says what is allowed in place of it.
    func picture(
        _ source: MCPPictureSource, for caller: MCPCaller, deadline: ContinuousClock.Instant
    ) async throws -> InspectedImage {
        switch source {
        case .base64(let text):
            return try InspectedImage(Base64.read(text, field: "image_base64"))
        case .upload(let id):
            let bytes = try uploads.take(id, for: caller.tenant)
            try caller.reserve(bytes.readableBytes)
            return try InspectedImage(Picture(sharing: bytes))
        case .path(let path):
            guard let local, caller.isOwner else {
                throw HearthError(
                    .forbidden, "Files of the server's machine are open to its own user only.",
                    hint: "Run `hearth mcp` on the machine that has the file, or use `upload_link`.")
            }
            let bytes = try await local.read(path)
            try caller.reserve(bytes.count)
            return try InspectedImage(bytes)
        case .url(let url):
            guard let fetcher else {
                throw HearthError(
                    .forbidden, "This server fetches nothing from addresses.",
                    hint:
                        "Its owner allows it by HEARTH_FETCH_URLS=true. Otherwise save the picture and give `path`, "
                        + "or use `upload_link`.")
            }
            let bytes = try await fetcher.fetch(url, limit: Limits.bodyBytes, deadline: deadline)
            try caller.reserve(bytes.count)
            return try InspectedImage(bytes)
        }
    }

    /// The files that wait in the inbox folder of the caller's machine; none for callers from elsewhere.
    func inbox(for caller: MCPCaller) async -> (folder: String, files: [InboxFile])? {
        guard let local, caller.isOwner else { return nil }
        return (local.inboxFolder, await local.inbox())
    }
}
