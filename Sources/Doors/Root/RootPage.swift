import HearthCore

/// The page at `/`: what runs here, and where to go from it.
enum RootPage {
    static let text = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Hearth</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
        </style>
        </head>
        <body>
        <h1>Hearth \(Hearth.version)</h1>
        <p>This server keeps AI models warm for apps that recognise and remember.</p>
        <ul>
        <li><a href="/api/system/health">Health</a>: whether all of it works</li>
        <li><a href="/api/models">Models</a> and where they are</li>
        <li><a href="/api/projects">Projects</a>, <a href="/products">products</a> and
        <a href="/api/collections">collections</a></li>
        <li><a href="/jobs">Jobs</a></li>
        <li><a href="/openapi.json">Every route</a>, as OpenAPI</li>
        </ul>
        </body>
        </html>

        """
}
