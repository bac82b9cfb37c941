import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import NIOCore

/// `GET /`: a page for people, and for all others the words by which Ollama's clients know a server.
///
/// Ollama's command line asks by HEAD, graphical clients by GET with `Accept: */*`; only a browser that shows a page
/// asks for `text/html`. `POST /` is TEI's; see ``TEIDoor``.
package struct RootDoor: Door {
    package init() {}

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .get, "/", errors: .text(in: "error"),
                describe: OpenAPIEntry(
                    "system.root", "A page for browsers; \"Ollama is running\" for others, as Ollama says.",
                    mediaType: "text/plain", answer: EmbeddingSchema.text)
            ) { call in
                call.takesPage ? Self.page() : Self.sign()
            }
        ]
    }

    private static func sign() -> Response { response("Ollama is running", "text/plain; charset=utf-8") }

    private static func page() -> Response { PageReply(RootPage.text).response }

    private static func response(_ text: String, _ type: String) -> Response {
        let body = ByteBuffer(string: text)
        return Response(
            status: .ok,
            headers: [.contentType: type, .contentLength: String(body.readableBytes), .vary: "Accept"],
            body: ResponseBody(byteBuffer: body))
    }
}
