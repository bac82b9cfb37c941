package import HearthCore
import HearthJSON

/// The operation that makes links for uploads.
package struct UploadOperations: Sendable {
    private let uploads: UploadTable

    package init(_ uploads: UploadTable) { self.uploads = uploads }

    /// The operation.
    package func all() -> [HearthCore.Operation] {
        [
            HearthCore.Operation(
                .init(
                    "mcp.uploads.create", "Make a link by which a picture can be sent, once.",
                    description: """
                        For a picture that lies where no tool reaches it. The link is accepted for five minutes, for \
                        one picture of at most 50 MB: `curl -T picture.jpg <url>`, or the page that it shows in a \
                        browser. The picture is then named by `upload_id` in the call that needs it, within five \
                        minutes more, and kept nowhere else.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/uploads")], tool: "upload_link",
                    successStatus: 201),
                input: NoInput.self, output: UploadLink.self
            ) { [uploads] _, context in
                let link = try uploads.open(for: context.tenant)
                return UploadLink(id: link.id, end: link.end)
            }
        ]
    }

    /// Input of an operation that takes none.
    private struct NoInput: Sendable, Codable {}
}

/// Output of `mcp.uploads.create`, and the answer to a picture that was sent without a link.
struct UploadLink: Sendable, Codable, SchemaDescribed {
    var uploadID: String
    var url: String
    /// Milliseconds since 1970.
    var expiresAt: Int64
    var maximumBytes: Int

    static let fields = [
        "upload_id": FieldNote("Names the picture in the call that needs it, once the picture was sent."),
        "url": FieldNote("Where the picture is sent by PUT, relative to the server; a browser shows a page there."),
        "expires_at": FieldNote("Milliseconds since 1970."),
        "maximum_bytes": FieldNote("Longest picture that is taken."),
    ]

    /// Where pictures are sent.
    static let path = "/mcp/uploads"

    init(id: String, end: Int64) {
        uploadID = id
        url = "\(Self.path)/\(id)"
        expiresAt = end
        maximumBytes = Limits.uploadBytes
    }
}
