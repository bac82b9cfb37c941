import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthModelRuntime
import HearthVips

/// `hearth-worker vectors MODEL`: the vectors of pictures and of their changed copies; `hearth studio eval` asks.
///
/// The first line that it prints says what the model is: `model`, `precision`, and `match_threshold`, `match_anchors`,
/// `match_per_halving` as far as it names them. Then it reads a line of JSON for each picture from standard input,
/// `path` and `changes`, and answers it by one line: `picture` (the vector, base64 of float32, little-endian) and
/// `changes` (the same by name; without those that cannot be made), or `error`. It ends with its input, so it does not
/// outlive the process that asks.
struct PictureVectors {
    private let model: String

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count == 3, arguments[1] == "vectors" else { return nil }
        model = arguments[2]
    }

    private struct Question: Decodable {
        let path: String
        let changes: [PictureChange]
    }

    /// - Throws: when no process reads the answers any more.
    func run(_ models: ModelLoader, codec: VipsCodec) throws {
        let loaded: (folder: ModelFolder, model: LoneModel)
        do {
            loaded = try load(models)
        } catch {
            let message = (error as? HearthError)?.message ?? "The model \(model) cannot be loaded."
            return try Self.say(["error": .string(message)])
        }
        var head: JSONObject = ["model": .string(loaded.folder.id), "precision": .string(loaded.model.precision)]
        let match = loaded.folder.manifest.match
        head["match_threshold"] = match.map { .double($0.threshold) }
        head["match_anchors"] = match?.anchors.map { .int(Int64($0)) }
        head["match_per_halving"] = match?.perHalving.map { .double($0) }
        try Self.say(.object(head))
        while let line = readLine() {
            let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
            try Self.say(answer(question, loaded.model, codec))
        }
    }

    private func load(_ models: ModelLoader) throws -> (folder: ModelFolder, model: LoneModel) {
        let loaded = try models.load(model)
        guard loaded.0.manifest.kind.abilities.contains(.embedImages) else {
            throw HearthError(.invalidRequest, "The model \(model) makes no vectors of pictures.")
        }
        return (loaded.0, loaded.1)
    }

    private func answer(_ question: Question, _ model: LoneModel, _ codec: VipsCodec) -> JSONValue {
        func vector(_ bytes: Data) throws -> JSONValue {
            let vector = try model.run(model.prepare(.image(bytes)))
            return .string(Data(littleEndian: vector).base64EncodedString())
        }
        do {
            let bytes = try Self.content(of: question.path)
            var changes: JSONObject = [:]
            for change in question.changes {
                guard let changed = try codec.changed(bytes, by: change) else { continue }
                changes[change.rawValue] = try vector(changed)
            }
            return ["picture": try vector(bytes), "changes": .object(changes)]
        } catch {
            return ["error": .string((error as? HearthError)?.message ?? "The file cannot be read.")]
        }
    }

    /// - Throws: ``HearthError`` `body_too_large` before a file is read that a server would not take.
    private static func content(of path: String) throws -> Data {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        guard let count = attributes[.size] as? Int, count <= Limits.bodyBytes else {
            throw HearthError(.bodyTooLarge, "The file has more than \(Limits.bodyBytes >> 20) MB.")
        }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// - Throws: when no process reads it any more, which ends this one.
    private static func say(_ value: JSONValue) throws {
        try FileHandle.standardOutput.write(contentsOf: Data((value.encodedText() + "\n").utf8))
    }
}
