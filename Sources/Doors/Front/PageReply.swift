import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import NIOCore

/// A page for people, as the response to a browser that asks for one.
struct PageReply {
    private let text: String

    init(_ text: String) { self.text = text }

    init(_ page: HTMLText) { text = page.markup }

    var response: Response {
        let body = ByteBuffer(string: text)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLength: String(body.readableBytes),
                .vary: "Accept", .contentSecurityPolicy: Self.policy,
            ],
            body: ResponseBody(byteBuffer: body))
    }

    /// A page has a style and pictures of this server, and nothing else: no script runs in it, and it loads nothing
    /// from elsewhere, whatever the texts in it say.
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
}

extension DoorCall {
    /// Whether the caller takes a page to be looked at; `*/*` says nothing of pages.
    var takesPage: Bool {
        request.headers[values: .accept].flatMap { $0.split(separator: ",") }.contains { item in
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            return parts.first == "text/html" && !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") }
        }
    }
}
