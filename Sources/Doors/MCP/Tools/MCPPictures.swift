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

    /// A picture for a call.
    struct Taken: Sendable {
        let image: InspectedImage
        /// Of a picture that was uploaded: to be told when the call is accepted.
        var claim: UploadClaim?
    }

    /// The picture of a call, inspected.
    /// - Throws: ``HearthError`` that says what is allowed in place of it.
    func picture(
        _ source: MCPPictureSource, for caller: MCPCaller, deadline: ContinuousClock.Instant
    ) async throws -> Taken {
        switch source {
        case .base64(let text):
            return Taken(image: try InspectedImage(Base64.read(text, field: "image_base64")))
        case .upload(let id):
            // Its bytes are counted since they have arrived.
            let claim = try uploads.claim(id, for: caller.tenant)
            return Taken(image: try InspectedImage(Picture(sharing: claim.bytes)), claim: claim)
        case .path(let path):
            guard let local, caller.isOwner else {
                throw HearthError(
                    .forbidden, "Files of the server's machine are open to its own user only.",
                    hint: "Run `hearth mcp` on the machine that has the file, or use `upload_link`.")
            }
            let bytes = try await local.read(path)
            try caller.reserve(bytes.count)
            return Taken(image: try InspectedImage(bytes))
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
            return Taken(image: try InspectedImage(bytes))
        }
    }

    /// The files that wait in the inbox folder of the caller's machine; none for callers from elsewhere.
    func inbox(for caller: MCPCaller) async -> (folder: String, files: [InboxFile])? {
        guard let local, caller.isOwner else { return nil }
        return (local.inboxFolder, await local.inbox())
    }
}
