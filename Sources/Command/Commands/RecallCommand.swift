import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth recall`
struct RecallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recall", abstract: "Find the characters most like a picture.")

    @Argument(help: "The picture.") var image: String
    @Option(help: "Identifier or name of the project to search; all of them when absent.") var project: String?
    @Option(name: .customShort("k"), help: "Most matches wanted.") var count: Int = 5
    @OptionGroup var options: ClientOptions

    private func threshold(of reply: JSONValue) -> String {
        String(format: "%.3f", reply["match_threshold"]?.doubleValue ?? 1)
    }

    func run() async throws {
        let client = try await options.client()
        let reply = try await client.send(
            .post, "/api/recall", query: ["project": project, "k": String(count)],
            body: .picture(try readFile(image)))
        options.show(reply) { reply in
            let matches = reply["matches"]?.arrayValue ?? []
            if matches.isEmpty { return Terminal.line("Nothing is remembered yet.") }
            if matches[0]["is_match"]?.boolValue == false {
                Terminal.line("unknown: no character reaches \(threshold(of: reply)). The most similar are:")
            }
            for match in matches {
                let score = ((match["score"]?.doubleValue ?? 0) * 1_000).rounded() / 1_000
                Terminal.line(
                    "\(score)".padded(to: 8) + (match["name"]?.stringValue ?? "").padded(to: 24)
                        + (match["project"]?.stringValue ?? ""))
            }
            let total = (reply["timings"]?["total_ms"]?.doubleValue ?? 0).rounded()
            Terminal.line(
                "\(reply["compared"]?.integerValue ?? 0) pictures compared by "
                    + (reply["model"]?["id"]?.stringValue ?? "a model")
                    + " in \(Int(total)) ms")
        }
    }
}
