import Foundation
import HearthCore
import HearthJSON
import HearthTesting

@testable import HearthComfyUI

/// What a real ComfyUI server was recorded to say about one prompt, in its order (`Tools/comfyui_test.py`).
struct Recording {
    enum Step {
        case text(String)
        case binary(Data)
        /// The history has an entry from here on.
        case history(JSONValue)
    }

    private let entries: [JSONValue]
    /// The identifier of the recorded prompt.
    private let id: String

    init(_ name: String) throws {
        let json = try JSONParser.read(try Data(contentsOf: Self.folder.appendingPathComponent("\(name).json")))
        entries = json["steps"]?.arrayValue ?? []
        id = json["prompt_id"]?.stringValue ?? ""
    }

    /// The steps, as they would have come for a prompt of this identifier.
    func steps(id new: String) -> [Step] {
        entries.compactMap { entry in
            if let text = entry["text"] {
                return .text(text.encodedText().replacingOccurrences(of: id, with: new))
            }
            if let binary = entry["binary"]?.stringValue, let bytes = Data(base64Encoded: binary) {
                return .binary(Self.renamed(bytes, id, new))
            }
            guard let history = entry["history"] else { return nil }
            let text = history.encodedText().replacingOccurrences(of: id, with: new)
            return (try? JSONParser.read(Data(text.utf8))).map { .history($0) }
        }
    }

    /// Previews name the prompt as well; identifiers have one length.
    private static func renamed(_ bytes: Data, _ old: String, _ new: String) -> Data {
        var bytes = bytes
        while let range = bytes.range(of: Data(old.utf8)) { bytes.replaceSubrange(range, with: Data(new.utf8)) }
        return bytes
    }

    /// How the real server refused a graph.
    static func refusal(_ name: String) throws -> JSONValue {
        try JSONParser.read(try Data(contentsOf: folder.appendingPathComponent("\(name).json")))["refusal"] ?? .null
    }

    /// What the real server said of a class of nodes, as it was written; `{}` for those that it does not have.
    static func nodes(_ name: String) throws -> String {
        let all = try PythonText.read(try Data(contentsOf: folder.appendingPathComponent("nodes.json")))
        return (all[name] ?? [:]).encodedText()
    }

    /// The picture that the real server has made.
    static func picture() throws -> Data { try Data(contentsOf: folder.appendingPathComponent("picture.png")) }

    static let folder = TestFolders.package.appendingPathComponent("Tests/HearthComfyUITests/Recordings")
}

/// JSON as Python writes it, for the double.
enum PythonText {
    static func read(_ bytes: Data) throws -> JSONValue { try PythonJSON.read(bytes) }
}
