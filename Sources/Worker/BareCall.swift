import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthModelRuntime

/// `hearth-worker bare MODEL INPUT SECONDS`: what a model costs without Hearth around it; `hearth bench` compares.
///
/// INPUT is a picture's path, or a text. Prints the medians of single calls on one thread, in milliseconds, as JSON:
/// `decode_ms` (input to tensor), `call_ms` (the bare call of the inference library) and `both_ms`.
struct BareCall {
    private let model: String
    private let input: String
    private let seconds: Double

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count == 5, arguments[1] == "bare", let seconds = Double(arguments[4]) else { return nil }
        (model, input, self.seconds) = (arguments[2], arguments[3], seconds)
    }

    /// - Throws: ``HearthError`` when there is no such model, or it cannot be loaded.
    func run(_ models: ModelLoader) throws {
        let (folder, lone) = try models.load(model)
        let input: EmbeddingInput =
            folder.manifest.kind.modalities.contains(.image)
            ? .image(try Data(contentsOf: URL(fileURLWithPath: self.input))) : .text(self.input, role: nil)
        var (decoding, calling, both): ([Double], [Double], [Double]) = ([], [], [])
        let end = ContinuousClock.now + .seconds(seconds)
        repeat {
            let start = ContinuousClock.now
            let prepared = try lone.prepare(input)
            let decoded = ContinuousClock.now
            _ = try lone.run(prepared)
            let called = ContinuousClock.now
            decoding.append((decoded - start).fractionalMilliseconds)
            calling.append((called - decoded).fractionalMilliseconds)
            both.append((called - start).fractionalMilliseconds)
        } while ContinuousClock.now < end
        let result: JSONValue = [
            "decode_ms": .double(Self.median(decoding)), "call_ms": .double(Self.median(calling)),
            "both_ms": .double(Self.median(both)), "precision": .string(lone.precision),
        ]
        FileHandle.standardOutput.write(Data((result.encodedText() + "\n").utf8))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
