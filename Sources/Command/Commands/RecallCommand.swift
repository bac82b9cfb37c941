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
            body: .picture(try NamedFile.read(image)))
        options.show(reply) { reply in
            let matches = reply["matches"]?.arrayValue ?? []
            let pending = Int(reply["pending"]?.integerValue ?? 0)
            if pending > 0 {
                Terminal.line("\(counted(pending, "picture")) cannot be found yet: the vectors are still being made.")
            }
            guard !matches.isEmpty else {
                if pending == 0 { Terminal.line("Nothing is remembered yet: `hearth register PICTURE` begins.") }
                return
            }
            if matches[0]["is_match"]?.boolValue == false {
                Terminal.line("unknown: no character reaches \(threshold(of: reply)). The most similar are:")
            }
            let rows = matches.map { match in
                [
                    String(format: "%.3f", match["score"]?.doubleValue ?? 0), match["name"]?.stringValue ?? "",
                    match["project"]?.stringValue ?? "",
                ]
            }
            for line in OperationAnswer.aligned([["SCORE", "CHARACTER", "PROJECT"]] + rows) { Terminal.line(line) }
            Terminal.line(Self.summary(reply, of: "picture"))
        }
    }

    /// What was compared, by which model, in which time.
    static func summary(_ reply: JSONValue, of noun: String) -> String {
        let count = counted(Int(reply["compared"]?.integerValue ?? 0), noun)
        let model = reply["model"]?["id"]?.stringValue ?? "a model"
        let time = Wording.number(((reply["timings"]?["total_ms"]?.doubleValue ?? 0) * 10).rounded() / 10)
        return "\(count) compared by \(model) in \(time) ms"
    }
}
