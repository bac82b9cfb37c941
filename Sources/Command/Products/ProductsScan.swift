import ArgumentParser
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
            ], body: .picture(try readFile(image)))
        options.show(reply) { reply in
            let matches = reply["matches"]?.arrayValue ?? []
            if matches.isEmpty { Terminal.line("No similar product was found.") }
            for match in matches {
                let score = ((match["score"]?.doubleValue ?? 0) * 1_000).rounded() / 1_000
                Terminal.line(
                    "\(score)".padded(to: 8) + (match["external_id"]?.stringValue ?? "").padded(to: 36)
                        + (match["title"]?.stringValue ?? ""))
            }
            let total = ((reply["timings"]?["total_ms"]?.doubleValue ?? 0) * 10).rounded() / 10
            Terminal.line(
                "\(reply["compared"]?.integerValue ?? 0) vectors compared by "
                    + (reply["model"]?["id"]?.stringValue ?? "a model") + " in \(total) ms"
                    + (reply["is_cached"]?.boolValue == true ? ", the picture was known" : ""))
        }
    }
}
