import Foundation
import HearthCore
import HearthJSON

/// A bible as a page that can be read and printed: no script, no address but those of its own pictures.
struct BiblePage {
    private let bible: CharacterBible

    /// - Parameter answer: of the operation that shows a bible.
    init(_ answer: JSONValue) throws { bible = try JSONValueDecoder.read(CharacterBible.self, from: answer) }

    var html: HTMLText {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(bible.name): character bible</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <header>
        <p class="kind">Character bible</p>
        <h1>\(bible.name) <span class="handle">@\(bible.handle)</span></h1>
        \(lead)
        </header>
        \(pictures)
        <main>
        \(HTMLText(Bible.texts.map { section($0.title, bible.bible[keyPath: $0.path]) }))
        \(relationships)
        \(rules)
        \(extra)
        \(emptiness)
        </main>
        <footer>\(origin)</footer>
        </body>
        </html>

        """
    }

    private var lead: HTMLText {
        guard let description = bible.description, !description.isEmpty else { return "" }
        return "<p class=\"lead\" dir=\"auto\">\(description)</p>"
    }

    private var pictures: HTMLText {
        guard !bible.pictures.isEmpty else { return "" }
        let figures = bible.pictures.map { picture -> HTMLText in
            """
            <figure><img src="\(picture.url)" alt="\(bible.name), \(picture.role.rawValue)" width="\(picture.width)" \
            height="\(picture.height)"><figcaption>\(picture.role.rawValue)</figcaption></figure>

            """
        }
        return "<section class=\"pictures\">\(HTMLText(figures))</section>"
    }

    private func section(_ title: String, _ text: String?) -> HTMLText {
        guard let text else { return "" }
        return "<section>\n<h2>\(title)</h2>\n\(Self.paragraphs(text))</section>\n"
    }

    /// An empty line begins a new paragraph; others stay line ends.
    private static func paragraphs(_ text: String) -> HTMLText {
        let plain = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        let parts = plain.split(separator: "\n\n").map { part -> HTMLText in "<p dir=\"auto\">\(String(part))</p>\n" }
        return HTMLText(parts)
    }

    private var relationships: HTMLText {
        guard let all = bible.bible.relationships else { return "" }
        let rows = all.map { entry -> HTMLText in
            "<tr><th scope=\"row\" dir=\"auto\">\(entry.with)</th><td dir=\"auto\">\(entry.relation)</td></tr>\n"
        }
        return "<section>\n<h2>Relationships</h2>\n<table>\n\(HTMLText(rows))</table>\n</section>\n"
    }

    /// What pictures must and must not show, side by side.
    private var rules: HTMLText {
        let columns = Bible.lists.compactMap { list -> HTMLText? in
            guard let entries = bible.bible[keyPath: list.path] else { return nil }
            let items = entries.map { entry -> HTMLText in "<li dir=\"auto\">\(entry)</li>\n" }
            return
                "<section class=\"\(list.field)\">\n<h2>\(list.title)</h2>\n<ul>\n\(HTMLText(items))</ul>\n</section>\n"
        }
        return columns.isEmpty ? "" : "<div class=\"rules\">\n\(HTMLText(columns))</div>\n"
    }

    private var extra: HTMLText {
        guard let extra = bible.bible.extra else { return "" }
        return "<section>\n<h2>More</h2>\n\(Self.block(extra))</section>\n"
    }

    /// Free JSON as people read it: members as a table, lists in a line where their elements are short.
    private static func block(_ value: JSONValue) -> HTMLText {
        if let members = value.objectValue?.members {
            let rows = members.map { member -> HTMLText in
                """
                <tr><th scope="row" dir="auto">\(member.key)</th><td dir="auto">\(block(member.value))</td></tr>

                """
            }
            return "<table>\n\(HTMLText(rows))</table>\n"
        }
        guard let elements = value.arrayValue else { return line(value) }
        if elements.allSatisfy({ $0.objectValue == nil && $0.arrayValue == nil }) {
            return "\(elements.map(text).joined(separator: ", "))"
        }
        return "<ul class=\"plain\">\n\(HTMLText(elements.map { "<li dir=\"auto\">\(block($0))</li>\n" }))</ul>\n"
    }

    private static func line(_ value: JSONValue) -> HTMLText { "<span class=\"text\">\(text(value))</span>" }

    private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.encodedText() }

    private var emptiness: HTMLText {
        bible.bible.isEmpty ? "<p class=\"empty\">Nothing is written yet.</p>" : ""
    }

    private var origin: HTMLText {
        guard bible.version > 0, let changed = bible.changedAt else { return "No version yet" }
        let date = Date(timeIntervalSince1970: Double(changed / 1_000)).ISO8601Format()
        let day = String(date.prefix(16)).replacing("T", with: " ")
        let note = bible.note.map { ": \($0)" } ?? ""
        return "Version \(bible.version), <time datetime=\"\(date)\">\(day) UTC</time>\(note)"
    }

    private static let style: HTMLText = """

        :root { --ink: #1c1a17; --soft: #6d675e; --line: #ddd6ca; --paper: #fffdf9; --accent: #9a4b1f; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 46rem; padding: 3rem 1.5rem 2rem; background: var(--paper); color: var(--ink);
          font: 1.05rem/1.6 Georgia, "Noto Serif", "Noto Serif CJK SC", serif; overflow-wrap: anywhere; }
        header { border-bottom: 3px double var(--line); padding-bottom: 1rem; }
        .kind, h2, .handle, figcaption, footer, th { font-family: system-ui, "Noto Sans", sans-serif; }
        .kind { margin: 0; color: var(--accent); font-size: .8rem; letter-spacing: .12em; text-transform: uppercase; }
        h1 { margin: .2rem 0 0; font-size: 2.5rem; line-height: 1.15; font-weight: 600; }
        .handle { color: var(--soft); font-size: 1rem; font-weight: 400; white-space: nowrap; }
        .lead { margin: .8rem 0 0; font-size: 1.2rem; font-style: italic; white-space: pre-line; }
        h2 { margin: 0 0 .4rem; color: var(--accent); font-size: .95rem; letter-spacing: .04em; break-after: avoid; }
        section { margin-top: 1.8rem; }
        p { margin: 0 0 .7rem; white-space: pre-line; }
        .pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
        figure { margin: 0; width: 9.5rem; break-inside: avoid; }
        img { display: block; width: 100%; height: 11rem; object-fit: cover; object-position: center 20%;
          background: var(--line); border-radius: .4rem; }
        figcaption { margin-top: .3rem; color: var(--soft); font-size: .8rem; text-align: center; }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: .45rem .6rem .45rem 0; border-top: 1px solid var(--line); text-align: start;
          vertical-align: top; }
        th { width: 30%; font-size: .95rem; font-weight: 600; }
        td table tr:first-child > * { border-top: 0; padding-top: 0; }
        .text { white-space: pre-line; }
        .rules { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0 2rem; }
        ul { margin: 0; padding-inline-start: 1.5rem; list-style: none; }
        li { margin-bottom: .3rem; break-inside: avoid; }
        li::before { display: inline-block; width: 1.5rem; margin-inline-start: -1.5rem; font-weight: 700; }
        .plain { padding-inline-start: 1rem; list-style: disc; }
        .plain li::before { content: none; }
        .do li::before { content: "✓"; color: #2f7d4f; }
        .dont li::before { content: "✕"; color: #b3372f; }
        .empty { margin-top: 2rem; color: var(--soft); font-style: italic; }
        footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft);
          font-size: .85rem; }
        @media print {
          @page { margin: 18mm 16mm; }
          body { max-width: none; padding: 0; background: none; font-size: 10.5pt; }
          header, .pictures, tr { break-inside: avoid; }
          h1 { font-size: 24pt; }
        }

        """
}
