import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import NIOCore

/// The page of a link, for a person with a browser: it has a form and no script.
enum UploadPage {
    static let form = page(
        """
        <p>Choose the picture for your conversation. It is sent to Hearth on this address, and used once.</p>
        <form method="post" enctype="multipart/form-data">
        <p><input type="file" name="image" accept="image/*" required></p>
        <p><button>Send</button></p>
        </form>
        """)
    static let done = page("<p>The picture has arrived. Go back to your conversation and say so.</p>")
    static let ended = page("<p>This link was used already, or is older than five minutes. Ask for another one.</p>")

    static func refused(_ error: HearthError) -> String {
        let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
        return page("<p>\(escaped(text))</p>")
    }

    static func response(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        let body = ByteBuffer(string: text)
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLength: String(body.readableBytes),
                .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
            ], body: ResponseBody(byteBuffer: body))
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func page(_ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta name="referrer" content="no-referrer">
        <title>Hearth: send a picture</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
        </style>
        </head>
        <body>
        <h1>Send a picture</h1>
        \(body)
        </body>
        </html>

        """
    }
}
