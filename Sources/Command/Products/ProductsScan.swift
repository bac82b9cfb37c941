import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth products scan`
struct ProductsScan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Find the products that a picture shows.")

    @Argument(help: "The picture.") var image: String
    @Option(help: "Only products of this template.") var template: String?
    @Option(help: "Only products of this source type.") var sourceType: String?
    @Option(name: .customShort("k"), help: "Most matches wanted.") var count: Int = 5
    @Flag(help: "Do not keep the scan.") var noStore = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        let reply = try await client.send(
            .post, "/products/orchestrate/quick-scan",
            query: [
                "template": template, "source_type": sourceType, "k": String(count), "store": noStore ? "false" : nil,
            ], body: .picture(try NamedFile.read(image)))
        options.show(reply) { Self.lines($0, keeps: !noStore).forEach(Terminal.line) }
    }

    /// What was found, by what, and what else a person should know of the answer.
    /// - Parameter keeps: Whether the scan was to be kept.
    static func lines(_ reply: JSONValue, keeps: Bool) -> [String] {
        let compared = reply["compared"]?.integerValue ?? 0
        let pending = Int(reply["pending"]?.integerValue ?? 0)
        var lines = table(reply["matches"]?.arrayValue ?? [])
        if lines.isEmpty {
            let hint = reply["hint"]?.stringValue
            lines = [
                compared > 0 || pending > 0 || hint != nil
                    ? "No product was found." : "There are no products yet: `hearth products import` adds some."
            ]
            if let hint { lines.append(hint) }
        }
        if compared > 0 { lines.append(RecallCommand.summary(reply, of: noun(reply["searched"]?.stringValue))) }
        if reply["is_cached"]?.boolValue == true {
            lines.append("The same picture was scanned before; its vector was used again.")
        }
        if pending > 0 {
            lines.append("\(counted(pending, "product")) cannot be found yet: the vectors are still being made.")
        }
        guard keeps else { return lines }
        if reply["is_stored"]?.boolValue == true, let id = reply["scan_id"]?.stringValue {
            lines.append("Kept as scan \(id); `hearth scans` lists them.")
        } else {
            lines.append("The scan is not kept: the server is busy, or its quota is used up.")
        }
        return lines
    }

    /// What of the products was compared.
    private static func noun(_ searched: String?) -> String {
        switch searched {
        case "image": "product picture"
        case "text": "product text"
        default: "vector"
        }
    }

    private static func table(_ matches: [JSONValue]) -> [String] {
        guard !matches.isEmpty else { return [] }
        let rows = matches.map { match in
            [
                String(format: "%.3f", match["score"]?.doubleValue ?? 0), match["external_id"]?.stringValue ?? "-",
                match["title"]?.stringValue ?? "",
            ]
        }
        return OperationAnswer.aligned([["SCORE", "PRODUCT", "TITLE"]] + rows)
    }
}
