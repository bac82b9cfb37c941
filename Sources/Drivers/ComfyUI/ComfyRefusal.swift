import HearthCore
import HearthJSON
import HearthJobs

/// Why a server refuses a graph (the answer 400 to `POST /prompt`), in words that name the node and what is allowed.
struct ComfyRefusal {
    /// Problems that a message names.
    private static let shownProblems = 4
    /// Allowed values that it lists.
    private static let shownValues = 12

    let text: String

    init(_ answer: JSONValue) {
        let problems = (answer["node_errors"]?.objectValue?.members ?? []).flatMap { Self.problems($0.key, $0.value) }
        guard problems.isEmpty else {
            let more = problems.count > Self.shownProblems ? " And \(problems.count - Self.shownProblems) more." : ""
            text = problems.prefix(Self.shownProblems).joined(separator: " ") + more
            return
        }
        let error = answer["error"]
        let words = [error?["message"] ?? error, error?["details"]].map { ForeignText.shown($0?.stringValue) }
        let said = words.filter { !$0.isEmpty }.joined(separator: " ")
        text = said.isEmpty ? "It does not say why." : said
    }

    func failure(at url: String) -> JobFailure {
        JobFailure(
            kind: .permanent, code: "comfyui_refused", message: "ComfyUI at \(url) refuses the workflow. \(text)")
    }

    private static func problems(_ node: String, _ value: JSONValue) -> [String] {
        let name = ForeignText.shown(value["class_type"]?.stringValue, limit: 100)
        let place = "Node \(ForeignText.shown(node, limit: 64)) (\(name)): "
        return (value["errors"]?.arrayValue ?? []).map { place + problem($0) }
    }

    private static func problem(_ error: JSONValue) -> String {
        let input = ForeignText.shown(error["extra_info"]?["input_name"]?.stringValue, limit: 100)
        if error["type"] == "value_not_in_list", !input.isEmpty {
            let value = error["extra_info"]?["received_value"]
            let shown = ForeignText.shown(value?.stringValue ?? value?.encodedText(), limit: 100)
            return "`\(input)` cannot be \"\(shown)\". \(allowed(error["extra_info"]))"
        }
        let words = [error["message"], error["details"]].map { ForeignText.shown($0?.stringValue) }
        return words.filter { !$0.isEmpty }.joined(separator: ": ") + "."
    }

    /// A choice is described by its list of words, or by `COMBO` and `options`; of a long list the server says nothing.
    private static func allowed(_ info: JSONValue?) -> String {
        let description = info?["input_config"]
        guard let list = description?[0]?.arrayValue ?? description?[1]?["options"]?.arrayValue else {
            return "The server has no such choice."
        }
        let words = list.compactMap(\.stringValue)
        guard !words.isEmpty else { return "The server has none." }
        let shown = words.prefix(shownValues).map { ForeignText.shown($0, limit: 60) }.joined(separator: ", ")
        return words.count > shownValues
            ? "Allowed are \(shown) and \(words.count - shownValues) more." : "Allowed are \(shown)."
    }
}
