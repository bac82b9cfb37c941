import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthModelRuntime

/// `hearth-worker loop MODEL FILE CALLERS SECONDS`: what a model does on all cores without Hearth around it;
/// `hearth bench` compares.
///
/// FILE is a picture, or has a text on each line. Pictures are decoded and looked at by two threads; texts are prepared
/// beforehand, and go in the passes that a worker forms when CALLERS of them wait. Prints JSON: `rate` (inputs a
/// second), `batch` (inputs of a pass, on average) and `precision`.
struct BareLoop {
    private let model: String
    private let file: String
    private let callers: Int
    private let seconds: Double

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count == 6, arguments[1] == "loop", let callers = Int(arguments[4]),
            let seconds = Double(arguments[5])
        else { return nil }
        (model, file, self.callers, self.seconds) = (arguments[2], arguments[3], callers, seconds)
    }

    /// - Throws: ``HearthError`` when there is no such model, or it cannot be loaded.
    func run(_ models: ModelLoader) async throws {
        let (folder, loop) = try models.loop(model)
        let content = try Data(contentsOf: URL(fileURLWithPath: file))
        let outcome: ModelLoop.Outcome
        if folder.manifest.kind.modalities.contains(.image) {
            // The first passes are slower.
            _ = try await loop.run(picture: content, seconds: min(0.5, seconds / 4))
            outcome = try await loop.run(picture: content, seconds: seconds)
        } else {
            let texts = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline)
            outcome = try await loop.run(
                texts.map { .text(String($0), role: nil) }, callers: callers, seconds: seconds)
        }
        let result: JSONValue = [
            "rate": .double(Double(outcome.inputs) / (outcome.duration.fractionalMilliseconds / 1_000)),
            "batch": .double(Double(outcome.inputs) / Double(max(1, outcome.passes))),
            "precision": .string(loop.precision),
        ]
        FileHandle.standardOutput.write(Data((result.encodedText() + "\n").utf8))
    }
}
