import Foundation
import HearthCore

/// What a server says in the words of HTTP, in the words of the command line.
///
/// Messages and hints of a server are for all of its clients: they name headers, routes and fields. This is the one
/// place that turns them into variables, commands and flags, where there are some.
enum CommandWords {
    /// Phrases and what a person at a command line does; a longer phrase stands before its beginning.
    private static let phrases = [
        ("Send `Authorization: Bearer <key>` with a key", "Set HEARTH_API_KEY to a key of the server"),
        (
            "Send `Authorization: Bearer <key>`.",
            "Set HEARTH_API_KEY to a key of the server; `hearth keys create` makes one on its machine."
        ),
        ("`GET /openapi.json` describes what every operation takes.", "`--help` after a command says what it takes."),
        ("`GET /api/operations` lists", "`hearth call` lists"),
        (", DELETE ends one", ", `hearth imports delete` ends one"),
        ("by `expires_in_seconds`", "by --expires-in"),
        ("by the setting `fetchUrls`", "by --fetch-urls of `hearth serve`"),
    ]

    /// An error as a command shows it.
    static func shown(_ error: HearthError) -> HearthError {
        replacingTexts(of: error, by: shown)
    }

    /// The same, for a command whose flags have other names than the fields that they stand for.
    /// - Parameter flags: by field.
    static func shown(_ error: HearthError, flags: [String: String]) -> HearthError {
        replacingTexts(of: error) { text in flags.reduce(text) { $0.replacing("`\($1.key)`", with: "`\($1.value)`") } }
    }

    /// The same, for the command of an operation, whose fields are flags.
    static func shown(_ error: HearthError, for operation: HearthCore.Operation) -> HearthError {
        let fields = OperationFields(operation).fields
        return replacingTexts(of: error) { text in
            fields.reduce(text) { text, field in
                let name = field.name.replacing("_", with: "-")
                return text.replacing("`\(field.name)`", with: field.isArgument ? "`<\(name)>`" : "`\(field.flag)`")
            }
        }
    }

    static func shown(_ text: String) -> String {
        let plain = phrases.reduce(text) { $0.replacing($1.0, with: $1.1) }
            .replacing(
                #/Send (?:it|the picture) as the raw body, as the multipart file `([a-z_]+)`, or (?:in|as) `\w+`/#
            ) {
                "Name its file by --\($0.output.1.replacing("_", with: "-"))"
            }
        return replacingRoutes(in: plain)
    }

    /// `GET /api/projects` → `hearth projects`; a route that belongs to no operation stays as it is.
    private static func replacingRoutes(in text: String) -> String {
        let route = #/`(GET|POST|PUT|PATCH|DELETE) (\/[^`\s]*)`/#
        // The operations are made only when they are needed.
        guard text.contains(route), let operations = try? ServerOperations.declared().operations else { return text }
        return text.replacing(route) { match in
            let method = Route.Method(rawValue: String(match.output.1))
            var words: [String]?
            var parameters = Int.max
            for operation in operations {
                // `/products/imports` is nearer to the route of that name than to `/products/{product}`.
                for route in operation.routes where route.method == method && route.parameters.count < parameters {
                    guard let values = values(in: String(match.output.2), by: route) else { continue }
                    words = command(of: operation) + values
                    parameters = route.parameters.count
                }
            }
            return words.map { "`hearth \($0.joined(separator: " "))`" } ?? String(match.output.0)
        }
    }

    /// The words of an operation; a thing alone means its list.
    private static func command(of operation: HearthCore.Operation) -> [String] {
        let words = CommandTable.words(of: operation)
        return words.count == 2 && words[1] == "list" ? [words[0]] : words
    }

    /// What stands in a path for the names of a route, as arguments; nil when the path is not the route's.
    private static func values(in path: String, by route: Route) -> [String]? {
        let (parts, names) = (path.split(separator: "/"), route.path.split(separator: "/"))
        guard parts.count == names.count else { return nil }
        var values: [String] = []
        for (part, name) in zip(parts, names) {
            if name.hasPrefix("{") {
                let isName = part.hasPrefix("{") && part.hasSuffix("}")
                values.append(
                    isName ? "<\(part.dropFirst().dropLast())>" : part.removingPercentEncoding ?? String(part))
            } else if part != name {
                return nil
            }
        }
        return values
    }

    private static func replacingTexts(of error: HearthError, by change: (String) -> String) -> HearthError {
        HearthError(
            error.code, change(error.message), hint: error.hint.map(change), retryAfter: error.retryAfter,
            details: error.details, cause: error.cause)
    }
}
