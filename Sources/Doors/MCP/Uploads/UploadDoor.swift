import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// Takes pictures for calls that name them later: by a link that anyone who has it may use, or from a caller with a
/// key.
package struct UploadDoor: Door {
    private let uploads: UploadTable

    package init(_ uploads: UploadTable) { self.uploads = uploads }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .post, UploadLink.path, access: .credential(.write), body: Self.picture,
                describe: OpenAPIEntry(
                    "mcp.uploads.send", "Send a picture for a call that will name it by `upload_id`.", status: 201,
                    answer: UploadOperations(uploads).all().first?.outputSchema ?? BodyRule.anyObject), answer: add),
            receiving(.put, "mcp.uploads.put", "Send the picture of a link."),
            DoorRoute(
                .post, Self.link, access: .everyone, body: .form(limit: Self.formLimit),
                describe: OpenAPIEntry(
                    "mcp.uploads.post", "Send the picture of a link, as the link's page does.", mediaType: "text/html",
                    answer: EmbeddingSchema.text), answer: receiveForm),
            DoorRoute(
                .get, Self.link, access: .everyone,
                describe: OpenAPIEntry(
                    "mcp.uploads.page", "A page on which a person chooses the picture of a link.",
                    mediaType: "text/html", answer: EmbeddingSchema.text)
            ) { call in
                guard uploads.isOpen(try call.parameter("upload_id")) else {
                    return UploadPage.response(UploadPage.ended, status: .notFound)
                }
                return UploadPage.response(UploadPage.form)
            },
        ]
    }

    private static let link = "\(UploadLink.path)/{upload_id}"
    private static let picture = BodyRule(
        content: ["image/*": BodyRule.sentFile, "application/octet-stream": BodyRule.sentFile],
        limit: Limits.uploadBytes)
    /// A form has lines around its file.
    private static let formLimit = Limits.uploadBytes + Limits.headerBytes

    private func receiving(_ method: HTTPRequest.Method, _ name: String, _ summary: String) -> DoorRoute {
        DoorRoute(
            method, Self.link, access: .everyone, body: Self.picture,
            describe: OpenAPIEntry(name, summary, answer: BodyRule.anyObject)
        ) { call in
            let id = try call.parameter("upload_id")
            try await uploads.receive(id) {
                let body = try await call.collectBody()
                return (try Self.checked(body.bytes), body.reservation)
            }
            return JSONReply(["upload_id": .string(id), "next": "Give upload_id to the call that needs the picture."])
                .response
        }
    }

    private func add(_ call: DoorCall) async throws -> Response {
        let body = try await call.collectBody()
        let added = try uploads.add(try Self.checked(body.bytes), body.reservation, for: call.tenant)
        let link = UploadLink(id: added.id, end: added.end)
        return JSONReply(try JSONValueEncoder.encode(link), status: .created).response
    }

    private func receiveForm(_ call: DoorCall) async throws -> Response {
        let id = try call.parameter("upload_id")
        do {
            try await uploads.receive(id) {
                let body = try await call.collectBody()
                let parts = try MultipartParser(contentType: call.request.headers[.contentType] ?? "").parts(
                    of: body.bytes)
                guard let part = parts.first(where: { $0.name == "image" }), let bytes = part.bytes(in: body.bytes)
                else {
                    throw HearthError(.invalidRequest, "The form has no file `image`.")
                }
                return (try Self.checked(bytes), body.reservation)
            }
        } catch let error as HearthError {
            return UploadPage.response(
                UploadPage.refused(error), status: ErrorTable.status(for: error.code))
        }
        return UploadPage.response(UploadPage.done)
    }

    /// - Throws: ``HearthError`` for what is no picture: it is told to the person who sends it, not to a model later.
    private static func checked(_ bytes: ByteBuffer) throws(HearthError) -> ByteBuffer {
        _ = try InspectedImage(Picture(sharing: bytes))
        return bytes
    }
}
