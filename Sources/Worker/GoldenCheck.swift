import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthModelRuntime

/// `hearth-worker verify [MODEL…]`: runs the golden vectors that models bring, on this machine, in its precision.
///
/// Prints a line of JSON for each model: `model`, `precision`, `goldens` (how many), `worst_cosine`, `floor`, `ok`; or
/// `model` and `error`. Ends with 1 when one is not as it should be.
struct GoldenCheck {
    private let models: [String]

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count >= 2, arguments[1] == "verify" else { return nil }
        models = Array(arguments.dropFirst(2))
    }

    /// A golden vector and what it is of: a text, or a picture in the model's folder.
    private struct Golden: Decodable {
        let text: String?
        let role: TextRole?
        let image: String?
        let vector: [Float]
    }

    /// - Returns: whether all models are as they should be.
    func run(_ loader: ModelLoader) -> Bool {
        var isFine = true
        for model in models.isEmpty ? loader.ids : models {
            var line: JSONObject = ["model": .string(model)]
            do {
                let result = try check(model, loader)
                line["precision"] = .string(result.precision)
                line["goldens"] = .int(Int64(result.count))
                if result.count > 0 {
                    line["worst_cosine"] = .double(result.worst)
                    line["floor"] = .double(result.floor)
                }
                line["ok"] = .bool(result.worst >= result.floor)
                isFine = isFine && result.worst >= result.floor
            } catch {
                line["ok"] = false
                line["error"] = .string((error as? HearthError)?.description ?? "The golden vectors cannot be read.")
                isFine = false
            }
            FileHandle.standardOutput.write(Data((JSONValue.object(line).encodedText() + "\n").utf8))
        }
        return isFine
    }

    private func check(
        _ id: String, _ loader: ModelLoader
    ) throws -> (precision: String, count: Int, worst: Double, floor: Double) {
        let (folder, model) = try loader.load(id)
        // Design section 5: 0.9999 where nothing is rounded, 0.999 in bfloat16.
        let floor = model.precision == "f32" ? 0.9999 : 0.999
        guard let name = folder.manifest.goldens else { return (model.precision, 0, 1, floor) }
        var worst = 1.0
        var count = 0
        for line in try String(contentsOfFile: folder.path(of: name), encoding: .utf8).split(separator: "\n") {
            let golden = try JSONDecoder().decode(Golden.self, from: Data(line.utf8))
            let vector = try model.run(model.prepare(try input(of: golden, in: folder)))
            worst = min(worst, Self.cosine(vector, golden.vector))
            count += 1
        }
        return (model.precision, count, worst, floor)
    }

    private func input(of golden: Golden, in folder: ModelFolder) throws -> EmbeddingInput {
        if let text = golden.text { return .text(text, role: golden.role) }
        guard let image = golden.image, ModelManifest.isPlainFileName(image) else {
            throw HearthError(.invalidConfiguration, "A golden vector is of nothing.", hint: "`text` or `image`.")
        }
        return .image(try Data(contentsOf: URL(fileURLWithPath: folder.path(of: image))))
    }

    /// -1 for vectors of different lengths.
    private static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        guard left.count == right.count else { return -1 }
        var (dot, first, second) = (0.0, 0.0, 0.0)
        for (a, b) in zip(left, right) {
            dot += Double(a) * Double(b)
            first += Double(a) * Double(a)
            second += Double(b) * Double(b)
        }
        return first > 0 && second > 0 ? dot / (first * second).squareRoot() : -1
    }
}
