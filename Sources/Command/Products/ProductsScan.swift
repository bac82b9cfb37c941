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
        options.show(reply) { reply in
            let matches = reply["matches"]?.arrayValue ?? []
            if matches.isEmpty { Terminal.line("No similar product was found.") } else { show(matches) }
            let isCached = reply["is_cached"]?.boolValue == true
            Terminal.line(RecallCommand.summary(reply, of: "vector") + (isCached ? ", the picture was known" : ""))
        }
    }

    private func show(_ matches: [JSONValue]) {
        let rows = matches.map { match in
            [
                String(format: "%.3f", match["score"]?.doubleValue ?? 0), match["external_id"]?.stringValue ?? "-",
                match["title"]?.stringValue ?? "",
            ]
        }
        for line in OperationAnswer.aligned([["SCORE", "PRODUCT", "TITLE"]] + rows) { Terminal.line(line) }
    }
}
